"""One request of one client, and what a daemon tells about itself."""

import collections
import json
import time

from .requests import whole


class Surprise(Exception):
    """Something that must not happen."""


class Client:
    """One request of one client, on a connection of its own."""

    def __init__(self, address, name, patience, tenant=None, fields=None):
        self.address, self.name, self.patience = address, name, patience
        self.key = address.fields(tenant or address.tenant_of(name)) | (fields or {})

    def connection(self, buffer=None):
        return self.address.http(self.patience, buffer)

    def send(self, connection, path, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, data, {"Content-Type": "application/json", "X-Request-Id": self.name, **self.key})

    def plain(self, path, body):
        connection = self.connection()
        try:
            self.send(connection, path, body)
            response = connection.getresponse()
            if response.getheader("x-request-id") != self.name:
                raise Surprise(f"answer to {response.getheader('x-request-id')} instead of {self.name}")
            data = response.read()
            return response.status, json.loads(data), response.getheader("retry-after-ms")
        finally:
            connection.close()

    def delete(self, name):
        connection = self.connection()
        try:
            connection.request("DELETE", f"/v1/interleave/{name}", headers=self.key)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()

    def stream(self, path, body, slow=False, until=None, then=None):
        """Reads events; `then` is called with the answer's id after `until` of them.

        Returns the status and a document like that of a plain answer, or None if `then` says to leave.
        """
        connection = self.connection(buffer=4096 if slow else None)
        try:
            self.send(connection, path, dict(body, stream=True))
            response = connection.getresponse()
            if response.status != 200:
                return response.status, json.loads(response.read())
            events, last, segments, identifier = 0, [], [], None
            # Log-probabilities come with the words and are not repeated at the end.
            chances = collections.defaultdict(list)
            for line in self.lines(response, slow):
                if last and last[-1] == "[DONE]" and line.strip():
                    raise Surprise(f"{self.name}: a line after [DONE]")
                if not line.startswith(b"data: "):
                    continue
                if line.startswith(b"data: [DONE]"):
                    last.append("[DONE]")
                    continue
                event = json.loads(line[6:])
                if event["sequence_number"] != events:
                    raise Surprise(f"{self.name}: event {event['sequence_number']} instead of {events}")
                events += 1
                identifier = event.get("id", identifier)
                if event["type"] == "text.delta":
                    chances[event["index"], event.get("choice", 0)] += event.get("logprobs", [])
                if event["type"] == "segment.done":
                    segments.append(whole(event["segment"], chances))
                if event["type"] in ("interleave.completed", "error"):
                    last.append(event)
                if events == until and then(identifier):
                    return None
            if len(last) != 2 or last[1] != "[DONE]":
                raise Surprise(f"{self.name}: a stream ended with {[x if x == '[DONE]' else x['type'] for x in last]}")
            if last[0]["type"] == "error":
                return "error", last[0]
            return 200, {"object": "interleave", "segments": segments, "usage": last[0]["usage"]}
        finally:
            connection.close()

    @staticmethod
    def lines(response, slow):
        pauses = 20 if slow else 0
        for line in response:
            yield line
            if pauses:
                pauses -= 1
                time.sleep(0.01)


def get(address, path):
    connection = address.http(60)
    try:
        connection.request("GET", path, headers=address.fields("operator"))
        response = connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise Surprise(f"{path}: {response.status} {data[:200]}")
        return data
    finally:
        connection.close()


def metrics(address):
    """All samples: name with labels to value."""
    samples = {}
    for line in get(address, "/metrics").decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples
