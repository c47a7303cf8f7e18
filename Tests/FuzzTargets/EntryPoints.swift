internal import Synchronization

/// The target that `FUZZ_TARGET` names.
private let selected = Atomic<Int>(-1)

/// Chooses the target of the process.
///
/// - Returns: 0, or 1 if there is none of that name.
@c(ilv_fuzz_select)
public func select(_ name: UnsafePointer<CChar>) -> Int32 {
    let name = unsafe String(cString: name)
    guard let index = FuzzTarget.all.firstIndex(where: { $0.name == name }) else { return 1 }
    selected.store(index, ordering: .relaxed)
    return 0
}

/// Gives an input to the target of the process.
@c(ilv_fuzz_run)
public func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
    let bytes = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    FuzzTarget.all[selected.load(ordering: .relaxed)].run(bytes)
}
