"""Turns recorded preprocessing results into small PNG files: python3 make_expected.py preprocess.safetensors

The recording holds, for every picture in pictures/, the transformed picture as `<name>.u8_chw` [3, 224, 224] and for the
JPEG files the decoded picture as `<name>.decoded_rgb` [height, width, 3]; Pillow 10.0.0 made them.
"""

import json
import struct
import sys
import zlib


def png(width, height, rgb):
    stride = width * 3
    rows, previous = [], bytes(stride)
    for y in range(height):
        row = rgb[y * stride:(y + 1) * stride]
        left = bytes(3) + row[:-3]
        corner = bytes(3) + previous[:-3]

        def paeth(a, b, c):
            p = a + b - c
            pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
            return a if pa <= pb and pa <= pc else b if pb <= pc else c

        filters = [
            row,
            bytes((x - a) & 255 for x, a in zip(row, left)),
            bytes((x - b) & 255 for x, b in zip(row, previous)),
            bytes((x - (a + b) // 2) & 255 for x, a, b in zip(row, left, previous)),
            bytes((x - paeth(a, b, c)) & 255 for x, a, b, c in zip(row, left, previous, corner)),
        ]
        kind = min(range(5), key=lambda i: sum(min(v, 256 - v) for v in filters[i]))
        rows.append(bytes([kind]) + filters[kind])
        previous = row

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


with open(sys.argv[1], "rb") as file:
    length = struct.unpack("<Q", file.read(8))[0]
    header = json.loads(file.read(length))
    data = file.read()

for name, entry in header.items():
    if name == "__metadata__":
        continue
    start, end = entry["data_offsets"]
    values = data[start:end]
    picture, _, kind = name.partition(".")
    if kind == "u8_chw":
        _, height, width = entry["shape"]
        plane = height * width
        rgb = bytes(values[c * plane + i] for i in range(plane) for c in range(3))
        path = f"expected/{picture}.transformed.png"
    elif kind == "decoded_rgb":
        height, width, _ = entry["shape"]
        rgb = values
        path = f"expected/{picture}.decoded.png"
    else:
        continue
    with open(path, "wb") as file:
        file.write(png(width, height, rgb))
