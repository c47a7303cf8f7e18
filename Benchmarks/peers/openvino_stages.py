"""Times one stage in OpenVINO. usage: openvino_stages.py {encode|denoise|render} {f32|bf16}"""

import openvino
import torch
from openvino import properties
from openvino.properties import hint

from modules import DenoisingStep, PictureEncoder, Rendering
from timing import arguments, report


def main() -> None:
    options = arguments(__doc__)
    torch.set_grad_enabled(False)
    kind = {"encode": PictureEncoder, "denoise": DenoisingStep, "render": Rendering}[options.stage]
    # Attention written out is what the conversion recognises.
    module = kind("eager") if kind is PictureEncoder else kind()
    inputs = kind.inputs()
    model = openvino.convert_model(module.eval(), example_input=inputs, input=[tuple(x.shape) for x in inputs])
    compiled = openvino.Core().compile_model(model, "CPU", {
        hint.inference_precision: openvino.Type.bf16 if options.form == "bf16" else openvino.Type.f32,
        hint.performance_mode: hint.PerformanceMode.LATENCY,
        properties.inference_num_threads: options.threads,
    })
    arrays = [x.numpy() for x in inputs]
    report(lambda: compiled(arrays), options.iterations)


main()
