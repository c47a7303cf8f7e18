"""The sizes of nano."""

from __future__ import annotations

from . import configuration as c

#: Pieces of nano's tokenizer.
VOCABULARY_SIZE = 640

#: Velocity prediction on a schedule that ends in pure noise (arXiv 2305.08891).
SCHEDULER = {
    "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "steps_offset": 0,
    "clip_sample": False, "set_alpha_to_one": True, "variance_type": "fixed_small",
}

DEFAULTS = {
    "max_tokens": 60, "min_tokens": 0, "temperature": 0, "top_p": 0.9, "top_k": 50,
    "repetition_penalty": 1.0, "steps": 20, "guidance_scale": 1.5, "scheduler": "ddim",
}


def nano() -> c.Model:
    """About 17 million parameters without the autoencoder's encoder."""
    vision, language, condition = 128, 192, 128
    return c.Model(
        name="nano",
        vocabulary=c.Vocabulary(VOCABULARY_SIZE),
        vision=c.Vision(
            image_size=64, patch_size=8, hidden_size=vision, intermediate_size=384,
            num_hidden_layers=4, num_attention_heads=4, adapter_stem_width=16,
            adapter_num_points=2, position_grid_size=8),
        visual_perceiver=c.Perceiver(
            num_queries=16, hidden_size=vision, encoder_hidden_size=vision, intermediate_size=384,
            num_hidden_layers=2, num_attention_heads=4, cross_attention_frequency=1,
            qk_normalization=True),
        language=c.Language(
            hidden_size=language, intermediate_size=512, num_hidden_layers=6,
            num_attention_heads=6, max_position_embeddings=1024, cross_attention_frequency=2,
            synchronizer_num_heads=8, synchronizer_num_points=4,
            synchronizer_spatial_shapes=[16, 8, 4], synchronizer_base_spatial_shape=8,
            max_num_image_per_seq=20),
        perceiver=c.Perceiver(
            num_queries=16, hidden_size=condition, encoder_hidden_size=language,
            intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
            cross_attention_frequency=1, qk_normalization=False),
        unet=c.UNet(
            sample_size=16, in_channels=4, block_out_channels=[64, 128, 192],
            num_attention_heads=[2, 4, 6], has_cross_attention=[False, True, True],
            layers_per_block=1, cross_attention_dim=condition, norm_num_groups=16,
            mmfs_width=128, mmfs_num_heads=4, mmfs_num_points=4, mmfs_max_num_image=10),
        vae=c.Autoencoder(
            latent_channels=4, block_out_channels=[16, 32, 64], layers_per_block=1,
            norm_num_groups=8, scaling_factor=1.0),
        scheduler=SCHEDULER, defaults=DEFAULTS)
