import Testing

@testable import Scheduling

@Suite("Costs fitted to steps")
struct StepCostFitTests {
    private func language(rows: Int, first: Int) -> StepPlan {
        let item = LanguagePlan.Item(
            request: RequestIdentifier(number: 0),
            sequence: SequenceIdentifier(number: 1),
            positions: first..<first + rows,
            draft: [],
            blocks: [],
            isLast: true,
            adoptedCount: 0
        )
        return .language(LanguagePlan(items: [item], preempted: [], copies: []))
    }

    private func denoise(_ sampleCount: Int) -> StepPlan {
        .denoise([
            DenoiseItem(
                request: RequestIdentifier(number: 0),
                drawing: DrawingIdentifier(number: 1),
                sampleCount: sampleCount
            )
        ])
    }

    @Test("Steps that follow a line give the line back, positions attended to included")
    func recovers() {
        var truth = StepCosts.nano
        truth.denoise = StepCosts.Line(fixed: 700, perUnit: 8000)
        truth.language = StepCosts.Language(fixed: 300, perRow: 50, perAttendedPosition: 0.25)
        var fit = StepCostFit()
        for count in 1...8 {
            fit.observe(denoise(count), duration: truth.duration(of: denoise(count)))
            for first in [0, 100, 400] {
                let plan = language(rows: count * 3, first: first)
                fit.observe(plan, duration: truth.duration(of: plan))
            }
        }
        fit.observePreparation(.milliseconds(2))
        fit.observePreparation(.milliseconds(4))
        let costs = fit.costs(defaults: .nano)
        #expect(abs(costs.denoise.fixed - 700) < 1 && abs(costs.denoise.perUnit - 8000) < 1)
        #expect(abs(costs.language.fixed - 300) < 1 && abs(costs.language.perRow - 50) < 1)
        #expect(abs(costs.language.perAttendedPosition - 0.25) < 0.01)
        #expect(costs.requestOverhead == 3000)
        #expect(costs.encode == StepCosts.nano.encode)
    }

    @Test("Steps that are all alike are taken to be proportional to their units")
    func alike() {
        var fit = StepCostFit()
        for _ in 0..<5 { fit.observe(denoise(4), duration: .milliseconds(8)) }
        let costs = fit.costs(defaults: .nano)
        #expect(costs.denoise.fixed == 0 && abs(costs.denoise.perUnit - 2000) < 1e-6)
    }

    @Test("No term is negative, whatever was measured")
    func negative() throws {
        var fit = StepCostFit()
        for count in 1...9 { fit.observe(denoise(count), duration: .milliseconds(20 - count)) }
        let costs = fit.costs(defaults: .nano)
        #expect(costs.denoise.fixed > 0 && costs.denoise.perUnit == 0)
        try costs.validate()
    }

    @Test("Costs that are no times are refused by name")
    func validatesCosts() {
        var costs = StepCosts.nano
        costs.render.perUnit = -.infinity
        do throws(SchedulingConfigurationError) {
            try costs.validate()
            Issue.record("accepted")
        } catch {
            #expect(error.field == "render.perUnit")
        }
    }
}
