"""A backend that passes answers on to browsers as they come, with FastAPI and httpx.

A browser that goes away ends the daemon's computation: the server closes the generator, that closes the connection to the
daemon, and the daemon cancels the request.

    uvicorn fastapi_backend:app --port 8000                      # with DAEMON=http://localhost:8080
    curl -N localhost:8000/story -H 'content-type: application/json' -d '{"words": "a small red square at the center on a dark background"}'
"""

import os
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

DAEMON = os.environ.get("DAEMON", "http://localhost:8080")


@asynccontextmanager
async def lifespan(app):
    # Long silences are normal: the daemon sends a comment every few seconds.
    async with httpx.AsyncClient(base_url=DAEMON, timeout=httpx.Timeout(10, read=60)) as client:
        app.state.daemon = client
        yield


app = FastAPI(lifespan=lifespan)


class Story(BaseModel):
    words: str = Field(min_length=1, max_length=500)
    seed: int | None = None


@app.post("/story")
async def story(story: Story, request: Request):
    document = {"template": "story", "input": [{"type": "text", "text": story.words}], "stream": True}
    if story.seed is not None:
        document["seed"] = story.seed
    # One name for the request in both logs.
    headers = {"x-request-id": request.headers.get("x-request-id", "")} if "x-request-id" in request.headers else {}
    daemon = request.app.state.daemon
    sent = daemon.build_request("POST", "/v1/interleave", json=document, headers=headers)
    answer = await daemon.send(sent, stream=True)
    if answer.status_code != 200:
        body = await answer.aread()
        retry = {k: v for k, v in answer.headers.items() if k == "retry-after"}
        return JSONResponse(httpx.Response(answer.status_code, content=body).json(), answer.status_code, headers=retry)

    async def events():
        try:
            async for piece in answer.aiter_raw():
                yield piece
        finally:
            await answer.aclose()

    return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})
