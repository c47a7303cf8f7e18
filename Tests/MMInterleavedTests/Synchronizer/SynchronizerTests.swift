import Foundation
import Tensors
import TestSupport
import Testing

@testable import MMInterleaved

/// The synchronizer in double precision, straight from its closed form.
private struct PlainSynchronizer {
    let configuration: Synchronizer.Configuration
    let parameters: [String: [Double]]

    private func linear(_ name: String, _ x: [Double]) -> [Double] {
        let weight = parameters["\(name).weight"] ?? []
        return (parameters["\(name).bias"] ?? []).enumerated().map { row, bias in
            x.indices.reduce(bias) { $0 + weight[row * x.count + $1] * x[$1] }
        }
    }

    /// What a query at a reference gathers.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - reference: Where it stands.
    ///   - images: Features of every image, [Σ maps][feature size].
    ///   - mask: Whether each is visible.
    /// - Returns: What the synchronizer should give.
    func attend(
        _ query: [Double],
        reference: (x: Double, y: Double),
        images: [[[Double]]],
        mask: [Bool]
    ) -> [Double] {
        let c = configuration
        let levels = c.sides.count
        let table = parameters["query_relpos.weight"] ?? []
        let mixed = linear("dynamic_offset_mask", query)
        var terms: [(head: Int, logit: Double, sample: [Double])] = []
        for image in images.indices where mask[image] {
            let rank = mask[image...].count { $0 }
            let own = mixed.indices.map { mixed[$0] + table[rank * mixed.count + $0] }
            let offsets = linear("sampling_offsets", own)
            let logits = linear("attention_weights", own)
            let values = images[image].map { linear("value_proj", $0) }
            for head in 0..<c.headCount {
                for point in 0..<c.pointCount {
                    let pair = (head * c.pointCount + point) * 2
                    let x = reference.x + offsets[pair] / Double(c.baseSide)
                    let y = reference.y + offsets[pair + 1] / Double(c.baseSide)
                    for level in 0..<levels {
                        let slot = (head * levels + level) * (c.pointCount + 1) + point
                        let sample = sample(values, level: level, head: head, x: x, y: y)
                        terms.append((head, logits[slot], sample))
                    }
                }
            }
        }
        let width = c.valueSize / c.headCount
        let token = parameters["ignore_token"] ?? []
        var mixedValues = [Double](repeating: 0, count: c.valueSize)
        for head in 0..<c.headCount {
            let own = terms.filter { $0.head == head }
            let total = own.reduce(1) { $0 + exp($1.logit) }
            for channel in 0..<width {
                let sum = own.reduce(0) { $0 + exp($1.logit) * $1.sample[channel] }
                let index = head * width + channel
                mixedValues[index] = (sum + token[index]) / total
            }
        }
        return linear("output_proj", mixedValues)
    }

    /// Bilinear, zero outside, pixel centres at half-integers.
    private func sample(
        _ values: [[Double]],
        level: Int,
        head: Int,
        x: Double,
        y: Double
    ) -> [Double] {
        let side = configuration.sides[level]
        let first = configuration.sides[..<level].reduce(0) { $0 + $1 * $1 }
        let width = configuration.valueSize / configuration.headCount
        let (px, py) = (x * Double(side) - 0.5, y * Double(side) - 0.5)
        let (left, top) = (Int(px.rounded(.down)), Int(py.rounded(.down)))
        return (0..<width).map { channel in
            var sum = 0.0
            for (row, column) in [
                (top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1),
            ] where (0..<side).contains(row) && (0..<side).contains(column) {
                let weight = (1 - abs(px - Double(column))) * (1 - abs(py - Double(row)))
                sum += weight * values[first + row * side + column][head * width + channel]
            }
            return sum
        }
    }
}

/// Hands out numbers and remembers them.
private final class RecordingSource: ParameterSource {
    var random = SeededRandom(seed: 4)
    var read: [String: [Double]] = [:]

    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        // Offsets of a few pixels, some of which leave the maps.
        let range: Float = parameter.name == "sampling_offsets.bias" ? 3 : 0.6
        let values = random.floats(parameter.count, in: -range...range)
        matrix.copy(from: values)
        read[parameter.name] = values.map(Double.init)
    }
}

@Suite("Synchronizer")
struct SynchronizerTests {
    private static let configuration = Synchronizer.Configuration(
        querySize: 6,
        featureSize: 5,
        valueSize: 8,
        outputSize: 7,
        headCount: 2,
        pointCount: 3,
        sides: [4, 2, 1],
        baseSide: 3,
        maximumImageCount: 5
    )

    @Test(
        "It computes its closed form, whatever images are seen",
        arguments: [[], [true], [false, true], [true, true, true], [true, false, true, false]]
    )
    func closedForm(mask: [Bool]) throws {
        let source = RecordingSource()
        let synchronizer = try Synchronizer(Parameters(from: source), Self.configuration)
        let plain = PlainSynchronizer(configuration: Self.configuration, parameters: source.read)
        let compute = Compute(workerCount: 2)
        var random = SeededRandom(seed: UInt64(mask.count))
        let features = mask.map { _ in
            Matrix(rows: 21, columns: 5, values: random.floats(21 * 5))
        }
        let values = zip(features, mask).filter(\.1).map { features, _ in
            let out = Matrix(rows: 21, columns: 8)
            synchronizer.project(features, compute, into: out)
            return out
        }
        let queries = Matrix(rows: 3, columns: 6, values: random.floats(18))
        let references = Matrix(rows: 3, columns: 2, values: random.floats(6, in: 0...1))
        let out = Matrix(rows: 3, columns: 7)
        synchronizer.synchronize(
            queries,
            references: references,
            values: values,
            visible: .uniform(0..<values.count),
            compute,
            into: out
        )
        for query in 0..<3 {
            let expected = plain.attend(
                queries.row(query).toArray().map(Double.init),
                reference: (Double(references[query, 0]), Double(references[query, 1])),
                images: features.map { features in
                    (0..<21).map { features.row($0).toArray().map(Double.init) }
                },
                mask: mask
            )
            for (actual, expected) in zip(out.row(query).toArray(), expected) {
                #expect(abs(Double(actual) - expected) < 1e-5)
            }
        }
    }

    @Test("A query that sees a part of the images gets what it would get from these alone")
    func partlyVisible() throws {
        let synchronizer = try Synchronizer(
            Parameters(from: RecordingSource()),
            Self.configuration
        )
        let compute = Compute(workerCount: 1)
        var random = SeededRandom(seed: 9)
        let values = (0..<3).map { _ in Matrix(rows: 21, columns: 8, values: random.floats(168)) }
        let query = Matrix(rows: 1, columns: 6, values: random.floats(6))
        let center = Matrix(rows: 1, columns: 2, values: [0.5, 0.5])
        func result(_ values: [Matrix], _ visible: Range<Int>) -> [Float] {
            let out = Matrix(rows: 1, columns: 7)
            synchronizer.synchronize(
                query,
                references: center,
                values: values,
                visible: .uniform(visible),
                compute,
                into: out
            )
            return out.toArray()
        }
        #expect(result(values, 1..<3) == result(Array(values[1...]), 0..<2))
        #expect(result(values, 1..<3) != result(values, 0..<3))
        #expect(result(values, 2..<2) == result([], 0..<0))
    }
}
