"""Conversations that grow, from many clients at once, and what became of each request."""

import base64
import collections
import dataclasses
import http.client
import random
import threading
import time

from attack.client import Client, Surprise
from attack.requests import WORDS, digest, png

TURNS = 4


def has_large_files(number):
    """Every third one brings files of 200 kB, more than HAProxy keeps to send again."""
    return number % 3 == 0


def conversation(number):
    """Its requests one after the other: each has what came before it, and more."""
    random_ = random.Random(f"conversation {number}")
    parts, turns = [], []
    for turn in range(TURNS):
        parts.append({"type": "text", "text": " ".join(random_.choices(WORDS, k=24))})
        if turn % 2 == 0:
            file = png(number * TURNS + turn, side=256, level=0) if has_large_files(number) else png(number * TURNS + turn)
            parts.append({"type": "image", "image": base64.b64encode(file).decode()})
        body = {"input": list(parts), "mode": "text", "text": {"max_tokens": 8, "min_tokens": 4}, "seed": number * TURNS + turn}
        if turn == TURNS - 1:
            body.update(mode="image", image={"steps": 12 if number % 4 else 40})
            del body["text"]
        turns.append(body)
    return turns


@dataclasses.dataclass
class Outcome:
    name: str
    streamed: bool
    began: float
    ended: float
    # 200, another status, or what the end of the connection was.
    status: object
    error: str


class Load:
    """Clients that hold one conversation after the other."""

    def __init__(self, address, conversations, clients, label, references=None, says_affinity=True):
        """Without `references` answers become them. `label` sets requests, and what caches hold, apart from those of other loads."""
        self.address, self.conversations, self.label = address, conversations, label
        self.references = {} if references is None else references
        self.is_judge, self.says_affinity = references is not None, says_affinity
        self.lock, self.next, self.limit = threading.Lock(), 0, None
        self.outcomes, self.problems, self.usage = [], [], collections.Counter()
        self.threads = [threading.Thread(target=self.work) for _ in range(clients)]

    def run(self, passes=1):
        """Holds every conversation, so many times, and waits for the end."""
        self.limit = len(self.conversations) * passes
        self.begin()
        self.join()
        return self

    def begin(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        """Begins no other conversation."""
        with self.lock:
            self.limit = 0

    def join(self):
        for thread in self.threads:
            thread.join()

    def work(self):
        while True:
            with self.lock:
                if self.limit is not None and self.next >= self.limit:
                    return
                index, self.next = self.next, self.next + 1
            for turn in range(TURNS):
                self.ask(index, turn)

    def ask(self, index, turn):
        number = index % len(self.conversations)
        name = f"{self.label}-{index}-{turn}"
        # The same conversation again is another's: nothing of it is in a cache.
        body = dict(self.conversations[number][turn], cache_salt=f"{self.label}-{index}")
        fields = {"X-Session-Affinity": f"{self.label}-{index}"} if self.says_affinity else {}
        client = Client(self.address, name, 300, self.address.tenant_of(f"{index}"), fields)
        streamed = random.Random(name).random() < 0.5
        began, error, answer = time.monotonic(), "", {}
        try:
            status, answer = (client.stream if streamed else client.plain)("/v1/interleave", body)[:2]
            if status != 200:
                error = str(answer.get("error"))
        except (Surprise, OSError, http.client.HTTPException, ValueError) as cut:
            status, error = "cut", f"{type(cut).__name__}: {cut}"
        with self.lock:
            self.outcomes.append(Outcome(name, streamed, began, time.monotonic(), status, error))
            if status == 200:
                self.settle(name, (number, turn), answer)

    def settle(self, name, kind, answer):
        said = digest(answer)
        if self.is_judge and self.references.get(kind) != said:
            self.problems.append(f"{name} answers differently from a daemon alone")
        self.references.setdefault(kind, said)
        for field in ("prompt_tokens", "cached_tokens", "input_images", "encoded_images"):
            self.usage[field] += answer["usage"][field]

    def hit_rate(self):
        """Share of the prompts' positions that caches had."""
        return self.usage["cached_tokens"] / max(1, self.usage["prompt_tokens"])

    def failed(self):
        return [outcome for outcome in self.outcomes if outcome.status != 200]
