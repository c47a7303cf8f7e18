internal import Files
internal import JSON
internal import MMInterleaved
internal import Yams

/// What the reference's `mm_inference.yaml` says about a model; all else is in the assets.
///
/// Fields that are not there have the released model's values; unknown fields are ignored, as the file
/// also configures training and evaluation.
package struct ReferenceSettings: Decodable, Sendable {
    private(set) var model = Model()
    private(set) var inference = Inference()

    struct Model: Decodable, Sendable {
        var languageModelPath = "./assets/lmsys/vicuna-13b-v1.3"
        var imageEmbeddingWidth: Int?
        var crossAttentionFrequency = 4
        var spatialShapes = [32, 16, 8]
        var visualTokenizer = VisualTokenizer()
        var imageDecoder = ImageDecoder()
    }

    struct VisualTokenizer: Decodable, Sendable {
        var encoderPath = "./assets/openai/clip-vit-large-patch14"
        var gridSize = 16
        var perceiver = Perceiver()
    }

    struct ImageDecoder: Decodable, Sendable {
        var path = "./assets/stabilityai/stable-diffusion-2-1-base"
        var imageSize = 512
        var perceiver = Perceiver()
    }

    struct Perceiver: Decodable, Sendable {
        var queryCount: Int?
        var hiddenSize: Int?
        var encoderHiddenSize: Int?
        var intermediateSize: Int?
        var layerCount: Int?
        var headCount: Int?
        var crossAttentionFrequency: Int?
        var normalizesQueriesAndKeys: Bool?
    }

    struct Inference: Decodable, Sendable {
        var resolution = 224
        var generation = Generation()
    }

    struct Generation: Decodable, Sendable {
        var maximumLength: Int?
        var minimumLength: Int?
        var usesSampling: Bool?
        var topP: Float?
        var temperature: Float?
        var repetitionPenalty: Float?
        var guidanceScale: Float?
        var stepCount: Int?
    }

    /// The released model's settings.
    package init() {}

    /// Largest settings file that is read.
    private static let maximumByteCount = 1 << 20

    /// Reads a YAML (or JSON) file.
    ///
    /// - Throws: `FileError`, ``ImportError``.
    package init(path: String) throws {
        let text = try File.readText(
            path,
            maximumByteCount: Self.maximumByteCount,
            mayBePipe: true
        )
        do {
            self = try YAMLDecoder().decode(ReferenceSettings.self, from: text)
        } catch let error as DecodingError {
            throw ImportError(
                path: path,
                detail: "is not the reference's YAML: \(JSONFault(error))"
            )
        } catch let error as YamlError {
            throw ImportError(path: path, detail: "is no YAML: \(error)")
        }
    }
}

// MARK: - Decoding, with a default for every field

extension ReferenceSettings {
    private enum CodingKeys: String, CodingKey { case model, inference }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        model = try values.decodeIfPresent(Model.self, forKey: .model) ?? model
        inference = try values.decodeIfPresent(Inference.self, forKey: .inference) ?? inference
    }
}

extension ReferenceSettings.Model {
    private enum CodingKeys: String, CodingKey {
        case languageModelPath = "llm_model_path"
        case imageEmbeddingWidth = "image_embed_dim"
        case crossAttentionFrequency = "cross_attention_frequency"
        case spatialShapes = "spatial_shapes"
        case visualTokenizer = "visual_tokenizer_config"
        case imageDecoder = "image_decoder_config"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        languageModelPath =
            try values.decodeIfPresent(String.self, forKey: .languageModelPath)
            ?? languageModelPath
        imageEmbeddingWidth = try values.decodeIfPresent(Int.self, forKey: .imageEmbeddingWidth)
        crossAttentionFrequency =
            try values.decodeIfPresent(Int.self, forKey: .crossAttentionFrequency)
            ?? crossAttentionFrequency
        spatialShapes =
            try values.decodeIfPresent([Int].self, forKey: .spatialShapes) ?? spatialShapes
        visualTokenizer =
            try values.decodeIfPresent(
                ReferenceSettings.VisualTokenizer.self,
                forKey: .visualTokenizer
            )
            ?? visualTokenizer
        imageDecoder =
            try values.decodeIfPresent(ReferenceSettings.ImageDecoder.self, forKey: .imageDecoder)
            ?? imageDecoder
    }
}

extension ReferenceSettings.VisualTokenizer {
    private enum CodingKeys: String, CodingKey {
        case encoderPath = "encoder_model_path"
        case gridSize = "grid_size"
        case perceiver = "perceiver_config"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        encoderPath = try values.decodeIfPresent(String.self, forKey: .encoderPath) ?? encoderPath
        gridSize = try values.decodeIfPresent(Int.self, forKey: .gridSize) ?? gridSize
        perceiver =
            try values.decodeIfPresent(ReferenceSettings.Perceiver.self, forKey: .perceiver)
            ?? perceiver
    }
}

extension ReferenceSettings.ImageDecoder {
    private enum CodingKeys: String, CodingKey {
        case path = "pretrained_model_name_or_path"
        case imageSize = "image_size"
        case perceiver = "perceiver_config"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        path = try values.decodeIfPresent(String.self, forKey: .path) ?? path
        imageSize = try values.decodeIfPresent(Int.self, forKey: .imageSize) ?? imageSize
        perceiver =
            try values.decodeIfPresent(ReferenceSettings.Perceiver.self, forKey: .perceiver)
            ?? perceiver
    }
}

extension ReferenceSettings.Perceiver {
    private enum CodingKeys: String, CodingKey {
        case queryCount = "num_queries"
        case hiddenSize = "hidden_size"
        case encoderHiddenSize = "encoder_hidden_size"
        case intermediateSize = "intermediate_size"
        case layerCount = "num_hidden_layers"
        case headCount = "num_attention_heads"
        case crossAttentionFrequency = "cross_attention_frequency"
        case normalizesQueriesAndKeys = "qk_normalization"
    }
}

extension ReferenceSettings.Inference {
    private enum CodingKeys: String, CodingKey {
        case transform
        case generation = "generation_kwargs"
    }

    private struct Transform: Decodable { let resolution: Int? }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        resolution =
            try values.decodeIfPresent(Transform.self, forKey: .transform)?.resolution
            ?? resolution
        generation =
            try values.decodeIfPresent(ReferenceSettings.Generation.self, forKey: .generation)
            ?? generation
    }
}

extension ReferenceSettings.Generation {
    private enum CodingKeys: String, CodingKey {
        case maximumLength = "max_length"
        case minimumLength = "min_length"
        case usesSampling = "use_nucleus_sampling"
        case topP = "top_p"
        case temperature
        case repetitionPenalty = "repetition_penalty"
        case guidanceScale = "guidance_scale"
        case stepCount = "num_inference_steps"
    }
}
