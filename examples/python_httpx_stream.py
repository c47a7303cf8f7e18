"""Follows two pictures as they come, side by side, and ends a third early, with httpx and asyncio.

usage: python_httpx_stream.py [ADDRESS]
"""

import asyncio
import base64
import json
import sys

import httpx

base = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


async def events(client, document):
    """The events of an answer; leaving the loop ends the request."""
    async with client.stream("POST", "/v1/interleave", json={**document, "stream": True}) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                yield json.loads(line.removeprefix("data: "))


async def draw(client, words):
    document = {"template": "picture", "input": [{"type": "text", "text": words}], "seed": 1,
                "image": {"preview_every": 8}}
    previews = 0
    async for event in events(client, document):
        if event["type"] == "image.partial":
            previews += 1
        elif event["type"] == "error":
            raise RuntimeError(event["error"]["message"])
        elif event["type"] == "segment.done":
            file = base64.b64decode(event["segment"]["image"].partition(",")[2])
            kind = file[1:4].decode()
            return f"{words}: {previews} previews, then a {kind} of {event['segment']['width']} pixels"


async def leave(client):
    document = {"input": [{"type": "text", "text": "a star"}], "mode": "image", "image": {"steps": 900}}
    async for event in events(client, document):
        if event["type"] == "image.progress" and event["step"] == 3:
            return f"left after step {event['step']} of {event['steps']}"


async def main():
    async with httpx.AsyncClient(base_url=base, timeout=120) as client:
        for line in await asyncio.gather(draw(client, "a red circle"), draw(client, "a blue star"), leave(client)):
            print(line)


asyncio.run(main())
