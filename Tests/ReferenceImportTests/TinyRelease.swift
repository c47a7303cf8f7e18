import Checkpoints
import Foundation
import MMInterleaved
import ReferenceImport
import Tensors
import Tokenization

/// A release in the reference's layout, of tiny sizes, with seeded random weights.
struct TinyRelease {
    let root: String
    /// Names by which the autoencoder's tensors are stored: today's, or those of published files.
    var usesFormerNames = false
    /// Value that one weight gets.
    var planted: (name: String, value: Float)?
    /// Tensors to leave out of the checkpoint.
    var leftOut: Set<String> = []

    init(root: URL) {
        self.root = root.path
    }

    var checkpoint: String { "\(root)/OUTPUT/mm_interleaved_pretrain" }
    var assets: String { "\(root)/assets" }
    var settingsPath: String { "\(root)/mm_inference.yaml" }

    func layout() throws -> ReferenceLayout {
        ReferenceLayout(
            checkpoint: checkpoint,
            assets: assets,
            settings: try ReferenceSettings(path: settingsPath)
        )
    }

    private static let autoencoderPrefix = "image_decoder.decoder.vae."
    private static let documents = [
        "assets/lmsys/vicuna-13b-v1.3/config.json": """
        {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
         "max_position_embeddings": 256, "vocab_size": 300}
        """,
        "assets/openai/clip-vit-large-patch14/config.json": """
        {"vision_config": {"patch_size": 16, "hidden_size": 16, "intermediate_size": 32,
         "num_hidden_layers": 4, "num_attention_heads": 2}}
        """,
        "assets/stabilityai/stable-diffusion-2-1-base/unet/config.json": """
        {"in_channels": 4, "block_out_channels": [8, 8], "attention_head_dim": 1, "layers_per_block": 1,
         "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "cross_attention_dim": 16,
         "norm_num_groups": 4}
        """,
        "assets/stabilityai/stable-diffusion-2-1-base/vae/config.json": """
        {"latent_channels": 4, "block_out_channels": [8, 8], "layers_per_block": 1, "norm_num_groups": 4}
        """,
        "assets/stabilityai/stable-diffusion-2-1-base/scheduler/scheduler_config.json": """
        {"_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085,
         "beta_end": 0.012, "steps_offset": 1, "clip_sample": false}
        """,
        "mm_inference.yaml": """
        model:
          llm_model_path: &llm ./assets/lmsys/vicuna-13b-v1.3
          spatial_shapes: [8, 4, 2]
          visual_tokenizer_config:
            perceiver_config:
              {num_queries: 4, hidden_size: 8, encoder_hidden_size: 16, num_hidden_layers: 1,
               num_attention_heads: 2, intermediate_size: 16, qk_normalization: True}
          image_decoder_config:
            image_size: 64
            perceiver_config:
              {num_queries: 5, hidden_size: 16, encoder_hidden_size: 16, num_hidden_layers: 1,
               num_attention_heads: 2, intermediate_size: 16}
        inference:
          tokenizer_path: *llm
          transform: {aug_type: numpy, resolution: 64}
          generation_kwargs: {max_length: 12, min_length: 3, repetition_penalty: 1.3}
        """,
    ]

    /// Writes the release's files.
    func write() throws {
        for (path, text) in Self.documents { try write(Data(text.utf8), to: path) }
        try write(
            Data(SentencePieceModelFile(size: 300, words: ["a"]).bytes),
            to: "assets/lmsys/vicuna-13b-v1.3/tokenizer.model"
        )
        let parameters = try InterleavedModel.parameters(of: layout().configuration(name: "tiny"))
        let folder = "\(assets)/stabilityai/stable-diffusion-2-1-base/vae"
        try FileManager.default.createDirectory(
            atPath: checkpoint,
            withIntermediateDirectories: true
        )
        let isDecoder = { (name: String) in name.hasPrefix(Self.autoencoderPrefix) }
        try write(
            parameters.filter { !isDecoder($0.name) && !leftOut.contains($0.name) }
                + [ParameterDescription(name: "text_decoder.training_only", shape: [2, 2])],
            to: "\(checkpoint)/model.safetensors"
        ) { $0 }
        try write(
            parameters.filter { isDecoder($0.name) },
            to: "\(folder)/diffusion_pytorch_model.safetensors"
        ) { name in
            let inner = String(name.dropFirst(Self.autoencoderPrefix.count))
            return usesFormerNames ? Self.formerName(inner) : inner
        }
    }

    private static func formerName(_ name: String) -> String {
        [
            ("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn"),
        ].reduce(name) { $0.replacingOccurrences(of: ".\($1.0).", with: ".\($1.1).") }
    }

    private func write(_ data: Data, to path: String) throws {
        let url = URL(fileURLWithPath: "\(root)/\(path)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try data.write(to: url)
    }

    private func write(
        _ parameters: [ParameterDescription],
        to path: String,
        naming: (String) -> String
    ) throws {
        let writer = try SafetensorsWriter.begin(
            path: path,
            tensors: parameters.map {
                try TensorDescription(
                    name: naming($0.name),
                    elementType: .float32,
                    shape: $0.shape
                )
            }
        )
        for parameter in parameters {
            let numbers = try Self.numbers(parameter)
            if let planted, planted.name == parameter.name { numbers[0, 0] = planted.value }
            let bytes = numbers.bytes(as: .float32)
            try unsafe writer.append(bytes.span.bytes, to: naming(parameter.name))
        }
        try writer.finish()
    }

    /// The weights that the release has for a parameter.
    static func numbers(_ parameter: ParameterDescription) throws -> Matrix {
        let numbers = Matrix(rows: 1, columns: parameter.count)
        try RandomParameters(seed: 3).read(parameter, into: numbers)
        return numbers
    }
}
