"""Uses the client that openapi-python-client makes of the contract: answers and events as types, none as a dictionary.

usage: PYTHONPATH=<folder of interleaved_client> generated_client.py <address of a daemon>
"""

import base64
import json
import pathlib
import sys

import httpx
from interleaved_client import Client
from interleaved_client.api.generation import interleave, score
from interleaved_client.api.information import list_models
from interleaved_client.api.openai import complete_chat, generate_images
from interleaved_client.api.tokens import detokenize, tokenize
from interleaved_client import models, types

address = sys.argv[1]
client = Client(base_url=address, timeout=300)
scene = base64.b64encode((pathlib.Path(__file__).parents[2] / "docs/examples/scene.png").read_bytes()).decode()

served = list_models.sync(client=client).data[0]
assert isinstance(served, models.Model) and served.context_length > 0

words = models.InterleaveRequest(
    input_=[models.ImagePart(image=scene), models.TextPart(text="a photo of")],
    mode="text",
    text=models.TextSettings(max_tokens=8, logprobs=True, top_logprobs=2),
    seed=5,
)
answer = interleave.sync(client=client, body=words)
assert isinstance(answer, models.InterleaveResponse), answer
segment = answer.segments[0]
assert isinstance(segment, models.TextSegment) and segment.text, segment

refused = interleave.sync(client=client, body=models.InterleaveRequest(input_=[]))
assert isinstance(refused, models.Error) and refused.error.param == "input", refused

counted = tokenize.sync(client=client, body=models.TokenizeRequest(input_=words.input_))
assert counted.count == answer.usage.prompt_tokens, (counted, answer.usage)
text = detokenize.sync(client=client, body=models.DetokenizeRequest(tokens=counted.tokens[-2:]))
assert isinstance(text, models.DetokenizeResponse)
scores = score.sync(client=client, body=models.ScoreRequest(input_=words.input_, options=["a star", "a cat"]))
assert isinstance(scores, models.ScoreResponse) and len(scores.scores) == 2

asked = models.InterleaveRequest(input_=[models.ImagePart(image=scene)], template="caption", explain=True)
told = interleave.sync(client=client, body=asked)
assert told.parameters.template == "caption" and len(told.explain.images) == 1, told
asked = models.InterleaveRequest(input_=[models.ImagePart(image=scene)], template="caption", dry_run=True)
forecast = interleave.sync(client=client, body=asked)
assert isinstance(forecast, models.InterleaveForecast) and forecast.prompt_tokens == told.usage.prompt_tokens, forecast
assert {"caption", "question"} <= {template.name for template in served.templates}

message = models.ChatMessage(role=models.ChatMessageRole.USER, content="a small red square at the center on a dark background")
chat = complete_chat.sync(client=client, body=models.ChatRequest(messages=[message], modalities=[models.ChatRequestModalitiesType0Item.IMAGE], seed=1, steps=2))
assert isinstance(chat, models.ChatCompletion) and chat.choices[0].message.images[0].image_url.url, chat
drawn = generate_images.sync(client=client, body=models.ImagesRequest(prompt=message.content, seed=1, steps=2))
assert chat.choices[0].message.images[0].image_url.url.endswith(drawn.data[0].b64_json)

EVENTS = {
    "interleave.created": models.InterleaveCreatedEvent,
    "segment.started": models.SegmentStartedEvent,
    "text.delta": models.TextDeltaEvent,
    "image.progress": models.ImageProgressEvent,
    "image.partial": models.ImagePartialEvent,
    "image.delta": models.ImageDeltaEvent,
    "segment.done": models.SegmentDoneEvent,
    "interleave.completed": models.InterleaveCompletedEvent,
    "error": models.ErrorEvent,
}


def stream(request):
    """The events of a request, each of its own type."""
    headers = {"accept": "text/event-stream"}
    with httpx.stream("POST", address + "/v1/interleave", json=request.to_dict(), headers=headers, timeout=300) as lines:
        for line in lines.iter_lines():
            if line.startswith("data: {"):
                data = json.loads(line.removeprefix("data: "))
                event = EVENTS[data["type"]].from_dict(data)
                assert not event.additional_properties, event
                yield event


told = [event for event in stream(words)]
assert "".join(e.text for e in told if isinstance(e, models.TextDeltaEvent)) == segment.text
logprobs = [t for e in told if isinstance(e, models.TextDeltaEvent) and e.logprobs for t in e.logprobs]
assert [t.logprob for t in logprobs] == [t.logprob for t in segment.logprobs]

picture = models.InterleaveRequest(
    input_=[models.TextPart(text="a large yellow star")],
    mode="image",
    image=models.ImageSettings(steps=2, preview_every=1, delivery="chunks"),
    seed=5,
)
told = [event for event in stream(picture)]
assert any(isinstance(e, models.ImagePartialEvent) for e in told)
file = b"".join(base64.b64decode(e.data) for e in told if isinstance(e, models.ImageDeltaEvent))
done = next(e for e in told if isinstance(e, models.SegmentDoneEvent))
assert file.startswith(b"\x89PNG") and done.segment.byte_count == len(file)
assert isinstance(told[-1], models.InterleaveCompletedEvent) and told[-1].usage.output_images == 1
print(f"{len(EVENTS)} types of events; words and pictures as the plain answers have them")
