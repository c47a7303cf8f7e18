import Tensors

/// Streams of random numbers.
struct RandomParity {
    let report: Report

    private static let tolerance = 1e-6
    /// The recorded Philox numbers were computed in double precision from no GPU's stream; CUDA rounds
    /// the angle, up to 2 pi, to single precision, which the radius multiplies by up to 6.
    private static let philoxTolerance = 2e-6

    func run(_ fixture: Fixture) throws {
        for seed in seeds(fixture, prefix: "cpu.seed") {
            try compareTorch(fixture, seed: seed)
        }
        for seed in seeds(fixture, prefix: "philox_unverified.seed") {
            try comparePhilox(fixture, seed: seed)
        }
        for name in fixture.names where name.hasPrefix("philox_words.seed") {
            let seed = UInt64(name.dropFirst("philox_words.seed".count).prefix { $0.isNumber }) ?? 0
            let expected = try fixture.tensor(name)
            let words = (0..<UInt32(expected.shape[0])).flatMap { element -> [Float] in
                let block = PhiloxGenerator.block(counter: SIMD4(0, 0, element, 0), key: seed)
                return (0..<4).map { Float(block[$0]) }
            }
            report.compareExactly(name, words, expected.values)
        }
    }

    private func seeds(_ fixture: Fixture, prefix: String) -> [UInt64] {
        let texts = fixture.names.filter { $0.hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count).prefix { $0.isNumber } }
        return Set(texts.compactMap { UInt64($0) }).sorted()
    }

    private func compareTorch(_ fixture: Fixture, seed: UInt64) throws {
        let prefix = "cpu.seed\(seed)."
        let draws = fixture.names.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
        func check(_ name: String, _ values: [Float]) throws {
            let recorded = try fixture.tensor(prefix + name)
            report.compare(
                prefix + name,
                firstRows(values, like: recorded),
                recorded.values,
                tolerance: Self.tolerance
            )
        }
        for name in draws {
            var generator = TorchGenerator(seed: seed)
            let count = try fixture.tensor(prefix + name).values.count
            if name.hasPrefix("rand") {
                try check(name, generator.uniform(count: count))
            } else if name.contains("x") {
                try check(name, generator.normal(count: count))
                // Two recordings follow a first one: the second large draw, and the small one.
                if let next = follower(of: name, in: draws, fixture, prefix) {
                    let nextCount =
                        next == "second" ? count : try fixture.tensor(prefix + next).values.count
                    try check(next, generator.normal(count: nextCount))
                }
            } else if name != "second" && count >= 16 {
                try check(name, generator.normal(count: count))
            }
        }
    }

    /// The recording that was drawn after another: the large latents precede `second`, the small ones
    /// the draw of fewer than 16 numbers.
    private func follower(
        of name: String,
        in draws: [String],
        _ fixture: Fixture,
        _ prefix: String
    ) -> String? {
        let shapes = draws.filter { $0.contains("x") }
        let counts = shapes.map { $0.split(separator: "x").compactMap { Int($0) }.reduce(1, *) }
        let own = name.split(separator: "x").compactMap { Int($0) }.reduce(1, *)
        if own == counts.max() { return draws.contains("second") ? "second" : nil }
        return draws.first { (Int($0) ?? 16) < 16 }
    }

    private func comparePhilox(_ fixture: Fixture, seed: UInt64) throws {
        var generator = PhiloxGenerator(seed: seed)
        let prefix = "philox_unverified.seed\(seed)."
        for name in ["first", "second"] where fixture.has(prefix + name) {
            let recorded = try fixture.tensor(prefix + name)
            // Planes are square, of which the first rows were kept.
            let count = recorded.shape[1] * recorded.shape[3] * recorded.shape[3]
            report.compare(
                prefix + name,
                firstRows(generator.normal(count: count), like: recorded),
                recorded.values,
                tolerance: Self.philoxTolerance
            )
        }
    }

    /// Of every plane as many numbers as were recorded.
    private func firstRows(_ values: [Float], like recorded: Recording) -> [Float] {
        guard recorded.shape.count == 4, values.count > recorded.values.count else { return values }
        let planes = recorded.shape[1]
        let (all, kept) = (values.count / planes, recorded.values.count / planes)
        return (0..<planes).flatMap { values[$0 * all..<$0 * all + kept] }
    }
}
