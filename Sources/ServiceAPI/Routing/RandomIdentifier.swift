internal import Glibc

/// A random name of 128 bits in hexadecimal.
func randomIdentifier() -> String {
    let digits: StaticString = "0123456789abcdef"
    var number = UInt128.zero
    // One call of the system for all bits; it does not fail for so few, and if it did there are others.
    let result = unsafe withUnsafeMutableBytes(of: &number) {
        unsafe getentropy($0.baseAddress, $0.count)
    }
    if result != 0 { number = .random(in: 0...UInt128.max) }
    return unsafe String(unsafeUninitializedCapacity: 32) { bytes in
        for index in 0..<32 {
            let digit = Int(truncatingIfNeeded: number >> (4 * (31 - index)) & 15)
            unsafe bytes[index] = digits.utf8Start[digit]
        }
        return 32
    }
}
