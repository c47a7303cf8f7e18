"""Two tenants beside a third that attacks: what they get, and how long it takes, is what they get without it."""

import collections
import http.client
import json
import multiprocessing
import os
import random
import secrets
import ssl
import threading
import time

from .client import Client
from .requests import WORDS, digest

# Most requests that the attacker may have at once, as an operator would limit a key.
ATTACKER_LIMITS = ["--running", "2", "--requests-per-minute", "6000"]


def document(tenant, index):
    """Words, and now and then a picture; another for each tenant, and the same each time."""
    text = " ".join(random.Random(f"{tenant} {index}").choices(WORDS, k=12))
    body = {"input": [{"type": "text", "text": text}], "mode": "text", "text": {"max_tokens": 4}, "seed": index}
    if index % 8 == 0:
        body.update(mode="image", image={"steps": 2})
        del body["text"]
    return body


class Tenant(threading.Thread):
    """A tenant that asks one thing after the other."""

    def __init__(self, run, name, count):
        super().__init__()
        self.run_, self.name_, self.count = run, name, count
        self.times, self.answers = [], []

    def run(self):
        for index in range(self.count):
            started = time.monotonic()
            client = Client(self.run_.address, f"{self.name_}-{index}", self.run_.arguments.patience, self.name_)
            try:
                status, answer, _ = client.plain("/v1/interleave", document(self.name_, index))
            except Exception as error:
                status, answer = type(error).__name__, error
            self.times.append(time.monotonic() - started)
            if status != 200:
                self.run_.problem(f"{self.name_}'s request {index}: {status} {answer}")
            self.answers.append(digest(answer) if status == 200 else None)


class Attacker:
    """Everything at once that somebody with a key, and without one, can send.

    A process of its own, which waits for the daemon and the tenants where all want the processors: what is judged is what the
    attack has the daemon do, and not that its own arithmetic takes place on the same machine.
    """

    def __init__(self, run):
        self.run, self.seen = run, collections.Counter()
        context = multiprocessing.get_context("fork")
        self.is_over, self.results = context.Event(), context.SimpleQueue()
        self.process = context.Process(target=self.attack)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.process.join()
        if self.results.empty():
            return self.run.problem("the attacker ended by itself")
        self.seen, problems = self.results.get()
        for problem in problems:
            self.run.problem(problem)

    def attack(self):
        """What the process does."""
        os.nice(10)
        self.problems = []
        threads = [threading.Thread(target=self.loop, args=(attack, allowed)) for attack, allowed in [
            (self.flood, {200, 429, 503}), (self.flood, {200, 429, 503}), (self.flood, {200, 429, 503}),
            (self.draw, {200, 429, 503}), (self.guess_key, {401}), (self.guess_key, {401}),
            (self.huge_body, {400, 413, 429, 503}), (self.huge_body_without_key, {401}),
            (self.end_others, {404, 429}), (self.look, {200, 429}), (self.look_inside, {403, 429}),
        ]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.results.put((self.seen, self.problems))

    def loop(self, attack, allowed):
        random_ = random.Random(attack.__name__)
        while not self.is_over.is_set():
            try:
                status = attack(random_)
            except (ConnectionError, http.client.HTTPException, TimeoutError, ssl.SSLEOFError):
                # Refused before all of it was sent.
                status = "cut"
            except Exception as error:
                return self.problems.append(f"the attacker's {attack.__name__}: {type(error).__name__}: {error}")
            self.seen[attack.__name__, status] += 1
            if status not in allowed | {"cut"}:
                self.problems.append(f"the attacker's {attack.__name__} gave {status}")
            time.sleep(0.1)

    def ask(self, method, path, body=None, key=None, reads=False):
        connection = self.run.address.http(self.run.arguments.patience)
        key = self.run.address.keys["mallory"] if key is None else key
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            data = response.read()
            return (response.status, data) if reads else response.status
        finally:
            connection.close()

    def flood(self, random_):
        text = " ".join(random_.choices(WORDS, k=40))
        body = {"input": [{"type": "text", "text": text}], "mode": "text", "text": {"max_tokens": 32}, "priority": "high"}
        return self.ask("POST", "/v1/interleave", json.dumps(body))

    def draw(self, random_):
        body = {"input": [{"type": "text", "text": "a"}], "mode": "image", "image": {"steps": 4, "n": 2}, "priority": "high"}
        return self.ask("POST", "/v1/interleave", json.dumps(body))

    def guess_key(self, random_):
        return self.ask("POST", "/v1/interleave", "{}", key="ilv_" + secrets.token_hex(32))

    def huge_body(self, random_):
        return self.ask("POST", "/v1/interleave", b"[" * random_.choice([1 << 20, 8 << 20, 65 << 20]))

    def huge_body_without_key(self, random_):
        return self.ask("POST", "/v1/interleave", b" " * (8 << 20), key="")

    def end_others(self, random_):
        return self.ask("DELETE", f"/v1/interleave/{random_.choice(['alice', 'bob'])}-{random_.randrange(200)}")

    def look(self, random_):
        status, data = self.ask("GET", "/v1/engine", reads=True)
        if status == 200:
            engine = json.loads(data)
            for request in engine["running"] + engine["waiting"]:
                if request["tenant"] != "mallory":
                    self.problems.append(f"the attacker sees a request of {request['tenant']}")
        return status

    def look_inside(self, random_):
        return self.ask("GET", "/metrics")


def judge_tenants(run):
    """Compares the tenants' answers and times without and with the attacker."""
    count = run.arguments.small

    def ask():
        tenants = [Tenant(run, name, count) for name in ("alice", "bob")]
        for tenant in tenants:
            tenant.start()
        for tenant in tenants:
            tenant.join()
        times = sorted(time for tenant in tenants for time in tenant.times)
        return [tenant.answers for tenant in tenants], times[min(len(times) - 1, len(times) * 99 // 100)]

    ask()
    answers, alone = ask()
    with Attacker(run) as attacker:
        time.sleep(0.5)
        attacked, beside = ask()
    if attacked != answers:
        run.problem("answers to tenants beside an attacker are others than without it")
    limit = 2 * alone + 0.1
    if beside > limit:
        run.problem(f"tenants' requests take {beside * 1000:.0f} ms beside an attacker, at most {limit * 1000:.0f} ms may be")
    return alone, beside, attacker.seen
