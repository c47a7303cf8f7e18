import Foundation
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
        CoreSimulation(computations: computations, serialSeconds: serial).breakdown(
            on: CoreSimulation.Machine(
                workerCount: workers,
                bytesPerSecond: bandwidth,
                secondsPerHop: hop
            )
        ).total
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

    @Test("Seconds are told by what they go to")
    func breakdown() {
        let uneven = CoreSimulation.Computation(parts: [3, 1, 1, 1, 2])
        let sum = CoreSimulation(computations: [uneven], serialSeconds: 0.5)
            .breakdown(on: CoreSimulation.Machine(workerCount: 2, secondsPerHop: 0.25))
        #expect(sum.work == 4 && sum.waiting == 1 && sum.meetings == 0.5 && sum.serial == 0.5)
        #expect(sum.total == 6)
    }

    @Test("A stage's parts are measured as they are cut for the workers")
    func measures() {
        let x = Matrix(rows: 600, columns: 64)
        x.fill(1)
        let measured = CoreSimulation.measured(workerCounts: [1, 64], iterations: 2) { compute in
            compute.activate(x, .gelu)
            compute.activate(x, .relu)
        }
        let (one, many) = (measured[0], measured[1])
        #expect(one.computations.map(\.parts.count) == [1, 1])
        #expect(many.computations.count == 2 && many.computations[0].parts.count > 1)
        #expect(many.computations.allSatisfy { $0.byteCount == 600 * 64 * 4 })
    }

    @Test(
        "What lies between computations, before the first and after the last is serial, and nothing of a part is"
    )
    func outsideOfParts() {
        let x = Matrix(rows: 600, columns: 64)
        x.fill(1)
        let pause = 0.02
        let idle = CoreSimulation.measured(workerCounts: [8], iterations: 2) { compute in
            for _ in 0..<3 {
                Thread.sleep(forTimeInterval: pause)
                compute.activate(x, .relu)
            }
            Thread.sleep(forTimeInterval: pause)
        }
        #expect(idle[0].serialSeconds >= 4 * pause)
        let busy = CoreSimulation.measured(workerCounts: [8], iterations: 2) { compute in
            compute.pool.run(8) { _, _ in Thread.sleep(forTimeInterval: pause) }
        }
        // Eight parts of 20 ms are in none of it, however busy the machine.
        #expect(busy[0].serialSeconds < 8 * pause)
        #expect(busy[0].computations.map(\.parts.count) == [8])
    }
}
