/// How long the steps of a whole engine take, by stage and batch: what a simulation has in place of a model.
///
/// Units: microseconds.
package struct StepCosts: Hashable, Sendable, Codable {
    /// A stage whose time grows with its batch: fixed + perUnit x units.
    package struct Line: Hashable, Sendable, Codable {
        package var fixed: Double
        package var perUnit: Double

        package init(fixed: Double, perUnit: Double) {
            self.fixed = fixed
            self.perUnit = perUnit
        }
    }

    /// The language stage: a row also costs for every position that it attends to.
    package struct Language: Hashable, Sendable, Codable {
        package var fixed: Double
        package var perRow: Double
        package var perAttendedPosition: Double

        package init(fixed: Double, perRow: Double, perAttendedPosition: Double) {
            self.fixed = fixed
            self.perRow = perRow
            self.perAttendedPosition = perAttendedPosition
        }
    }

    /// Per picture.
    package var encode: Line
    package var language: Language
    /// Per sample.
    package var denoise: Line
    /// Per picture.
    package var render: Line
    /// From a request's arrival until it may start: HTTP, decoding of pictures, tokens.
    package var requestOverhead: Double

    package init(
        encode: Line,
        language: Language,
        denoise: Line,
        render: Line,
        requestOverhead: Double
    ) {
        self.encode = encode
        self.language = language
        self.denoise = denoise
        self.render = render
        self.requestOverhead = requestOverhead
    }

    /// The shape nano on two cores at 170 GFLOP/s, from `interleaved bench --shape nano`.
    package static let nano = StepCosts(
        encode: Line(fixed: 300, perUnit: 5_800),
        language: Language(fixed: 210, perRow: 60, perAttendedPosition: 0.05),
        denoise: Line(fixed: 500, perUnit: 8_750),
        render: Line(fixed: 200, perUnit: 5_300),
        requestOverhead: 1_500
    )

    /// Checks that no time is negative or infinite, and that something takes time.
    package func validate() throws(SchedulingConfigurationError) {
        let values: [(String, Double)] = [
            ("encode.fixed", encode.fixed), ("encode.perUnit", encode.perUnit),
            ("language.fixed", language.fixed), ("language.perRow", language.perRow),
            ("language.perAttendedPosition", language.perAttendedPosition),
            ("denoise.fixed", denoise.fixed), ("denoise.perUnit", denoise.perUnit),
            ("render.fixed", render.fixed), ("render.perUnit", render.perUnit),
            ("requestOverhead", requestOverhead),
        ]
        for (field, value) in values where !(0...1e12).contains(value) {
            throw SchedulingConfigurationError(
                field: field,
                detail: "\(value) microseconds are no time"
            )
        }
        for (field, sum) in [
            ("encode", encode.fixed + encode.perUnit),
            ("language", language.fixed + language.perRow),
            ("denoise", denoise.fixed + denoise.perUnit),
            ("render", render.fixed + render.perUnit),
        ] where sum == 0 {
            throw SchedulingConfigurationError(field: field, detail: "takes no time at all")
        }
    }

    /// Time that a step takes.
    package func duration(of plan: StepPlan) -> Duration {
        let microseconds: Double
        switch plan {
        case .encode: microseconds = time(encode, plan.unitCount)
        case .denoise: microseconds = time(denoise, plan.unitCount)
        case .render: microseconds = time(render, plan.unitCount)
        case .language:
            microseconds =
                language.fixed + language.perRow * Double(plan.unitCount)
                + language.perAttendedPosition * Double(plan.attendedPositionCount)
        }
        return .nanoseconds(Int64(microseconds * 1e3))
    }

    private func time(_ line: Line, _ unitCount: Int) -> Double {
        line.fixed + line.perUnit * Double(unitCount)
    }
}

extension StepPlan {
    /// Positions that all rows attend to together; 0 for other stages than language.
    package var attendedPositionCount: Int {
        guard case .language(let plan) = self else { return 0 }
        return plan.items.reduce(0) { sum, item in
            // The row at position p attends to p + 1 positions.
            sum + (item.positions.lowerBound + item.positions.upperBound + 1)
                * item.positions.count / 2
        }
    }
}
