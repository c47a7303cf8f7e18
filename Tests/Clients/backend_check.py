"""A browser in front of a backend of the examples: it gets the events as they come, and its leaving ends the computation.

usage: backend_check.py <address of the backend> <address of the daemon behind it>
"""

import json
import sys
import time

import httpx

backend, daemon = sys.argv[1:]
words = {"words": "a small red square at the center on a dark background", "seed": 3}


def running():
    state = httpx.get(daemon + "/v1/engine").json()
    return state["running_count"] + state["waiting_count"]


def eventually(count):
    deadline = time.monotonic() + 20
    while running() != count:
        assert time.monotonic() < deadline, f"{running()} requests are there, {count} are expected"
        time.sleep(0.02)


arrivals = []
with httpx.stream("POST", backend + "/story", json=words, timeout=60) as answer:
    assert answer.headers["content-type"].startswith("text/event-stream")
    for line in answer.iter_lines():
        if line.startswith("data: {"):
            arrivals.append((time.monotonic(), json.loads(line[6:])))
kinds = [event["segment"]["type"] for _, event in arrivals if event["type"] == "segment.done"]
assert arrivals[-1][1]["type"] == "interleave.completed" and arrivals[-1][0] - arrivals[0][0] > 0.1
print("passed on:", ", ".join(kinds))

with httpx.stream("POST", backend + "/story", json=words, timeout=60) as answer:
    for line in answer.iter_lines():
        if "image.progress" in line:
            break
eventually(0)
print("left: nothing is computed any more")
