import Foundation
import MMInterleaved
import ReferenceImport
import TestSupport
import Testing

@Suite("The released shape")
struct ReleasedShapeTests {
    /// What the configurations of the release's assets say, as their publishers wrote them.
    private static let documents = [
        "lmsys/vicuna-13b-v1.3/config.json": """
        {"architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
         "hidden_size": 5120, "initializer_range": 0.02, "intermediate_size": 13824,
         "max_position_embeddings": 2048, "model_type": "llama", "num_attention_heads": 40,
         "num_hidden_layers": 40, "pad_token_id": 0, "rms_norm_eps": 1e-06, "tie_word_embeddings": false,
         "torch_dtype": "float16", "use_cache": true, "vocab_size": 32000}
        """,
        "openai/clip-vit-large-patch14/config.json": """
        {"model_type": "clip", "projection_dim": 768, "vision_config": {"hidden_act": "quick_gelu",
         "hidden_size": 1024, "image_size": 224, "intermediate_size": 4096, "layer_norm_eps": 1e-05,
         "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": 14}}
        """,
        "stabilityai/stable-diffusion-2-1-base/unet/config.json": """
        {"_class_name": "UNet2DConditionModel", "attention_head_dim": [5, 10, 20, 20],
         "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
         "cross_attention_dim": 1024, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
         "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1, "in_channels": 4,
         "layers_per_block": 2, "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4,
         "sample_size": 64, "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
         "CrossAttnUpBlock2D"], "use_linear_projection": true}
        """,
        "stabilityai/stable-diffusion-2-1-base/vae/config.json": """
        {"_class_name": "AutoencoderKL", "block_out_channels": [128, 256, 512, 512], "in_channels": 3,
         "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 3,
         "sample_size": 768}
        """,
        "stabilityai/stable-diffusion-2-1-base/scheduler/scheduler_config.json": """
        {"_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear",
         "beta_start": 0.00085, "clip_sample": false, "num_train_timesteps": 1000,
         "prediction_type": "epsilon", "set_alpha_to_one": false, "skip_prk_steps": true,
         "steps_offset": 1, "trained_betas": null}
        """,
    ]

    @Test("mm-interleaved-13b is what the published configurations make")
    func equalsRelease() throws {
        let temporary = try TemporaryDirectory()
        for (path, text) in Self.documents {
            let url = URL(fileURLWithPath: temporary.path + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url)
        }
        let layout = ReferenceLayout(
            checkpoint: temporary.path,
            assets: temporary.path,
            settings: ReferenceSettings()
        )
        let shape = try ModelDirectory.configuration(
            file: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Config/shapes/mm-interleaved-13b.json").path
        )
        let released = try layout.configuration(name: "mm-interleaved-13b")
        #expect(released == shape)
    }
}
