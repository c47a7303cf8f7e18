import Testing

@testable import Tensors

@Suite("Machine peaks")
struct MachinePeaksTests {
    @Test("Peaks are positive, and the slowest run is no faster than the fastest")
    func rates() {
        let compute = Compute(workerCount: 2)
        let memory = Matrix(rows: 1 << 10, columns: 1 << 10)
        memory.fill(1)
        for rate in [
            compute.measurePeakOperations(),
            compute.measurePeakOperations(ofBytes: true),
            compute.measurePeakReading(of: memory),
        ] {
            #expect(rate.best > 0 && rate.best.isFinite)
            #expect(rate.worst > 0 && rate.worst <= rate.best)
        }
    }
}
