import Foundation
import Testing

@testable import MMInterleaved

/// Trajectories recorded from diffusers by `Fixtures/record_schedulers.py`.
struct RecordedSchedulers: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let method: String
        let config: DiffusionConfiguration
        let steps: Int
        let timesteps: [Float]
        let initialNoiseScale: Float
        let inputScale: [Float]
        let latents: [[Float]]

        enum CodingKeys: String, CodingKey {
            case name, method, config, steps, timesteps, latents
            case initialNoiseScale = "initial_noise_scale"
            case inputScale = "input_scale"
        }

        var testDescription: String { name }
    }

    let alphas: [String: [Float]]
    let initialNoise: [Float]
    let modelOutputs: [[Float]]
    let noises: [[Float]]
    let cases: [Case]

    enum CodingKeys: String, CodingKey {
        case alphas = "alphas_cumprod_every_37th"
        case initialNoise = "initial_noise"
        case modelOutputs = "model_outputs"
        case noises, cases
    }

    /// The folder of the recorded numbers of the diffusion tests.
    static let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")

    static func load() throws -> RecordedSchedulers {
        let data = try Data(contentsOf: folder.appendingPathComponent("schedulers.json"))
        return try JSONDecoder().decode(RecordedSchedulers.self, from: data)
    }
}
