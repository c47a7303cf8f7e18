"""Many clients at once, and what must hold afterwards."""

import base64
import collections
import json
import random
import statistics
import sys
import threading
import time

from .client import Client, get, metrics
from .handshakes import HANDSHAKES, shake
from .requests import WORDS, bombing, catalogue, digest, malformed, png


# What a client may do with a good request, and how often.
BEHAVIOURS = {
    "plain": 30, "stream": 25, "slow": 5, "leave": 12, "leave-early": 4, "delete": 8, "delete-plain": 4,
    "timeout": 5, "malformed": 4, "unreadable": 2, "oversized": 1, "stalled-body": 1, "byte-by-byte": 1,
    "half-close": 2, "half-close-plain": 2, "bomb": 0.1,
}


class Run:
    def __init__(self, address, arguments):
        self.address, self.arguments = address, arguments
        self.requests = catalogue(arguments.seed, arguments.distinct)
        self.behaviours = BEHAVIOURS | HANDSHAKES if address.context else BEHAVIOURS
        self.lock = threading.Lock()
        self.outcomes = collections.Counter()
        self.digests = collections.defaultdict(set)
        self.problems = []
        self.resident = []
        self.next = 0

    def problem(self, text):
        with self.lock:
            self.problems.append(text)

    def count(self, *outcome):
        with self.lock:
            self.outcomes[" ".join(str(part) for part in outcome)] += 1

    def take(self):
        with self.lock:
            if self.next == self.arguments.count:
                return None
            self.next += 1
            return self.next - 1

    def work(self):
        while (index := self.take()) is not None:
            self.attempt(index)
            if index % max(1, self.arguments.count // 200) == 0:
                self.sample(index)

    def attempt(self, index):
        """What a client does with a request is chosen by its number."""
        random_ = random.Random(self.arguments.seed << 32 | index)
        behaviour = random_.choices(list(self.behaviours), self.behaviours.values())[0]
        try:
            self.one(index, behaviour, random_)
        except Exception as error:  # every fault of a client is a finding
            self.problem(f"request {index} ({behaviour}): {type(error).__name__}: {error}")

    def sample(self, index):
        value = metrics(self.address)["process_resident_memory_bytes"]
        # Caches fill up to their budgets, which may take thousands of requests.
        pools = json.loads(get(self.address, "/v1/engine"))["pools"]
        value -= sum(pool["used_bytes"] + pool["cached_bytes"] for pool in pools)
        with self.lock:
            self.resident.append((index, value))
            ended = sum(self.outcomes.values())
        line = f"{ended}/{self.arguments.count} ended, {value / 1e6:.0f} MB, {len(self.problems)} problems"
        if sys.stderr.isatty():
            print(f"\r{line} ", end="", file=sys.stderr)
        elif index % max(1, self.arguments.count // 10) == 0:
            print(line, file=sys.stderr)

    def settle(self, index, behaviour, number, answer):
        """Judges an answer to a good request."""
        status, document = answer[:2]
        if status == 200:
            self.count(behaviour, "completed")
            with self.lock:
                self.digests[number].add(digest(document))
        elif status in (429, 503) and document["error"]["code"] in ("queue_full", "draining"):
            self.count(behaviour, "refused")
            time.sleep(random.Random(index).random() * 0.2)
        else:
            code = document["error"]["code"]
            self.count(behaviour, code)
            expected = {"timeout": {"deadline_exceeded", "deadline_unreachable"}, "delete": {"cancelled"}, "delete-plain": {"cancelled"}}
            if code not in expected.get(behaviour, set()):
                self.problem(f"request {index} ({behaviour}) of kind {number}: {status} {document['error']}")

    def one(self, index, behaviour, random_):
        client = Client(self.address, f"chaos-{self.arguments.seed}-{index}", self.arguments.patience)
        number = random_.randrange(len(self.requests))
        path, body = self.requests[number]
        # Scores have no stream and no id before their answer.
        if path == "/v1/score" and behaviour in ("stream", "slow", "leave", "delete", "delete-plain"):
            behaviour = "plain" if behaviour != "leave" else "leave-early"
        if behaviour == "plain":
            self.settle(index, behaviour, number, client.plain(path, body))
        elif behaviour in ("stream", "slow"):
            self.settle(index, behaviour, number, client.stream(path, body, slow=behaviour == "slow"))
        elif behaviour == "timeout":
            limited = dict(body, timeout_ms=random_.choice([1, 2, 5, 20, 50]))
            self.settle(index, behaviour, number, client.plain(path, limited))
        elif behaviour == "leave":
            left = client.stream(path, body, until=random_.randint(1, 6), then=lambda _: True)
            if left is None:
                self.count(behaviour, "left")
            else:
                self.settle(index, behaviour, number, left)
        elif behaviour == "leave-early":
            connection = client.connection()
            client.send(connection, path, body)
            time.sleep(random_.random() * 0.1)
            connection.close()
            self.count(behaviour, "left")
        elif behaviour == "delete":
            statuses = []
            answer = client.stream(path, body, until=random_.randint(1, 4),
                                   then=lambda name: statuses.append(client.delete(name)))
            if statuses and statuses[0] not in (200, 404):
                self.problem(f"request {index}: DELETE gave {statuses[0]}")
            self.settle(index, behaviour, number, answer)
        elif behaviour == "delete-plain":
            timer = threading.Timer(random_.random() * 0.2, lambda: client.delete(client.name))
            timer.start()
            try:
                self.settle(index, behaviour, number, client.plain(path, body))
            finally:
                timer.join()
        elif behaviour == "malformed":
            self.expect(index, behaviour, client.plain("/v1/interleave", malformed(random_)), 400)
        elif behaviour == "unreadable":
            file = png(index)
            broken = base64.b64encode(file[:random_.randint(1, len(file) - 20)]).decode()
            part = {"type": "image", "image": broken}
            answer = client.plain("/v1/interleave", {"input": [part], "mode": "text"})
            if answer[0] in (429, 503):
                self.count(behaviour, "refused")
            else:
                self.expect(index, behaviour, answer, 422)
        elif behaviour == "stalled-body":
            with self.address.raw(self.arguments.patience) as raw:
                raw.sendall(self.head("/v1/interleave", 100_000) + b" " * random_.randrange(100_000))
                self.expect(index, behaviour, self.status(raw), 408)
        elif behaviour == "byte-by-byte":
            with self.address.raw(self.arguments.patience) as raw:
                data = json.dumps(dict(body, stream=True) if path == "/v1/interleave" else body).encode()
                raw.sendall(self.head(path, len(data)) + data)
                for _ in range(40):
                    if not raw.recv(1):
                        break
                    time.sleep(0.01)
            self.count(behaviour, "left")
        elif behaviour in ("half-close", "half-close-plain"):
            if behaviour == "half-close-plain":
                path, body = "/v1/tokenize", {"text": " ".join(random_.choices(WORDS, k=9))}
            with self.address.raw(self.arguments.patience) as raw:
                data = json.dumps(body).encode()
                raw.sendall(self.head(path, len(data)) + data)
                self.address.half_close(raw)
                if behaviour == "half-close-plain":
                    self.expect(index, behaviour, self.status(raw), 200)
                else:
                    # What is computed is cancelled; a refusal may have come first.
                    answer = raw.recv(4096)
                    self.count(behaviour, "left")
                    if answer and answer.split(b" ")[1] not in (b"429", b"503"):
                        self.problem(f"request {index}: an answer to a client that had left: {answer[:80]}")
        elif behaviour in HANDSHAKES:
            wrong = shake(self.address, behaviour, random_, self.arguments.patience)
            self.count(behaviour, "as expected" if wrong is None else "surprise")
            if wrong:
                self.problem(f"request {index} ({behaviour}): {wrong}")
        elif behaviour == "bomb":
            status, document, _ = client.plain("/v1/interleave", bombing(index, random_.randint(1, 3)))
            if status == 200:
                self.count(behaviour, "completed")
            elif status in (429, 503):
                self.count(behaviour, "refused")
            else:
                self.problem(f"request {index} (bomb): {status} {document}")
        elif behaviour == "oversized":
            with self.address.raw(self.arguments.patience) as raw:
                raw.sendall(self.head("/v1/interleave", 10_000_000_000))
                self.expect(index, behaviour, (int(raw.recv(4096).split(b" ")[1]), {}), 413)

    def head(self, path, length):
        key = "".join(f"{name}: {value}\r\n" for name, value in self.address.fields("alice").items())
        return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{key}"
                f"Content-Length: {length}\r\n\r\n").encode()

    @staticmethod
    def status(raw):
        answer = raw.recv(4096)
        return (int(answer.split(b" ")[1]) if answer else 0), {}

    def expect(self, index, behaviour, answer, status):
        self.count(behaviour, "as expected" if answer[0] == status else answer[0])
        if answer[0] != status:
            self.problem(f"request {index} ({behaviour}): {answer[0]} instead of {status}: {answer[1]}")

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(self.arguments.concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # --- Afterwards

    def wait_until_idle(self):
        deadline = time.monotonic() + self.arguments.patience
        while time.monotonic() < deadline:
            engine = json.loads(get(self.address, "/v1/engine"))
            if engine["running_count"] == engine["waiting_count"] == 0:
                break
            time.sleep(0.05)
        else:
            self.problem(f"still busy: {engine['running_count']} running, {engine['waiting_count']} waiting")
        for name in ("running", "waiting"):
            if engine[name]:
                self.problem(f"{name} although idle: {engine[name]}")
        for pool in engine["pools"]:
            if pool["used_blocks"] or pool["used_bytes"]:
                self.problem(f"memory is held although idle: {pool}")

    def check_answers(self):
        """Compares with the same requests alone."""
        for number, found in sorted(self.digests.items()):
            if len(found) > 1:
                path, body = self.requests[number]
                settings = {name: value for name, value in body.items() if name != "input"}
                self.problem(f"kind {number} had {len(found)} different answers: {path} {settings}")
        numbers = sorted(self.digests)
        random.Random(self.arguments.seed).shuffle(numbers)
        numbers = numbers[:self.arguments.alone]
        for number in numbers:
            path, body = self.requests[number]
            status, document, _ = Client(self.address, f"alone-{number}", self.arguments.patience).plain(path, body)
            if status != 200 or digest(document) not in self.digests[number]:
                self.problem(f"kind {number} answers differently alone: {status}")
        return len(numbers)

    def check_metrics(self, before, after):
        def grown(name):
            return sum(after[key] - before.get(key, 0) for key in after if key.split("{")[0] == "interleaved_" + name)

        admitted = grown("requests_admitted_total")
        parts = {name: grown(f"requests_{name}_total") for name in ("completed", "cancelled", "failed")}
        if admitted != sum(parts.values()):
            self.problem(f"metrics: {admitted} admitted, but {parts} ended")
        completed = sum(count for name, count in self.outcomes.items() if name.endswith(" completed"))
        left = sum(count for name, count in self.outcomes.items() if name.endswith(" left"))
        # Of those whose client had left, some were complete by then.
        if not completed <= parts["completed"] <= completed + left:
            self.problem(f"metrics: {parts['completed']} completed; clients saw {completed} and left {left}")
        refused = sum(count for name, count in self.outcomes.items() if name.endswith(" refused"))
        # A client that left without waiting may have been refused as well.
        if not refused <= grown("admission_rejections_total") <= refused + left:
            self.problem(f"metrics: {grown('admission_rejections_total')} rejected; clients saw {refused}")
        for name in ("num_requests_running", "num_requests_waiting", "kv_cache_usage_ratio"):
            if after["interleaved_" + name] != 0:
                self.problem(f"metrics: {name} is {after['interleaved_' + name]} although idle")
        return admitted, parts

    def check_memory(self):
        # Scratch memory has the size of the largest batch so far, which is met in the first thousand requests.
        settled = [value for index, value in self.resident if index >= self.arguments.count / 3]
        if len(settled) < 10:
            return None
        first, second = settled[:len(settled) // 2], settled[len(settled) // 2:]
        # Half of the time, so that a picture that is being decoded while somebody looks does not count for growth.
        first, second = (statistics.median(half) for half in (first, second))
        if self.arguments.count >= 3000 and second > first * 1.05 + 8e6:
            self.problem(f"memory grows: {first / 1e6:.1f} MB half of the time, then {second / 1e6:.1f} MB")
        return first, second
