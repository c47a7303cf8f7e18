"""Writes the small PyTorch-format archives of this folder with Python's own pickler.

Run it here: python3 make_fixtures.py. It needs no torch: stand-in classes named as torch's own make the pickler
write what torch.save would. torch-2.0.bin is not made here; torch 2.0.1 wrote it.
"""

import collections
import pickle
import struct
import sys
import types
import zipfile


def module(name):
    result = sys.modules.setdefault(name, types.ModuleType(name))
    return result


torch = module("torch")
torch_utils = module("torch._utils")


def place(owner, name, value):
    value.__module__, value.__qualname__, value.__name__ = owner.__name__, name, name
    setattr(owner, name, value)
    return value


rebuild_tensor = place(torch_utils, "_rebuild_tensor_v2", lambda *a: None)
rebuild_parameter = place(torch_utils, "_rebuild_parameter", lambda *a: None)
kinds = {
    name: place(torch, name, type(name, (), {}))
    for name in ["FloatStorage", "HalfStorage", "BFloat16Storage", "LongStorage", "ByteStorage", "BoolStorage"]
}


class Storage:
    def __init__(self, kind, count, data):
        self.kind, self.count, self.data = kind, count, data


class Tensor:
    def __init__(self, storage, offset, size, stride):
        self.parts = (storage, offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return rebuild_tensor, self.parts


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return rebuild_parameter, (self.tensor, True, collections.OrderedDict())


def save(path, value, protocol, deflate_pickle=False):
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if not isinstance(item, Storage):
                return None
            if item not in storages:
                storages.append(item)
            return ("storage", kinds[item.kind], str(storages.index(item)), "cpu", item.count)

    import io

    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(value)
    with zipfile.ZipFile(path, "w") as archive:
        def add(name, data, method=zipfile.ZIP_STORED):
            archive.writestr(zipfile.ZipInfo(f"fixture/{name}"), data, compress_type=method)

        add("data.pkl", buffer.getvalue(), zipfile.ZIP_DEFLATED if deflate_pickle else zipfile.ZIP_STORED)
        add("byteorder", b"little")
        for index, storage in enumerate(storages):
            add(f"data/{index}", storage.data)
        add("version", b"3\n")


floats = Storage("FloatStorage", 24, struct.pack("<24f", *range(24)))
longs = Storage("LongStorage", 3, struct.pack("<3q", -1, 2, 1 << 40))
halves = Storage("HalfStorage", 2, struct.pack("<2e", 1.5, float("inf")))
brains = Storage("BFloat16Storage", 2, bytes([0x80, 0x3F, 0xC0, 0x7F]))
flags = Storage("BoolStorage", 2, bytes([1, 0]))

state = collections.OrderedDict()
state["whole"] = Tensor(floats, 0, (2, 3, 4), (12, 4, 1))
state["transposed"] = Tensor(floats, 0, (4, 6), (1, 4))
state["slice"] = Tensor(floats, 13, (2, 2), (4, 1))
state["every_other"] = Tensor(floats, 1, (3,), (2,))
state["expanded"] = Tensor(floats, 5, (2, 3), (0, 1))
state["scalar"] = Tensor(floats, 7, (), ())
state["empty"] = Tensor(floats, 0, (0, 3), (3, 1))
state["longs"] = Tensor(longs, 0, (3,), (1,))
state["halves"] = Parameter(Tensor(halves, 0, (2,), (1,)))
state["brains"] = Tensor(brains, 0, (2,), (1,))
state["flags"] = Tensor(flags, 0, (2,), (1,))
state._metadata = collections.OrderedDict([("", {"version": 1})])

save("views-protocol2.bin", state, 2)
save("wrapped-protocol4.bin", {"epoch": 3, "loss": 0.25, "state_dict": state}, 4, deflate_pickle=True)
