"""Requests, good and bad, and what their answers say."""

import base64
import hashlib
import json
import random
import struct
import zlib


WORDS = "a the red green blue small large circle square star left right above below moves now light dark".split()


def png(seed, side=48, level=-1):
    """A picture of random stripes; at level 0 its file is as large as its pixels."""
    random_ = random.Random(seed)
    row = b"\0" + bytes(random_.randrange(256) for _ in range(side * 3))
    chunk = lambda kind, data: (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * side, level))
            + chunk(b"IEND", b""))


def bomb(seed, side=6300):
    """A picture of one colour but for a pixel: a file of some kilobytes, many megabytes of pixels."""
    random_ = random.Random(seed)
    chunk = lambda kind, data: (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    pack = zlib.compressobj(9)
    first = bytearray(side * 3 + 1)
    first[1 + random_.randrange(side * 3)] = random_.randrange(1, 256)
    rows = pack.compress(bytes(first))
    rest = bytes(100 * (side * 3 + 1))
    for _ in range(side // 100 - 1):
        rows += pack.compress(rest)
    rows += pack.compress(bytes((99 + side % 100) * (side * 3 + 1))) + pack.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bombing(seed, pictures=1):
    """A request of such pictures."""
    parts = [{"type": "image", "image": base64.b64encode(bomb(seed * 10 + index)).decode()} for index in range(pictures)]
    return {"input": parts, "mode": "text", "text": {"max_tokens": 1}, "seed": seed}


def catalogue(seed, count):
    """Different requests, each a path and a document; few enough that all can be run alone."""
    random_ = random.Random(seed)
    pictures = [base64.b64encode(png(seed * 100 + index)).decode() for index in range(6)]
    # Beginnings that requests share, as those of an application would.
    prefixes = [" ".join(random_.choices(WORDS, k=24)) for _ in range(3)]
    text = lambda words: {"type": "text", "text": words}
    image = lambda: {"type": "image", "image": random_.choice(pictures)}
    requests = []
    for index in range(count):
        parts = [text(random_.choice(prefixes))] if random_.random() < 0.4 else []
        for _ in range(random_.randint(1, 3)):
            parts.append(image() if random_.random() < 0.4 else text(" ".join(random_.choices(WORDS, k=random_.randint(1, 12)))))
        steps = random_.randint(1, 5)
        body = {"input": parts, "seed": index, "priority": random_.choice(["low", "normal", "normal", "high"])}
        kind = random_.choices(["text", "beams", "several", "likely", "image", "interleave", "score"],
                               [6, 2, 2, 2, 4, 4, 3])[0]
        words = {"max_tokens": random_.randint(1, 24)}
        words["min_tokens"] = random_.randint(0, words["max_tokens"])
        if kind == "score":
            options = [" ".join(random_.choices(WORDS, k=random_.randint(1, 4))) for _ in range(random_.randint(1, 4))]
            requests.append(("/v1/score", {"input": parts, "options": options}))
            continue
        if kind in ("text", "beams", "several", "likely"):
            body["mode"] = "text"
            if kind == "beams":
                words["num_beams"] = random_.randint(2, 4)
                words["n"] = random_.randint(1, words["num_beams"])
            if kind == "several":
                words["n"] = random_.randint(2, 3)
            if kind == "likely":
                words.update(temperature=0, logprobs=True, top_logprobs=2)
            body["text"] = words
        else:
            body["mode"] = kind
            body["image"] = {"steps": steps, "scheduler": random_.choice(["ddpm", "ddim", "euler"]),
                             "guidance_scale": random_.choice([1, 3])}
            if kind == "image":
                body["image"].update(n=random_.randint(1, 2), format=random_.choice(["png", "jpeg", "webp"]))
            else:
                body.update(max_segments=random_.randint(1, 3), text=words)
                if random_.random() < 0.7:
                    body["force"] = random_.choice(["image", "text"])
                if body["max_segments"] == 1 and "force" in body:
                    # What has no say in the only segment is refused.
                    del body["text" if body["force"] == "image" else "image"]
        requests.append(("/v1/interleave", body))
    return requests


def malformed(random_):
    """A document that is refused with 400, whatever the model."""
    return random_.choice([
        b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe", b'{"input":[]}', b'{"input":[{"type":"video"}]}',
        b'{"input":[{"type":"text","text":"a"}],"colour":1}', b'{"input":[{"type":"text","text":"a"}],"seed":-1}',
        b'{"input":[{"type":"text","text":"a"}],"priority":"urgent"}', b'{"input":' + b"[" * 2000,
        b'{"input":[{"type":"text","text":"a"}],"text":{"top_p":2}}', b'{"input":[{"type":"image","image":"*"}]}',
    ])


def digest(document):
    """A name for what an answer says: words, files, numbers; nothing of when it was made."""
    if document.get("object") == "score":
        content = document["scores"]
    else:
        content = document["segments"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def whole(segment, chances):
    """A segment of a stream as a plain answer has it, with the log-probabilities that its deltas told."""
    if segment["type"] == "text":
        for number, text in enumerate(segment.get("texts", [segment])):
            told = chances.get((segment["index"], number))
            if told:
                text["logprobs"] = told
    return segment
