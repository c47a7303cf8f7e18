import ModelTestSupport
import Tensors
import TestSupport
import Testing

@testable import MMInterleaved

@Suite("Autoencoder")
struct AutoencoderTests {
    /// Levels that narrow, widen and stay as they are.
    private static let configuration = AutoencoderConfiguration(
        latentChannels: 4,
        blockChannels: [32, 64, 32, 32],
        layersPerBlock: 1,
        normGroupCount: 8,
        scalingFactor: 0.2
    )

    private func decode(
        _ latents: Matrix,
        _ profile: FormatPolicy.Profile,
        stripElementCount: Int,
        workers: Int = 2
    ) throws -> (pixels: [Float], scratch: Int) {
        let parameters = Parameters(
            from: RandomParameters(seed: 4),
            formats: FormatPolicy(profile)
        )
        // By its name an autoencoder is not rounded to bytes, by another it is.
        let name = profile == .w8a8 ? "other" : ".vae"
        let autoencoder = try Autoencoder(parameters[name], Self.configuration)
        let compute = Compute(workerCount: workers)
        compute.stripElementCount = stripElementCount
        let out = Matrix(rows: latents.rows * 64, columns: 3)
        autoencoder.decode(latents, side: 5, compute, into: out)
        return (out.toArray(), compute.workspace.largestByteCount)
    }

    @Test(
        "A picture has the same bits in strips of any height, with less scratch memory",
        arguments: [FormatPolicy.Profile.f32, .bf16, .w8a8]
    )
    func strips(profile: FormatPolicy.Profile) throws {
        var random = SeededRandom(seed: 8)
        let latents = Matrix(rows: 50, columns: 4, values: random.floats(200, in: -1...1))
        let whole = try decode(latents, profile, stripElementCount: 1 << 30)
        #expect(whole.pixels.allSatisfy { $0.isFinite })
        for count in [1, 7000] {
            let cut = try decode(latents, profile, stripElementCount: count, workers: 3)
            #expect(cut.pixels == whole.pixels, "\(count)")
            #expect(cut.scratch < whole.scratch || profile == .w8a8)
        }
    }

    @Test("Several pictures need no more scratch memory than one")
    func samples() throws {
        var random = SeededRandom(seed: 9)
        let latents = Matrix(rows: 75, columns: 4, values: random.floats(300, in: -1...1))
        let all = try decode(latents, .f32, stripElementCount: 1 << 22)
        let last = try decode(latents.rows(50..<75), .f32, stripElementCount: 1 << 22)
        #expect(Array(all.pixels.suffix(last.pixels.count)) == last.pixels)
        #expect(all.scratch == last.scratch)
    }
}
