"""What OpenAI's own Python client does with a daemon: plain, async, streamed, with retries, and cancelled.

usage: openai_client.py <address of a daemon with nano> <address of another, of which one request at a time is taken>
"""

import asyncio
import base64
import hashlib
import io
import json
import pathlib
import sys
import threading
import time
import urllib.request

import openai

address, narrow = sys.argv[1:]
client = openai.OpenAI(base_url=address + "/v1", api_key="none", timeout=120, max_retries=0)
patient = openai.OpenAI(base_url=narrow + "/v1", api_key="none", timeout=120, max_retries=20)
hasty = patient.with_options(max_retries=0)
scene = (pathlib.Path(__file__).parents[2] / "docs/examples/scene.png").read_bytes()
SCENE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(scene).decode()}}


def user(*parts):
    return {"role": "user", "content": [{"type": "text", "text": p} if isinstance(p, str) else p for p in parts]}


def get(base, path):
    with urllib.request.urlopen(base + path, timeout=10) as response:
        return json.load(response)


def running(base):
    state = get(base, "/v1/engine")
    return state["running_count"] + state["waiting_count"]


def eventually(condition, what):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def models():
    served = client.models.list().data
    assert [model.id for model in served] == ["nano"] and served[0].owned_by == "interleaved"
    assert client.models.retrieve("nano").object == "model"
    try:
        client.models.retrieve("gpt-5")
        assert False
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"


def words():
    answer = client.chat.completions.create(model="nano", messages=[user(SCENE, "What color is the star?")])
    assert answer.choices[0].message.content == "yellow", answer
    assert answer.choices[0].finish_reason == "stop" and answer.usage.completion_tokens > 0
    # A question without a picture is about the one before.
    messages = [user(SCENE, "What color is the star?"), answer.choices[0].message, user("Where is the square?")]
    answer = client.chat.completions.create(model="nano", messages=messages)
    assert answer.choices[0].message.content == "bottom right", answer
    caption = client.chat.completions.create(model="nano", messages=[user(SCENE)], logprobs=True, top_logprobs=2)
    tokens = caption.choices[0].logprobs.content
    assert "".join(t.token for t in tokens).strip() == caption.choices[0].message.content
    assert all(len(t.top_logprobs) == 2 and t.logprob <= 0 for t in tokens)
    box = client.chat.completions.create(
        model="nano", messages=[user(SCENE, "the star")], extra_body={"template": "box"})
    assert box.choices[0].message.content.endswith("</box>"), box
    several = client.chat.completions.create(
        model="nano", messages=[user(SCENE)], n=3, temperature=1, seed=1, stop=["star"], max_completion_tokens=12)
    assert len(several.choices) == 3 and all("star" not in c.message.content for c in several.choices)
    return caption.choices[0].message.content


def streamed(caption):
    chunks = list(client.chat.completions.create(
        model="nano", messages=[user(SCENE)], stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == caption and chunks[-1].usage.total_tokens > 0 and not chunks[-1].choices
    with client.chat.completions.stream(model="nano", messages=[user(SCENE)]) as stream:
        for event in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content == caption


def pictures_of_chat():
    words = "a small red square at the center on a dark background"
    answer = client.chat.completions.create(
        model="nano", messages=[user(words)], modalities=["text", "image"], seed=1, extra_body={"template": "picture"})
    image = answer.choices[0].message.images[0]
    drawn = base64.b64decode(image["image_url"]["url"].partition(",")[2])
    assert drawn.startswith(b"\x89PNG")
    # The answer goes back as it came, and is changed.
    messages = [user(words), answer.choices[0].message.model_dump(exclude_none=True), user("now the square is green")]
    edited = client.chat.completions.create(model="nano", messages=messages, modalities=["image"], seed=1)
    caption = client.chat.completions.create(
        model="nano", messages=[user({"type": "image_url", "image_url": edited.choices[0].message.images[0]["image_url"]})])
    assert "green square at the center" in caption.choices[0].message.content, caption
    return drawn


def images(drawn):
    words = "a small red square at the center on a dark background"
    answer = client.images.generate(model="nano", prompt=words, n=2, size="64x64", extra_body={"seed": 1})
    assert base64.b64decode(answer.data[0].b64_json) == drawn and len(answer.data) == 2
    assert answer.usage.input_tokens > 0 and answer.output_format == "png"
    events = list(client.images.generate(model="nano", prompt=words, stream=True, partial_images=2, extra_body={"seed": 1}))
    assert [e.type.rpartition(".")[2] for e in events] == ["partial_image"] * 2 + ["completed"], events
    assert base64.b64decode(events[-1].b64_json) == drawn
    # Through a form, as the client sends files.
    edits = [client.images.edit(model="nano", image=file, prompt="now the star is green", extra_body={"seed": 1})
             for file in (io.BytesIO(scene), ("scene.png", scene, "image/png"), [io.BytesIO(scene)])]
    assert len({edit.data[0].b64_json for edit in edits}) == 1
    events = list(client.images.edit(model="nano", image=io.BytesIO(scene), prompt="now the star is green", stream=True))
    assert events[-1].type == "image_edit.completed"


def refusals():
    asked = [
        ("tools", dict(tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}])),
        ("response_format.type", dict(response_format={"type": "json_object"})),
        ("frequency_penalty", dict(frequency_penalty=1)),
    ]
    for field, arguments in asked:
        try:
            client.chat.completions.create(model="nano", messages=[user("a")], **arguments)
            assert False, field
        except openai.BadRequestError as error:
            assert error.param == field and error.code == "unsupported_parameter", error
    try:
        client.images.generate(model="nano", prompt="a", size="1024x1024")
        assert False
    except openai.BadRequestError as error:
        assert error.param == "size"
    raw = client.chat.completions.with_raw_response.create(model="nano", messages=[user("a")], max_tokens=1)
    assert raw.headers["x-ratelimit-limit-requests"].isdigit() and raw.headers["x-request-id"]


