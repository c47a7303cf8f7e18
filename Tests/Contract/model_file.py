"""Reads a model file with ggml's own reader, and compares every tensor with the model that it was made of.

usage: model_file.py FILE.gguf model.safetensors

Whatever is rotated is rotated back by a Hadamard matrix of our own making. Prints the mean and the largest error (sum of
squared differences over sum of squares) by type, and fails where one is larger than its type allows.
"""

import sys

import numpy
from gguf import GGUFReader, dequantize
from safetensors.numpy import load_file

# What rounding may cost: nothing; half a unit of eight bits of mantissa; of a byte with a scale per output; of four bits
# with a whole multiplier per 32 inputs.
LARGEST_ERROR = {"F32": 0, "F16": 0, "BF16": 1e-5, "Q8_0": 1e-3, "Q4_0": 1.2e-2}
# The file has the sum of the two in the first.
COMBINED = ("text_decoder.head.weight", "text_decoder.head_new.weight")


def strings(reader, key):
    field = reader.fields.get(key)
    return [bytes(field.parts[index]).decode() for index in field.data] if field else []


def hadamard(size):
    matrix = numpy.ones((1, 1))
    while len(matrix) < size:
        matrix = numpy.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / numpy.sqrt(size)


def numbers(tensor, is_rotated):
    values = dequantize(tensor.data, tensor.tensor_type).astype(numpy.float64)
    values = values.reshape([int(size) for size in reversed(tensor.shape)])
    if not is_rotated:
        return values
    channels = values.shape[-1]
    group = next(size for size in (256, 64, 32, 16) if channels % size == 0)
    values = (values.reshape(-1, channels // group, group) @ hadamard(group)).reshape(values.shape)
    # Windows of convolutions have their channels innermost.
    return values.transpose(0, 3, 1, 2) if values.ndim == 4 else values


def main(path, original):
    reader = GGUFReader(path)
    expected = load_file(original)
    names = strings(reader, "mm-interleaved.tensor_names")
    rotated = set(strings(reader, "mm-interleaved.rotation.tensors"))
    assert sorted(names) == sorted(expected), "other parameters"
    errors = {}
    for tensor, name in zip(reader.tensors, names, strict=True):
        if name in COMBINED:
            continue
        own = expected[name].astype(numpy.float64)
        difference = ((numbers(tensor, tensor.name in rotated) - own) ** 2).sum()
        errors.setdefault(tensor.tensor_type.name, []).append(
            (difference / max((own**2).sum(), 1e-30), name)
        )
    failed = False
    for kind, found in sorted(errors.items()):
        largest, name = max(found)
        mean = sum(error for error, _ in found) / len(found)
        print(f"{kind:5} {len(found):5} tensors, mean error {mean:.2g}, largest {largest:.2g} ({name})")
        failed |= largest > LARGEST_ERROR[kind]
    sys.exit(1 if failed else 0)


main(*sys.argv[1:])
