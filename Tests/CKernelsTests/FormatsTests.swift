import CKernels
import TestSupport
import Testing

@Suite("Number format kernels")
struct FormatsTests {
    @Test("Every f16 pattern becomes the float it stands for", arguments: KernelSet.all)
    func halfToFloat(set: KernelSet) {
        let patterns = (0...UInt16.max).map(\.self)
        let x = GuardedRows(patterns: patterns)
        let out = GuardedRows(unwritten: 1, columns: patterns.count)
        unsafe set.table.f16_to_f32(out.pointer, x.pointer, patterns.count)
        for (pattern, value) in zip(patterns, out.values) {
            let expected = Float(Float16(bitPattern: pattern))
            let isSame =
                expected.isNaN ? value.isNaN : value.bitPattern == expected.bitPattern
            if !isSame { Issue.record("\(pattern): \(value) instead of \(expected)") }
        }
        #expect(out.surroundingsIntact)
    }

    @Test("Every bf16 pattern is the upper half of its float", arguments: KernelSet.all)
    func bfloatToFloat(set: KernelSet) {
        let patterns = (0...UInt16.max).map(\.self)
        let x = GuardedRows(patterns: patterns)
        let out = GuardedRows(unwritten: 1, columns: patterns.count)
        unsafe set.table.bf16_to_f32(out.pointer, x.pointer, patterns.count)
        #expect(out.values.map(\.bitPattern) == patterns.map { UInt32($0) << 16 })
    }

    /// Floats next to every rounding boundary of both formats, and random bit patterns.
    private func floats() -> [Float] {
        var random = SeededRandom(seed: 60)
        var values: [Float] = (0..<40_000).map { _ in
            Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
        }
        for pattern in UInt16(0)..<0x7c00 {
            let exact = Float(Float16(bitPattern: pattern))
            let next = Float(Float16(bitPattern: pattern + 1))
            let middle = exact + (next.isFinite ? next - exact : 32) / 2
            values += [exact, middle, middle.nextUp, -middle.nextDown]
        }
        return values + [65504, 65519.996, 65520, 65536, 1e-8, .infinity, -.infinity, .nan, -0.0]
    }

    @Test("Floats round to the nearest even f16", arguments: KernelSet.all)
    func floatToHalf(set: KernelSet) {
        let values = floats()
        let x = GuardedRows(values)
        let out = GuardedRows(patterns: [UInt16](repeating: 1, count: values.count))
        unsafe set.table.f32_to_f16(out.pointer, x.pointer, values.count)
        for (value, half) in zip(values, out.values) {
            let isSame =
                value.isNaN
                ? Float16(bitPattern: half).isNaN : half == Float16(value).bitPattern
            if !isSame { Issue.record("\(value): \(half) instead of \(Float16(value).bitPattern)") }
        }
        #expect(out.surroundingsIntact)
    }

    @Test("Floats round to the nearest even bf16", arguments: KernelSet.all)
    func floatToBFloat(set: KernelSet) {
        let values =
            floats() + [
                Float(bitPattern: 0x3f80_8000), Float(bitPattern: 0x3f81_8000),
                .greatestFiniteMagnitude, Float(bitPattern: 0x7f80_0001),
            ]
        let x = GuardedRows(values)
        let out = GuardedRows(patterns: [UInt16](repeating: 1, count: values.count))
        unsafe set.table.f32_to_bf16(out.pointer, x.pointer, values.count)
        for (value, half) in zip(values, out.values) {
            let bits = value.bitPattern
            let lower = bits & 0xffff
            let isUp = lower > 0x8000 || (lower == 0x8000 && bits & 0x10000 != 0)
            let expected = UInt16((bits >> 16) + (isUp ? 1 : 0))
            let isSame =
                value.isNaN ? Float(bitPattern: UInt32(half) << 16).isNaN : half == expected
            if !isSame { Issue.record("\(value): \(half) instead of \(expected)") }
        }
    }

    @Test(
        "Any length is converted and nothing beyond is touched",
        arguments: KernelSet.all,
        lengths
    )
    func anyLength(set: KernelSet, count: Int) {
        var random = SeededRandom(seed: 61)
        let values = random.floats(count)
        let x = GuardedRows(values)
        let half = GuardedRows(patterns: [UInt16](repeating: 1, count: count))
        let back = GuardedRows(unwritten: 1, columns: count)
        unsafe set.table.f32_to_f16(half.pointer, x.pointer, count)
        unsafe set.table.f16_to_f32(back.pointer, half.pointer, count)
        #expect(back.values == values.map { Float(Float16($0)) })
        #expect(half.surroundingsIntact && back.surroundingsIntact)
        unsafe set.table.f32_to_bf16(half.pointer, x.pointer, count)
        unsafe set.table.bf16_to_f32(back.pointer, half.pointer, count)
        expectClose(back.values, values.map(Double.init), absolute: 0, relative: 1.0 / 256)
        #expect(half.surroundingsIntact && back.surroundingsIntact)
    }
}
