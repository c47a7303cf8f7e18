"""The released model's parts as PyTorch modules with random weights, and what they are given."""

import torch


class DenoisingStep(torch.nn.Module):
    """The UNet of Stable Diffusion 2.1: two samples, with and without the words, as guidance needs."""

    def __init__(self):
        super().__init__()
        from diffusers import UNet2DConditionModel

        self.model = UNet2DConditionModel(
            sample_size=64, in_channels=4, out_channels=4, cross_attention_dim=1024, attention_head_dim=[5, 10, 20, 20],
            use_linear_projection=True, block_out_channels=(320, 640, 1280, 1280),
        )

    def forward(self, latents, time, words):
        return self.model(latents, time, words, return_dict=False)[0]

    @staticmethod
    def inputs():
        return torch.randn(2, 4, 64, 64), torch.tensor(500), torch.randn(2, 77, 1024)


class PictureEncoder(torch.nn.Module):
    """CLIP's ViT-L/14."""

    def __init__(self, attention: str = "sdpa"):
        super().__init__()
        from transformers import CLIPVisionConfig, CLIPVisionModel

        self.model = CLIPVisionModel(CLIPVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=224,
            patch_size=14, attn_implementation=attention,
        ))

    def forward(self, pixels):
        return self.model(pixels).last_hidden_state

    @staticmethod
    def inputs():
        return (torch.randn(1, 3, 224, 224),)


class Rendering(torch.nn.Module):
    """The decoder of Stable Diffusion's autoencoder."""

    def __init__(self):
        super().__init__()
        from diffusers import AutoencoderKL

        self.model = AutoencoderKL(
            in_channels=3, out_channels=3, down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4, block_out_channels=[128, 256, 512, 512], layers_per_block=2,
            latent_channels=4, sample_size=512,
        )

    def forward(self, latents):
        return self.model.decode(latents, return_dict=False)[0]

    @staticmethod
    def inputs():
        return (torch.randn(1, 4, 64, 64),)
