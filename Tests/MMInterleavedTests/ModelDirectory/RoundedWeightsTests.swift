import ModelTestSupport
import Tensors
import Testing

@testable import MMInterleaved

@Suite("Rounded weights")
struct RoundedWeightsTests {
    private let stored: StoredTinyModel

    init() throws {
        stored = try StoredTinyModel()
    }

    private func weights(_ profile: FormatPolicy.Profile) throws -> RoundedWeights {
        try RoundedWeights(.directory(stored.directory), formats: FormatPolicy(profile))
    }

    @Test(
        "A file's weights stand for the same numbers as its directory's in the same profile",
        arguments: FormatPolicy.Profile.allCases
    )
    func file(profile: FormatPolicy.Profile) throws {
        let file = try StoredModel(path: stored.write(FormatPolicy(profile)))
        let formats = try file.formats(asking: .f32)
        #expect(formats.profile == profile)
        let (own, wanted) = (try RoundedWeights(file, formats: formats), try weights(profile))
        #expect(own.parameters == wanted.parameters)
        for parameter in wanted.parameters {
            let numbers = try own.numbers(of: parameter).toArray()
            #expect(try numbers == wanted.numbers(of: parameter).toArray(), "\(parameter.name)")
            #expect(try own.format(of: parameter) == wanted.format(of: parameter))
        }
    }

    @Test("Rounding moves a weight a little, and only where the profile says so")
    func errors() throws {
        let exact = try weights(.f32)
        for (profile, bound) in [(FormatPolicy.Profile.bf16, 1e-5), (.w8a8, 1e-3), (.w4a8, 0.03)] {
            let rounded = try weights(profile)
            for parameter in exact.parameters {
                let error = StoredTinyModel.error(
                    try rounded.numbers(of: parameter).toArray(),
                    try exact.numbers(of: parameter).toArray()
                )
                let isRounded = try rounded.format(of: parameter) != "f32"
                #expect(isRounded ? error > 0 && error < bound : error == 0, "\(parameter.name)")
            }
        }
    }

    @Test("The second part of the head is added to the first, and is no weight of its own")
    func head() throws {
        let weights = try weights(.f32)
        let names = weights.parameters.map(\.name)
        #expect(!names.contains("text_decoder.head_new.weight"))
        let head = try #require(weights.parameters.first { $0.name == "text_decoder.head.weight" })
        let sum = try weights.numbers(of: head)
        let plain = Matrix(rows: head.shape[0], columns: head.shape[1])
        try TinyModel.parameters(seed: 3).read(head, into: plain)
        #expect(sum.row(0).toArray() == plain.row(0).toArray())
        #expect(sum.row(sum.rows - 1).toArray() != plain.row(sum.rows - 1).toArray())
    }

    @Test("A file is asked for no other profile than its own")
    func profiles() throws {
        let file = try StoredModel(path: stored.write(FormatPolicy(.w8a8)))
        #expect(try file.formats(asking: FormatPolicy(.w8a8)) == FormatPolicy(.w8a8))
        #expect(throws: ModelDirectoryError.self) { try file.formats(asking: FormatPolicy(.bf16)) }
    }
}
