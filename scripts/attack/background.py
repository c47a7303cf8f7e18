"""Requests that outlive their connections, among everything else that clients do."""

import json
import random
import threading
import time

from .client import Client
from .requests import digest

# Seconds between two looks at a request that has not ended.
LOOK = 0.1


class Background:
    """A client that sends such requests one after the other, and follows each to its end or has it erased."""

    def __init__(self, run, number):
        self.run, self.number = run, number
        # Scores have no background; the rest of the catalogue has.
        self.kinds = [index for index, (path, _) in enumerate(run.requests) if path == "/v1/interleave"]

    def loop(self):
        index = 0
        while not self.run.over.is_set() and time.monotonic() < self.run.ends:
            name = f"background-{self.number}-{index}"
            try:
                self.one(name, random.Random(f"{self.run.arguments.seed} {name}"))
            except Exception as error:  # every fault of a client is a finding
                self.run.problem(f"{name}: {type(error).__name__}: {error}")
            index += 1
            time.sleep(self.run.arguments.pause)

    def one(self, name, random_):
        run, number = self.run, random_.choice(self.kinds)
        client = Client(run.address, name, run.arguments.patience, fields={"Idempotency-Key": f'"{name}"'})
        document = dict(run.requests[number][1], background=True)
        status, answer, _ = client.plain("/v1/interleave", document)
        if status in (429, 503):
            run.count("background", "refused")
            return
        if status != 202:
            return run.problem(f"{name} of kind {number}: {status} {answer}")
        identifier = answer["id"]
        if random_.random() < 0.2:
            again = client.plain("/v1/interleave", document)
            if again[0] not in (200, 202, 429) or again[0] != 429 and again[1]["id"] != identifier:
                run.problem(f"{name}: sent again it is {again[0]} {again[1]}, not {identifier}")
        if random_.random() < 0.1:
            time.sleep(random_.random() * 0.3)
            return self.erase(client, identifier)
        if random_.random() < 0.5:
            self.follow(client, identifier, random_)
        self.finish(client, identifier, number)
        # The others go when their time is over.
        if random_.random() < 0.5:
            self.erase(client, identifier)

    def erase(self, client, identifier):
        status = client.delete(identifier)
        if status != 200 or self.ask(client, identifier)[0] != 404:
            self.run.problem(f"{client.name}: DELETE of {identifier} gave {status}")
        self.run.count("background", "erased")

    @staticmethod
    def ask(client, identifier):
        connection = client.connection()
        try:
            connection.request("GET", f"/v1/interleave/{identifier}", headers=client.key)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def finish(self, client, identifier, number):
        run, deadline = self.run, time.monotonic() + self.run.arguments.patience
        while True:
            status, job = self.ask(client, identifier)
            if status != 200:
                return run.problem(f"{client.name}: {identifier} is lost: {status} {job}")
            if job["status"] not in ("queued", "in_progress"):
                break
            if time.monotonic() > deadline:
                return run.problem(f"{client.name}: {identifier} is {job['status']} still")
            time.sleep(LOOK)
        if job["status"] != "completed":
            return run.problem(f"{client.name} of kind {number}: {job['status']} {job.get('error')}")
        run.count("background", "completed")
        with run.lock:
            run.digests[number].add(digest(job))

    def follow(self, client, identifier, random_):
        """Hears every event once and in order; leaves now and then and comes again with the last it heard."""
        run, last, following = self.run, None, 0
        deadline = time.monotonic() + run.arguments.patience
        while time.monotonic() < deadline:
            fields = client.key if last is None else client.key | {"Last-Event-ID": last}
            connection = client.connection()
            try:
                connection.request("GET", f"/v1/interleave/{identifier}/events", headers=fields)
                response = connection.getresponse()
                if response.status == 204:
                    return
                if response.status != 200:
                    return run.problem(f"{client.name}: events gave {response.status} {response.read()[:200]}")
                place = None
                for line in response:
                    if line.startswith(b"id: "):
                        place = line[4:].strip().decode()
                    if not line.startswith(b"data: "):
                        continue
                    if line.startswith(b"data: [DONE]"):
                        return
                    if place != f"1.{following}":
                        return run.problem(f"{client.name}: event {place} where 1.{following} was to come")
                    last, following = place, following + 1
                    if random_.random() < 0.05:
                        break
            finally:
                connection.close()
        run.problem(f"{client.name}: the events have no end")


def sources(run, count):
    """As many threads, not started yet."""
    return [threading.Thread(target=Background(run, number).loop) for number in range(count)]
