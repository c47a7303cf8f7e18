import MMInterleaved
import Tensors
import Testing

@Suite("Formats of weights by name")
struct FormatPolicyTests {
    @Test("A profile decides, an override decides otherwise")
    func decides() {
        let name = "mm_decoder.layers.3.mlp.down_proj.weight"
        #expect(FormatPolicy.f32.format(of: name, inputs: 64) == .f32)
        #expect(FormatPolicy(.bf16).format(of: name, inputs: 64) == .bf16)
        #expect(FormatPolicy(.w8a8).format(of: name, inputs: 64) == .int8)
        let policy = FormatPolicy(.w8a8, overrides: [.init("down_proj.weight", .f32)])
        #expect(policy.format(of: name, inputs: 64) == .f32)
        #expect(policy.format(of: "mm_decoder.layers.3.mlp.up_proj.weight", inputs: 64) == .int8)
    }

    @Test("What cannot be bytes becomes bfloat16")
    func fits() {
        #expect(FormatPolicy(.w8a8).format(of: "a.weight", inputs: 36) == .bf16)
        #expect(FormatPolicy(.w8a8).format(of: "conv_in.weight", inputs: 4, window: 9) == .bf16)
    }
}
