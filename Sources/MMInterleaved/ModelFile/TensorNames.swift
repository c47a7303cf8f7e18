/// Names of parameters within the 64 bytes that a GGUF file has for them.
///
/// Parts of a dotted name that are long are written shorter; all others stay. As no part is what another one is
/// shortened to, a name can be told from its short form.
package enum TensorNames {
    /// Parts of names, and what is written for them.
    package static let abbreviations: [(part: String, short: String)] = [
        // Modules of the root.
        ("visual_tokenizer", "vis"), ("image_decoder", "img"), ("text_decoder", "txt"),
        ("mm_decoder", "llm"),
        // Of the vision transformer and its adapter.
        ("vision_model", "vit"), ("adapter_interactions", "inter"), ("extra_extractors", "extra"),
        // Of perceivers.
        ("perceiver_resampler", "perceiver"), ("blip2qformer", "former"), ("attention", "self"),
        ("crossattention", "cross"), ("intermediate_query", "ffn_in"), ("output_query", "ffn_out"),
        ("LayerNorm", "ln"),
        // Of synchronizers.
        ("llama_cross_attn", "sync"), ("mmfs_module", "syncs"), ("mmfs_down_blocks", "skips"),
        ("mmfs_mid_block", "middle"), ("attention_weights", "points"),
        ("sampling_offsets", "offsets"), ("dynamic_offset_mask", "mask"),
        // Of the denoising network and the autoencoder.
        ("down_blocks", "down"), ("mid_block", "mid"), ("up_blocks", "up"), ("attentions", "att"),
        ("transformer_blocks", "tf"),
    ]

    private static let shorts = Dictionary(
        uniqueKeysWithValues: abbreviations.map { ($0.part, $0.short) }
    )
    private static let parts = Dictionary(
        uniqueKeysWithValues: abbreviations.map { ($0.short, $0.part) }
    )

    /// The short form of a parameter's name; nil if a part of it is what another one is shortened to.
    package static func short(of name: String) -> String? {
        let components = name.split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        guard components.allSatisfy({ parts[$0] == nil }) else { return nil }
        return components.map { shorts[$0] ?? $0 }.joined(separator: ".")
    }

    /// The name of which this is the short form.
    package static func name(ofShort short: String) -> String {
        short.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            .map { parts[$0] ?? $0 }.joined(separator: ".")
    }
}
