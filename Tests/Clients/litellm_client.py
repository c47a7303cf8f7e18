"""What LiteLLM does with a daemon as an OpenAI-compatible server.

usage: litellm_client.py <address of a daemon with nano>
"""

import asyncio
import base64
import importlib.metadata
import pathlib
import sys

import litellm

litellm.suppress_debug_info = True
server = dict(api_base=sys.argv[1] + "/v1", api_key="none")
scene = (pathlib.Path(__file__).parents[2] / "docs/examples/scene.png").read_bytes()
SCENE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(scene).decode()}}
question = [{"role": "user", "content": [SCENE, {"type": "text", "text": "What color is the star?"}]}]

answer = litellm.completion(model="openai/nano", messages=question, seed=1, max_tokens=10, **server)
assert answer.choices[0].message.content == "yellow", answer
chunks = list(litellm.completion(
    model="openai/nano", messages=question, stream=True, stream_options={"include_usage": True}, **server))
assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "yellow"
whole = litellm.stream_chunk_builder(chunks, messages=question)
assert whole.usage.prompt_tokens == answer.usage.prompt_tokens

same = asyncio.run(litellm.acompletion(model="openai/nano", messages=question, **server))
assert same.choices[0].message.content == "yellow"

drawn = litellm.completion(
    model="openai/nano", messages=[{"role": "user", "content": "a red circle"}], modalities=["image"], seed=1,
    allowed_openai_params=["modalities"], **server)
assert drawn.choices[0].message.images[0]["image_url"]["url"].startswith("data:image/png;base64,"), drawn
picture = litellm.image_generation(model="openai/nano", prompt="a red circle", n=1, **server)
assert base64.b64decode(picture.data[0].b64_json).startswith(b"\x89PNG")

try:
    litellm.completion(model="openai/nano", messages=question, response_format={"type": "json_object"}, **server)
    assert False
except litellm.BadRequestError as error:
    assert "response_format" in str(error)
print(f"litellm {importlib.metadata.version('litellm')}: words, streams, pictures and a refusal")
