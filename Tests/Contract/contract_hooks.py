"""What schemathesis needs to know beside the schemas, so that most of the requests that it makes are answered.

A schema says what each field may be. It cannot say that a picture is one, which fields have no say beside which others, or that
a thousand denoising steps take their time. Requests that shall be refused are left as they are.
"""

import base64
import copy
import struct
import zlib

import schemathesis
from hypothesis import strategies as st

PICTURE_FIELDS = ("steps", "guidance_scale", "scheduler", "output_format")
TEXT_FIELDS = (
    "max_completion_tokens", "max_tokens", "min_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty",
    "num_beams", "length_penalty", "stop", "logprobs", "top_logprobs",
)
SAMPLING = ("temperature", "top_p", "top_k", "min_p")


def png(width, height, colour):
    """A picture of one colour as a file."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


byte = st.integers(0, 255)
side = st.integers(1, 80)
files = st.builds(png, side, side, st.tuples(byte, byte, byte))
texts = files.map(lambda file: base64.b64encode(file).decode())
schemathesis.openapi.format("picture", texts | texts.map(lambda text: f"data:image/png;base64,{text}"))
schemathesis.openapi.format("binary", files)


def drop(document, *names):
    for name in names:
        document.pop(name, None)


def at_most(document, **limits):
    """Bounds what takes long."""
    for name, limit in limits.items():
        value = document.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > limit:
            document[name] = limit


def fit_words(words, tokens="max_tokens"):
    """Fields about words that agree with each other."""
    at_most(words, **{tokens: 64}, num_beams=4, n=2)
    if (words.get("num_beams") or 1) > 1:
        drop(words, "logprobs", "top_logprobs", *SAMPLING)
        at_most(words, n=words["num_beams"])
    else:
        drop(words, "length_penalty")
    if words.get("logprobs") is not True:
        drop(words, "top_logprobs")
    at_most(words, min_tokens=words.get(tokens) or 6)


def fit_interleave(body):
    # What a template takes is told by the model, not by the schema.
    drop(body, "template")
    mode = body.get("mode") or "interleave"
    if mode == "text":
        drop(body, "image")
    if mode == "image":
        drop(body, "text")
    if mode != "interleave":
        drop(body, "force", "max_segments")
    at_most(body, max_segments=3)
    if body.get("background"):
        drop(body, "stream", "dry_run")
    if body.get("dry_run"):
        drop(body, "stream", "explain")
    words, image = body.get("text") or {}, body.get("image") or {}
    fit_words(words)
    if mode != "text":
        drop(words, "n")
    if body.get("max_segments") == 1:
        drop(body, "force")
    at_most(image, steps=20, n=2)
    if not body.get("stream"):
        drop(image, "preview_every", "delivery")
    at_most(image, preview_every=image.get("steps") or 20)


def fit_chat(body):
    drop(body, "template")
    if body.get("max_completion_tokens") is not None:
        drop(body, "max_tokens")
    modalities = body.get("modalities") or ["text"]
    if "image" not in modalities:
        drop(body, *PICTURE_FIELDS)
    else:
        drop(body, *TEXT_FIELDS)
        if "text" in modalities:
            drop(body, "n")
    if not body.get("stream"):
        drop(body, "stream_options")
    at_most(body, steps=20)
    fit_words(body, "max_tokens" if body.get("max_tokens") is not None else "max_completion_tokens")
    for message in body.get("messages", []):
        if message.get("role") != "assistant":
            drop(message, "images", "refusal", "audio", "function_call", "tool_calls", "annotations")
            if message.get("content") is None:
                message["content"] = "a red circle"
    body.setdefault("messages", []).append({"role": "user", "content": "a red circle"})


def fit_images(body):
    drop(body, "template")
    if isinstance(body.get("size"), str):
        body["size"] = "auto"
    if not body.get("stream"):
        drop(body, "partial_images")
    at_most(body, steps=20, n=2)
    if "image" in body and body["image"] is not None:
        drop(body, "images")


FIT = {
    "/v1/interleave": fit_interleave,
    "/v1/chat/completions": fit_chat,
    "/v1/images/generations": fit_images,
    "/v1/images/edits": fit_images,
}


@schemathesis.hook
def map_case(context, case):
    is_meant = case.meta is None or case.meta.generation.mode.is_positive
    if not is_meant or not isinstance(case.body, dict):
        return case
    body = copy.deepcopy(case.body)
    # One model is served.
    drop(body, "model")
    FIT.get(case.operation.path, lambda body: None)(body)
    case.body = body
    return case
