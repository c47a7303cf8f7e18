import Foundation
import TestSupport
import Testing

@testable import MMInterleaved

@Suite("Diffusion schedulers")
struct DiffusionSchedulerTests {
    /// Stable Diffusion's noise schedule.
    private func stableDiffusion() -> DiffusionConfiguration {
        var configuration = DiffusionConfiguration()
        configuration.firstBeta = 0.00085
        configuration.lastBeta = 0.012
        configuration.betaSchedule = .scaledLinear
        configuration.clipsSample = false
        configuration.setsFinalAlphaToOne = false
        configuration.stepsOffset = 1
        return configuration
    }

    private func makeScheduler(
        _ method: DiffusionMethod,
        steps: Int,
        elements: Int = 1,
        change: (inout DiffusionConfiguration) -> Void = { _ in }
    ) throws -> DiffusionScheduler {
        var configuration = stableDiffusion()
        change(&configuration)
        return try DiffusionScheduler(
            configuration: configuration,
            method: method,
            stepCount: steps,
            elementCount: elements
        )
    }

    /// One step on arrays.
    private func advance(
        _ scheduler: inout DiffusionScheduler,
        _ latents: inout [Float],
        output: [Float],
        step: Int,
        noise: [Float]
    ) {
        var span = latents.mutableSpan
        scheduler.step(
            latents: &span,
            modelOutput: output.span,
            stepIndex: step,
            noise: noise.span
        )
    }

    /// Largest error of a vector, relative to numbers above 1.
    private func error(_ actual: [Float], _ expected: [Float]) -> Float {
        guard actual.count == expected.count else { return .infinity }
        return zip(actual, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    }

    @Test("Every recorded trajectory of diffusers is followed")
    func recordedTrajectories() throws {
        let recorded = try RecordedSchedulers.load()
        #expect(recorded.cases.count == 57)
        for expected in recorded.cases {
            let method = try #require(DiffusionMethod(rawValue: expected.method))
            var scheduler = try DiffusionScheduler(
                configuration: expected.config,
                method: method,
                stepCount: expected.steps,
                elementCount: recorded.initialNoise.count
            )
            #expect(error(scheduler.timesteps, expected.timesteps) < 1e-6, "\(expected.name)")
            let scale = scheduler.initialNoiseScale
            #expect(error([scale], [expected.initialNoiseScale]) < 1e-6, "\(expected.name)")
            var latents = recorded.initialNoise.map { $0 * scale }
            for step in 0..<expected.steps {
                let inputScale = scheduler.inputScale(atStep: step)
                #expect(error([inputScale], [expected.inputScale[step]]) < 1e-6)
                advance(
                    &scheduler,
                    &latents,
                    output: recorded.modelOutputs[step],
                    step: step,
                    noise: recorded.noises[step]
                )
                // diffusers' Euler step subtracts numbers of the size of the first latents.
                let rounding = scale.ulp
                let worst = error(latents, expected.latents[step])
                #expect(worst < 1e-5 + rounding, "\(expected.name), step \(step)")
            }
        }
    }

    @Test("Noise schedules agree with diffusers")
    func noiseSchedules() throws {
        let recorded = try RecordedSchedulers.load()
        let changes: [String: (inout DiffusionConfiguration) -> Void] = [
            "scaled_linear": { _ in },
            "linear": { $0.betaSchedule = .linear },
            "squaredcos_cap_v2": { $0.betaSchedule = .squaredCosine },
            "zero_snr": { $0.rescalesToZeroTerminalSNR = true },
        ]
        #expect(Set(changes.keys) == Set(recorded.alphas.keys))
        for (name, change) in changes {
            var configuration = stableDiffusion()
            change(&configuration)
            let alphas = NoiseSchedule(configuration).alphasCumulative
            let every37th = stride(from: 0, to: alphas.count, by: 37).map { alphas[$0] }
            #expect(error(every37th, recorded.alphas[name] ?? []) < 3e-7, "\(name)")
            #expect(zip(alphas, alphas.dropFirst()).allSatisfy { $0 > $1 })
        }
    }

    @Test("DDPM follows the recorded run of the public implementation")
    func publicImplementation() throws {
        let recorded = try FixtureTensors("ddpm_trajectory", in: RecordedSchedulers.folder)
        let prediction = try recorded.floats("prediction")
        let noise = try recorded.floats("noise")
        let expected = try recorded.floats("latents")
        var latents = try recorded.floats("initial")
        let count = latents.count
        var scheduler = try makeScheduler(.ddpm, steps: 5, elements: count)
        #expect(scheduler.timesteps == [801, 601, 401, 201, 1])
        #expect(scheduler.initialNoiseScale == 1)
        for step in 0..<5 {
            let part = step * count..<(step + 1) * count
            #expect(scheduler.drawsNoise(atStep: step))
            advance(
                &scheduler,
                &latents,
                output: Array(prediction[part]),
                step: step,
                noise: Array(noise[part])
            )
            // Values reach 30; the recorded run computes in another order.
            #expect(error(latents, Array(expected[part])) < 5e-6, "step \(step)")
        }
    }

    @Test("Thirty leading steps of DDPM start at 958 and end at 1")
    func thirtySteps() throws {
        let scheduler = try makeScheduler(.ddpm, steps: 30)
        let expected: [Float] = stride(from: 958, through: 1, by: -33).map { Float($0) }
        #expect(scheduler.timesteps == expected)
        #expect(scheduler.timesteps.last == 1)
    }

    @Test("Only DDPM draws noise, and not at timestep 0")
    func drawsNoise() throws {
        for method in DiffusionMethod.allCases {
            let scheduler = try makeScheduler(method, steps: 4) { $0.stepsOffset = 0 }
            let draws = (0..<4).map { scheduler.drawsNoise(atStep: $0) }
            #expect(
                draws
                    == (method == .ddpm
                        ? [true, true, true, false] : [false, false, false, false])
            )
        }
    }

