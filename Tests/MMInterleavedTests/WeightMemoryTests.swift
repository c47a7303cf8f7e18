import MMInterleaved
import Tensors
import Testing

@Suite("Memory of weights")
struct WeightMemoryTests {
    private func memory(_ profile: FormatPolicy.Profile) throws -> [WeightMemory.Place: Int] {
        let parameters = Parameters(
            from: RandomParameters(seed: 1),
            formats: FormatPolicy(profile)
        )
        _ = try parameters["mm_decoder"]["norm"].norm("first", channels: 64, epsilon: 1e-5)
        _ = try parameters["mm_decoder"].linear("up", inputs: 64, outputs: 32)
        // What is stored to be combined with others is not kept.
        let stored = try parameters["visual_tokenizer"].storedLinear("x", inputs: 64, outputs: 16)
        _ = parameters["visual_tokenizer"].packed(stored.weight, bias: stored.bias, as: "x")
        return parameters.ledger.memory
    }

    private func place(_ part: String, _ format: WeightFormat) -> WeightMemory.Place {
        WeightMemory.Place(part: part, format: format.rawValue)
    }

    @Test(
        "In single precision every number takes four bytes, in the part that its name begins with"
    )
    func singlePrecision() throws {
        #expect(
            try memory(.f32) == [
                place("mm_decoder", .f32): 4 * (2 * 64 + 64 * 32 + 32),
                place("visual_tokenizer", .f32): 4 * (64 * 16 + 16),
            ]
        )
    }

    @Test("Rounded weights count in their format, beside norms in single precision")
    func rounded() throws {
        let memory = try memory(.bf16)
        #expect(memory[place("mm_decoder", .f32)] == 4 * 2 * 64)
        #expect(memory[place("mm_decoder", .bf16)] == 2 * 64 * 32 + 4 * 32)
        #expect(memory[place("visual_tokenizer", .bf16)] == 2 * 64 * 16 + 4 * 16)
    }
}