async def at_once():
    async with openai.AsyncOpenAI(base_url=address + "/v1", api_key="none", timeout=120) as other:
        questions = ["What color is the star?", "What size is the star?", "How many objects are there?"]
        asked = [other.chat.completions.create(model="nano", messages=[user(SCENE, q)]) for q in questions]
        answers = [answer.choices[0].message.content for answer in await asyncio.gather(*asked)]
        assert answers == ["yellow", "large", "two"], answers
        stream = await other.chat.completions.create(model="nano", messages=[user(SCENE)], stream=True)
        return "".join([c.choices[0].delta.content or "" async for c in stream])


async def left():
    """A task that is cancelled, and a stream that is closed, end what is computed."""
    long = dict(model="nano", messages=[user("a star")], modalities=["image"], extra_body={"steps": 900})
    async with openai.AsyncOpenAI(base_url=address + "/v1", api_key="none", max_retries=0) as other:
        task = asyncio.create_task(other.chat.completions.create(**long))
        await asyncio.to_thread(eventually, lambda: running(address) == 1, "it runs")
        task.cancel()
        await asyncio.to_thread(eventually, lambda: running(address) == 0, "it ends with its task")
        stream = await other.chat.completions.create(**long, stream=True)
        await asyncio.to_thread(eventually, lambda: running(address) == 1, "it runs")
        await stream.close()
        await asyncio.to_thread(eventually, lambda: running(address) == 0, "it ends with its stream")


def retried():
    """A full queue is 429 with a time to come again, which the client waits for; a cancelled request is not tried again."""
    long = dict(model="nano", prompt="a star", extra_body={"steps": 400})
    failures = []

    def run():
        try:
            hasty.images.generate(**long)
        except openai.APIStatusError as error:
            failures.append(error)

    first = threading.Thread(target=run)
    first.start()
    eventually(lambda: get(narrow, "/v1/engine")["running"], "it runs")
    try:
        hasty.chat.completions.create(model="nano", messages=[user("a")], max_tokens=1)
        assert False
    except openai.RateLimitError as error:
        assert error.code == "queue_full" and float(error.response.headers["retry-after-ms"]) > 0
        assert error.response.headers["x-ratelimit-remaining-requests"] == "0"
    identifier = get(narrow, "/v1/engine")["running"][0]["id"]
    ending = threading.Timer(1, lambda: urllib.request.urlopen(urllib.request.Request(
        f"{narrow}/v1/interleave/{identifier}", method="DELETE")))
    ending.start()
    # Refused as long as the first runs, and tried again until it is gone.
    answer = patient.chat.completions.create(model="nano", messages=[user(SCENE)])
    assert answer.choices[0].message.content
    first.join()
    assert [error.status_code for error in failures] == [499], failures


models()
caption = words()
streamed(caption)
drawn = pictures_of_chat()
images(drawn)
refusals()
assert asyncio.run(at_once()) == caption
asyncio.run(left())
retried()
print(f"openai {openai.__version__}: \"{caption}\", a picture with SHA-256 {hashlib.sha256(drawn).hexdigest()[:12]}...")
