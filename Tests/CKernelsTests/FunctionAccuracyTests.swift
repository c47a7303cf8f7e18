import CKernels
import Testing

@Suite("Accuracy of the kernels' own functions")
struct FunctionAccuracyTests {
    /// Every `step`-th float of the range of bit patterns, of both signs.
    private func samples(upTo limit: Float, step: UInt32) -> [Float] {
        stride(from: 0, through: limit.bitPattern, by: Int(step)).flatMap {
            let value = Float(bitPattern: $0)
            return [value, -value]
        }
    }

    @Test(
        "The relative error of e^x is below 1.5e-7 where the result is normal",
        arguments: KernelSet.all
    )
    func exponential(set: KernelSet) {
        let inputs = samples(upTo: 88.72, step: 20_011).filter { $0 > -87.33 }
        let x = GuardedRows(inputs)
        let out = GuardedRows(unwritten: 1, columns: inputs.count)
        unsafe set.table.exp_f32(out.pointer, x.pointer, inputs.count)
        let worst = zip(out.values, inputs).map { pair in
            abs(Double(pair.0) / Reference.exp(Double(pair.1)) - 1)
        }.max()
        #expect((worst ?? 1) < 1.5e-7)
        #expect(inputs.count > 80_000)
    }

    @Test("e^x is right at its limits and where the result is subnormal", arguments: KernelSet.all)
    func exponentialLimits(set: KernelSet) {
        let inputs: [Float] = [
            .nan, .infinity, -.infinity, 88.73, 1e30, -1e30, -104, 0, -0.0, -90, -100, -103,
        ]
        let x = GuardedRows(inputs)
        let out = GuardedRows(unwritten: 1, columns: inputs.count)
        unsafe set.table.exp_f32(out.pointer, x.pointer, inputs.count)
        let y = out.values
        #expect(y[0].isNaN)
        #expect(Array(y[1..<9]) == [.infinity, 0, .infinity, .infinity, 0, 0, 1, 1])
        for index in 9..<12 {
            let expected = Reference.exp(Double(inputs[index]))
            #expect(abs(Double(y[index]) - expected) <= 1.5 * Double(Float.leastNonzeroMagnitude))
        }
    }

    @Test("The absolute error of erf is below 1.5e-7", arguments: KernelSet.all)
    func errorFunction(set: KernelSet) {
        let inputs = samples(upTo: 6, step: 20_011) + [.infinity, -.infinity, 1e30]
        let x = GuardedRows(inputs)
        let out = GuardedRows(unwritten: 1, columns: inputs.count)
        unsafe set.table.erf_f32(out.pointer, x.pointer, inputs.count)
        let worst = zip(out.values, inputs).map { pair in
            abs(Double(pair.0) - Reference.erf(Double(pair.1)))
        }.max()
        #expect((worst ?? 1) < 1.5e-7)
        #expect(inputs.count > 80_000)
    }

    @Test("erf of NaN is NaN", arguments: KernelSet.all)
    func errorFunctionOfNaN(set: KernelSet) {
        let x = GuardedRows([.nan, 0])
        unsafe set.table.erf_f32(x.pointer, x.pointer, 2)
        #expect(x[0, 0].isNaN && x[0, 1] == 0)
    }
}
