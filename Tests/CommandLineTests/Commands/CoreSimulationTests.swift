import Tensors
import Testing

@testable import CommandLine

@Suite("Simulation of many cores")
struct CoreSimulationTests {
    private func seconds(
        _ computations: [CoreSimulation.Computation],
        serial: Double = 0,
        workers: Int,
        bandwidth: Double = .infinity,
        hop: Double = 0
    ) -> Double {
        CoreSimulation(computations: computations, serialSeconds: serial).seconds(
            on: CoreSimulation.Machine(
                workerCount: workers,
                bytesPerSecond: bandwidth,
                secondsPerHop: hop
            )
        )
    }

    @Test("Equal parts take a share of the time, as far as they divide evenly")
    func equalParts() {
        let eight = [CoreSimulation.Computation(parts: Array(repeating: 1, count: 8))]
        #expect(seconds(eight, workers: 1) == 8)
        #expect(seconds(eight, workers: 4) == 2)
        #expect(seconds(eight, workers: 5) == 2)
        #expect(seconds(eight, workers: 8) == 1)
        #expect(seconds(eight, workers: 100) == 1)
    }

    @Test("A part goes to who is free first, and computations follow one another")
    func unevenParts() {
        let uneven = CoreSimulation.Computation(parts: [3, 1, 1, 1, 2])
        #expect(seconds([uneven], workers: 2) == 5)
        #expect(seconds([uneven, uneven], serial: 0.5, workers: 2) == 10.5)
        #expect(seconds([CoreSimulation.Computation(parts: [])], workers: 2) == 0)
    }

    @Test("No part is faster than its memory at its share of the bandwidth")
    func bandwidth() {
        // Four parts of 10 bytes.
        let four = [CoreSimulation.Computation(parts: [1, 1, 1, 1], byteCount: 40)]
        #expect(seconds(four, workers: 2, bandwidth: 40) == 2)
        #expect(seconds(four, workers: 2, bandwidth: 10) == 4)
        #expect(seconds(four, workers: 4, bandwidth: 10) == 4)
        #expect(seconds(four, workers: 1, bandwidth: 10) == 4)
    }

    @Test("Every worker that takes part costs a hop per computation; one alone has nobody to meet")
    func hops() {
        let three = CoreSimulation.Computation(parts: [1, 1, 1])
        #expect(seconds([three], workers: 1, hop: 0.25) == 3)
        #expect(seconds([three, three], workers: 8, hop: 0.25) == 3.5)
    }

    @Test("A stage's parts are measured as they are cut for the workers")
    func measures() {
        let x = Matrix(rows: 600, columns: 64)
        x.fill(1)
        func measured(_ workerCount: Int) -> CoreSimulation {
            CoreSimulation(workerCount: workerCount, iterations: 2) { compute in
                compute.activate(x, .gelu)
                compute.activate(x, .relu)
            }
        }
        let (one, many) = (measured(1), measured(64))
        #expect(one.computations.map(\.parts.count) == [1, 1])
        #expect(many.computations.count == 2 && many.computations[0].parts.count > 1)
        #expect(many.computations.allSatisfy { $0.byteCount == 600 * 64 * 4 })
        #expect(many.serialSeconds.isFinite)
    }
}
