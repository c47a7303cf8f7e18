import Engine
import Foundation
import MMInterleaved
import Scheduling
import Tokenization

/// A model with every part of the real one, small enough to answer within milliseconds.
enum TinyModel {
    static let name = "tiny"

    /// One engine for all tests that need nothing special of it.
    static let shared = Result { try makeEngine() }

    /// An engine over fresh random weights; the same numbers each time.
    static func makeEngine(
        maximumRunningCount: Int = 32,
        maximumWaitingCount: Int = 32,
        name: String = name
    ) throws -> Engine {
        let configuration = try configuration(name)
        let parameters = Parameters(from: RandomParameters(seed: 1))
        var engine = Engine.Configuration()
        engine.scheduling.maximumRunningCount = maximumRunningCount
        engine.scheduling.maximumWaitingCount = maximumWaitingCount
        engine.workerCount = 1
        let words = ["a", "red", "circle", "left", "moves"]
        return try Engine(
            try InterleavedModel(parameters, configuration),
            tokenizer: try Tokenizer(
                modelBytes: SentencePieceModelFile(size: 400, words: words).bytes
            ),
            configuration: engine
        )
    }

    static func configuration(_ name: String = name) throws -> ModelConfiguration {
        let quoted = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
        let text = text.replacingOccurrences(of: "\"tiny\"", with: quoted)
        var configuration = try JSONDecoder().decode(
            ModelConfiguration.self,
            from: Data(text.utf8)
        )
        configuration.templates = templates
        return configuration
    }

    /// A template of each kind.
    static let templates = [
        PromptTemplate(
            "caption",
            "Says what there is.",
            [.image, .words("a photo of")],
            answer: .init(.text)
        ),
        PromptTemplate(
            "question",
            "Answers a question.",
            [.words("Look. "), .image, .text(ending: "?"), .words(" The answer is:")],
            answer: .init(.text, maximumTokenCount: 4),
            examples: ["Is it red?"]
        ),
        PromptTemplate(
            "dialogue",
            "Answers questions one after the other.",
            [.image, .history, .words("question: "), .text(ending: "?"), .words(" answer:")],
            history: [
                .words("question: "), .text(ending: "?"), .words(" answer: "), .answer,
                .words(". "),
            ],
            answer: .init(.text)
        ),
        PromptTemplate("picture", "Draws.", [.text(ending: nil)], answer: .init(.image)),
        PromptTemplate("edit", "Draws anew.", [.image, .text(ending: nil)], answer: .init(.image)),
        PromptTemplate(
            "story",
            "Draws and says.",
            [.text(ending: nil)],
            answer: .init(.interleave, first: .image, maximumSegmentCount: 2)
        ),
    ]

    private static let text = """
        {"format_version": 1, "name": "tiny",
         "vocabulary": {"orig_vocab_size": 400, "bos_token_id": 1, "eos_token_id": 2,
          "pad_token_id": 399, "soi_token_id": 400, "image_token_id": 401},
         "vision_model": {"image_size": 56, "patch_size": 14, "hidden_size": 16,
          "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2,
          "layer_norm_eps": 1e-05, "adapter_stem_width": 4, "adapter_num_points": 4,
          "position_grid_size": 4},
         "visual_perceiver": {"num_queries": 4, "hidden_size": 16, "encoder_hidden_size": 16,
          "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
          "cross_attention_frequency": 2, "qk_normalization": true},
         "language_model": {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
          "num_attention_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 10000,
          "max_position_embeddings": 512, "cross_attention_frequency": 2,
          "synchronizer_num_heads": 2, "synchronizer_num_points": 2,
          "synchronizer_spatial_shapes": [16, 8, 4], "synchronizer_base_spatial_shape": 8,
          "max_num_image_per_seq": 20},
         "image_decoder": {
          "perceiver": {"num_queries": 8, "hidden_size": 16, "encoder_hidden_size": 32,
           "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
           "cross_attention_frequency": 1, "qk_normalization": false},
          "unet": {"sample_size": 8, "in_channels": 4, "block_out_channels": [8, 16],
           "num_attention_heads": [2, 2], "has_cross_attention": [true, false],
           "layers_per_block": 1, "cross_attention_dim": 16, "norm_num_groups": 4,
           "norm_eps": 1e-05},
          "vae": {"latent_channels": 4, "block_out_channels": [8, 8], "layers_per_block": 1,
           "norm_num_groups": 4, "scaling_factor": 0.18215},
          "scheduler": {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
           "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "steps_offset": 1,
           "clip_sample": false, "set_alpha_to_one": false}},
         "defaults": {"max_tokens": 6, "min_tokens": 0, "temperature": 1.0, "top_p": 0.9,
          "top_k": 50, "repetition_penalty": 1.3, "steps": 2, "guidance_scale": 7.5,
          "scheduler": "ddpm"}}
        """
}
