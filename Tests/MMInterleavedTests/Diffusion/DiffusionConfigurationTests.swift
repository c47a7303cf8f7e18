import Foundation
import Testing

@testable import MMInterleaved

@Suite("Scheduler configuration")
struct DiffusionConfigurationTests {
    private func read(_ json: String) throws -> DiffusionConfiguration {
        try JSONDecoder().decode(DiffusionConfiguration.self, from: Data(json.utf8))
    }

    @Test("Stable Diffusion's file is read, its unknown fields ignored")
    func stableDiffusion() throws {
        let configuration = try read(
            """
            {"_class_name": "PNDMScheduler", "_diffusers_version": "0.10.0.dev0",
             "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
             "clip_sample": false, "num_train_timesteps": 1000, "prediction_type": "epsilon",
             "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1,
             "trained_betas": null}
            """
        )
        var expected = DiffusionConfiguration()
        expected.firstBeta = 0.00085
        expected.lastBeta = 0.012
        expected.betaSchedule = .scaledLinear
        expected.clipsSample = false
        expected.setsFinalAlphaToOne = false
        expected.stepsOffset = 1
        #expect(configuration == expected)
    }

    @Test("An empty object has the defaults")
    func defaults() throws {
        #expect(try read("{}") == DiffusionConfiguration())
        #expect(DiffusionConfiguration().timestepSpacing == nil)
    }

    @Test("Given variances replace the schedule")
    func explicitBetas() throws {
        let configuration = try read(#"{"num_train_timesteps": 2, "trained_betas": [0.5, 0.5]}"#)
        #expect(NoiseSchedule(configuration).alphasCumulative == [0.5, 0.25])
    }

    @Test(
        "A value out of range is refused by the name of its field",
        arguments: [
            ("num_train_timesteps", "0"), ("num_train_timesteps", "-5"),
            ("num_train_timesteps", "1000001"), ("beta_start", "0"), ("beta_start", "1"),
            ("beta_start", "-1"), ("beta_end", "1"), ("beta_end", "1e-9"), ("steps_offset", "-1"),
            ("steps_offset", "1000"), ("clip_sample_range", "0"), ("trained_betas", "[0.1]"),
            ("thresholding", "true"), ("use_karras_sigmas", "true"),
            ("interpolation_type", "\"log_linear\""), ("algorithm_type", "\"dpmsolver\""),
            ("solver_order", "3"),
        ]
    )
    func outOfRange(field: String, value: String) {
        let error = #expect(throws: DiffusionConfigurationError.self) {
            try read("{\"\(field)\": \(value)}")
        }
        #expect(error?.field == field)
    }

    @Test(
        "A wrong type or an unknown choice is refused",
        arguments: [
            #"{"num_train_timesteps": "many"}"#, #"{"num_train_timesteps": 10.5}"#,
            #"{"beta_schedule": "sigmoid"}"#, #"{"prediction_type": "flow"}"#,
            #"{"timestep_spacing": "odd"}"#, #"{"variance_type": "learned"}"#,
            #"{"solver_type": "bh2"}"#, #"{"trained_betas": [1, "x"]}"#, "[]", "",
        ]
    )
    func wrongType(json: String) {
        #expect(throws: DecodingError.self) { try read(json) }
    }

    @Test("A given variance out of range is refused")
    func explicitBetasOutOfRange() {
        #expect(throws: DiffusionConfigurationError.self) {
            try read(#"{"num_train_timesteps": 2, "trained_betas": [0.5, 1.5]}"#)
        }
    }
}
