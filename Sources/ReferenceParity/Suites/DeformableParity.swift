import MMInterleaved
import Tensors

/// The adapter's deformable attention, and its sampling alone.
struct DeformableParity {
    let subject: Subject
    let report: Report

    private static let tolerance = 1e-5

    func run(_ fixture: Fixture) throws {
        let description: String = try fixture.value("description")
        guard let points = number(after: "n_points ", in: description) else {
            throw ParityError("the description does not tell n_points")
        }
        for name in fixture.names where name.hasSuffix(".spatial_shapes") {
            try compareModule(fixture, String(name.split(separator: ".")[0]), points: points)
        }
        if fixture.has("core.out") { try compareSampling(fixture) }
    }

    private func compareModule(_ fixture: Fixture, _ name: String, points: Int) throws {
        let grids = try fixture.tensor("\(name).spatial_shapes")
        let levels = (0..<grids.shape[0]).map { level in
            Grid(height: grids[level].integers[0], width: grids[level].integers[1])
        }
        let slots = try fixture.tensor("\(name).weight.attention_weights.bias").values.count
        let queries = try fixture.tensor("\(name).query")
        let features = try fixture.tensor("\(name).feat")
        let expected = try fixture.tensor("\(name).out")
        let references = try fixture.tensor("\(name).reference_points")
        let module = try DeformableAttention(
            Parameters(from: FixtureParameters(fixture: fixture, prefix: "\(name).weight.")),
            channels: queries.shape[2],
            headCount: slots / (levels.count * points),
            pointCount: points,
            grids: levels
        )
        for sample in 0..<queries.shape[0] {
            let out = Matrix(rows: queries.shape[1], columns: queries.shape[2])
            module.attend(
                queries[sample].matrix,
                references: Matrix(
                    rows: queries.shape[1],
                    columns: 2,
                    values: references.values
                ),
                to: features[sample].matrix,
                subject.compute,
                into: out
            )
            report.compare(
                "\(name).out[\(sample)]",
                out.toArray(),
                expected[sample].values,
                tolerance: Self.tolerance
            )
        }
    }

    private func compareSampling(_ fixture: Fixture) throws {
        let tables: [String: Any] = try fixture.value("tensors")
        let meaning: String = try member(try member(tables, "core.value"), "meaning")
        // "[N,S,M,D], levels (5,7),(3,2)"
        let sizes = numbers(in: meaning)
        let levels = stride(from: 0, to: sizes.count - 1, by: 2).map {
            Grid(height: sizes[$0], width: sizes[$0 + 1])
        }
        let value = try fixture.tensor("core.value")
        let locations = try fixture.tensor("core.loc")
        let weights = try fixture.tensor("core.w")
        let expected = try fixture.tensor("core.out")
        let (queries, heads, points) = (weights.shape[1], weights.shape[2], weights.shape[4])
        for sample in 0..<value.shape[0] {
            let out = Matrix(rows: queries, columns: heads * value.shape[3])
            subject.compute.deformableSample(
                value[sample].matrix(rows: value.shape[1]),
                PyramidShape(levels),
                heads: heads,
                points: points,
                locations: locations[sample].matrix(rows: queries),
                weights: weights[sample].matrix(rows: queries),
                into: out
            )
            report.compare(
                "core.out[\(sample)]",
                out.toArray(),
                expected[sample].values,
                tolerance: Self.tolerance
            )
        }
    }
}
