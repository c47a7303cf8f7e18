import Foundation
import MMInterleaved
import Tensors

/// The synchronizer alone, with weights and masks of its own.
struct SynchronizerParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-5

    func run(_ fixture: Fixture) throws {
        let modules = Set(fixture.names.filter { $0.contains(".weight.") }.map(Self.start))
        let cases = fixture.names.filter { $0.hasSuffix(".query") }.map(Self.start).sorted()
        for module in modules.sorted() {
            let synchronizer = try synchronizer(fixture, module)
            for name in cases where name.hasPrefix(module) {
                try compare(fixture, name, synchronizer)
            }
        }
        for name in fixture.names {
            let isInternal = ["sampling_locations", "attention_weights", "core_out"].contains {
                name.hasSuffix(".\($0)")
            }
            if isInternal { report.skip(name, "lies inside of a fused kernel; `out` covers it") }
        }
    }

    private static func start(_ name: String) -> String { String(name.prefix { $0 != "." }) }

    /// Sizes that the tensors do not tell stand in the description: `llm*: ... base 16. unet*: ...`.
    private func synchronizer(_ fixture: Fixture, _ name: String) throws -> Synchronizer {
        let description: String = try fixture.value("description")
        guard let start = description.range(of: "\(name)*:"),
            let heads = number(after: "heads ", in: description[start.upperBound...]),
            let points = number(after: "points ", in: description[start.upperBound...]),
            let base = number(after: "base ", in: description[start.upperBound...]),
            let sides = description[start.upperBound...].range(of: "spatial_shapes [")
        else { throw ParityError("the description does not tell the sizes of \(name)") }
        func shape(_ tensor: String) throws -> [Int] {
            try fixture.tensor("\(name).weight.\(tensor).weight").shape
        }
        let value = try shape("value_proj")
        return try Synchronizer(
            Parameters(from: FixtureParameters(fixture: fixture, prefix: "\(name).weight.")),
            Synchronizer.Configuration(
                querySize: try shape("dynamic_offset_mask")[0],
                featureSize: value[1],
                valueSize: value[0],
                outputSize: try shape("output_proj")[0],
                headCount: heads,
                pointCount: points,
                sides: numbers(in: String(description[sides.upperBound...].prefix { $0 != "]" })),
                baseSide: base,
                maximumImageCount: try shape("query_relpos")[0]
            )
        )
    }

    private func compare(_ fixture: Fixture, _ name: String, _ synchronizer: Synchronizer) throws {
        let queries = try fixture.tensor("\(name).query")
        let features = try fixture.tensor("\(name).feat")
        let mask = try fixture.tensor("\(name).mask")
        let expected = try fixture.tensor("\(name).out")
        let references =
            fixture.has("\(name).reference_points")
            ? try fixture.tensor("\(name).reference_points").values : [0.5, 0.5]
        for sample in 0..<queries.shape[0] {
            let values = (0..<features.shape[1]).map { image -> Matrix in
                let map = features[sample][image].matrix
                let out = Matrix(rows: map.rows, columns: synchronizer.valueSize)
                synchronizer.project(map, subject.compute, into: out)
                return out
            }
            let out = Matrix(rows: queries.shape[1], columns: expected.shape[2])
            for query in 0..<queries.shape[1] {
                let row = visibility(mask[sample], query: query, queryCount: queries.shape[1])
                // Ranks count visible images only, so the others can be left out.
                let seen = zip(values, row).filter { $1 != 0 }.map(\.0)
                let shared = references.count == 2
                let point = shared ? references[0..<2] : references[2 * query..<2 * query + 2]
                synchronizer.synchronize(
                    queries[sample].matrix.row(query),
                    references: Matrix(rows: 1, columns: 2, values: Array(point)),
                    values: seen,
                    visible: .uniform(0..<seen.count),
                    subject.compute,
                    into: out.row(query)
                )
            }
            report.compare(
                "\(name).out[\(sample)]",
                out.toArray(),
                expected[sample].values,
                tolerance: Self.tolerance
            )
        }
    }

    /// A mask has a row for all queries, one per query, or, where there are more rows than queries, its
    /// last rows count.
    private func visibility(_ mask: Recording, query: Int, queryCount: Int) -> [Float] {
        guard mask.shape.count == 2 else { return mask.values }
        return mask[mask.shape[0] - queryCount + query].values
    }
}

/// Recorded parameters of a single module.
struct FixtureParameters: ParameterSource {
    let fixture: Fixture
    let prefix: String

    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {
        let recorded = try fixture.tensor(prefix + parameter.name)
        guard recorded.values.count == parameter.count else {
            throw ParityError(
                "\(prefix)\(parameter.name) has the shape \(recorded.shape), not \(parameter.shape)"
            )
        }
        matrix.copy(from: recorded.values)
    }
}

/// The whole number that follows a word in a text.
func number(after word: String, in text: some StringProtocol) -> Int? {
    guard let range = text.range(of: word) else { return nil }
    return Int(text[range.upperBound...].prefix { $0.isNumber })
}
