"""Times one stage in PyTorch. usage: pytorch_stages.py STAGE {f32|bf16}"""

import torch

from modules import DenoisingStep, PictureEncoder, Rendering
from timing import arguments, report

WIDTH, PROMPT, STEPS = 5120, 512, 8


def language_model(form: torch.dtype):
    from transformers import LlamaConfig, LlamaModel

    configuration = LlamaConfig(
        vocab_size=32002, hidden_size=WIDTH, intermediate_size=13824, num_hidden_layers=4, num_attention_heads=40,
        num_key_value_heads=40,
    )
    # Created in the format that is measured: four layers in f32 alone take five gigabytes.
    torch.set_default_dtype(form)
    return LlamaModel(configuration).eval()


def prefill(form: torch.dtype, iterations: int) -> None:
    model, rows = language_model(form), torch.randn(1, PROMPT, WIDTH, dtype=form)
    report(lambda: model(inputs_embeds=rows, use_cache=False), iterations)


def decode(form: torch.dtype, iterations: int, sequences: int) -> None:
    """Without the output head, which ours and llama.cpp's times include."""
    model = language_model(form)
    kept = model(inputs_embeds=torch.randn(sequences, 64, WIDTH, dtype=form), use_cache=True).past_key_values
    row = torch.randn(sequences, 1, WIDTH, dtype=form)

    def run():
        for _ in range(STEPS):
            model(inputs_embeds=row, past_key_values=kept, use_cache=True)
        kept.crop(64)

    report(run, iterations, units=STEPS)


def module(kind: type[torch.nn.Module], form: torch.dtype, iterations: int) -> None:
    model = kind().eval().to(form).to(memory_format=torch.channels_last)
    inputs = [x.to(form) if x.is_floating_point() else x for x in kind.inputs()]
    inputs = [x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs]
    report(lambda: model(*inputs), iterations)


def main() -> None:
    options = arguments(__doc__)
    torch.set_grad_enabled(False)
    torch.set_num_threads(options.threads)
    form = {"f32": torch.float32, "bf16": torch.bfloat16}[options.form]
    match options.stage:
        case "encode": module(PictureEncoder, form, options.iterations)
        case "denoise": module(DenoisingStep, form, options.iterations)
        case "render": module(Rendering, form, options.iterations)
        case "prefill": prefill(form, options.iterations)
        case "decode": decode(form, options.iterations, 1)
        case "decode8": decode(form, options.iterations, 8)


main()