    @Test(
        "A perfect noise prediction leads to the clean latents",
        arguments: DiffusionMethod.allCases
    )
    func perfectPrediction(method: DiffusionMethod) throws {
        // With x = signal + noise known, every deterministic method must return to the signal.
        guard method != .ddpm else { return }
        let signal: Float = 0.7
        var scheduler = try makeScheduler(method, steps: 25) { $0.setsFinalAlphaToOne = true }
        let alphas = NoiseSchedule(stableDiffusion()).alphasCumulative
        let start = alphas[Int(scheduler.timesteps[0])]
        let noise: Float = -1.3
        var latents: [Float] =
            method == .euler
            ? [signal + noise * scheduler.initialNoiseScale]
            : [signal * start.squareRoot() + noise * (1 - start).squareRoot()]
        for step in 0..<25 {
            advance(&scheduler, &latents, output: [noise], step: step, noise: [])
        }
        // The multistep solver stops at training step 0, where a little noise is left.
        let left = method == .multistepSolver ? abs(noise) * (1 - alphas[0]).squareRoot() : 0
        #expect(abs(latents[0] - signal) < left + 1e-3)
    }

    @Test("A run that starts again is the same run", arguments: DiffusionMethod.allCases)
    func startsAgain(method: DiffusionMethod) throws {
        var scheduler = try makeScheduler(method, steps: 4, elements: 3)
        func run() -> [Float] {
            var latents: [Float] = [0.1, -2, 3]
            for step in 0..<4 {
                advance(
                    &scheduler,
                    &latents,
                    output: [0.5, 0.2, -1],
                    step: step,
                    noise: [1, -1, 0.5]
                )
            }
            return latents
        }
        let first = run()
        #expect(first == run())
    }

    @Test("A first step after a run with NaN is clean")
    func forgetsNaN() throws {
        var scheduler = try makeScheduler(.multistepSolver, steps: 20)
        for step in 0..<3 {
            var latents: [Float] = [.nan]
            advance(&scheduler, &latents, output: [0], step: step, noise: [])
        }
        var latents: [Float] = [1]
        advance(&scheduler, &latents, output: [0], step: 0, noise: [])
        #expect(latents[0].isFinite)
    }

    @Test(
        "A zero-terminal-SNR schedule works with velocity prediction",
        arguments: DiffusionMethod.allCases
    )
    func zeroTerminalSNR(method: DiffusionMethod) throws {
        let scheduler = try makeScheduler(method, steps: 10) {
            $0.rescalesToZeroTerminalSNR = true
            $0.predictionType = .velocity
            $0.timestepSpacing = .trailing
        }
        #expect(scheduler.timesteps.first == 999)
    }

    @Test(
        "Noise prediction on a zero-terminal-SNR schedule is refused",
        arguments: [DiffusionMethod.ddpm, .ddim]
    )
    func zeroTerminalSNRNoise(method: DiffusionMethod) {
        #expect(throws: DiffusionConfigurationError.self) {
            try makeScheduler(method, steps: 10) {
                $0.rescalesToZeroTerminalSNR = true
                $0.timestepSpacing = .trailing
            }
        }
    }

    @Test(
        "Any number of steps has its timesteps within the training's",
        arguments: DiffusionMethod.allCases
    )
    func anyStepCount(method: DiffusionMethod) throws {
        for spacing in [TimestepSpacing.leading, .trailing, .linspace] {
            for steps in [1, 2, 3, 7, 61, 103, 121, 499, 500, 501, 999, 1000] {
                let scheduler = try makeScheduler(method, steps: steps) {
                    $0.timestepSpacing = spacing
                    $0.stepsOffset = 0
                }
                let times = scheduler.timesteps
                #expect(times.allSatisfy { (0...999).contains($0) })
                let isFalling = zip(times, times.dropFirst()).allSatisfy { $0 > $1 }
                #expect(isFalling, "\(steps) steps, \(spacing)")
                #expect(times.count == scheduler.stepCount)
                #expect(method == .multistepSolver || times.count == steps)
            }
        }
    }

    @Test(
        "Too few or too many steps, or a timestep beyond the training's, are refused",
        arguments: DiffusionMethod.allCases
    )
    func refusesStepCounts(method: DiffusionMethod) {
        for steps in [0, -1, 1001] {
            #expect(throws: DiffusionConfigurationError.self) {
                try makeScheduler(method, steps: steps)
            }
        }
        // 1000 leading steps with offset 1 begin at timestep 1000; the solver's end is one step more.
        if method != .multistepSolver {
            #expect(throws: DiffusionConfigurationError.self) {
                try makeScheduler(method, steps: 1000) { $0.timestepSpacing = .leading }
            }
        }
    }
}
