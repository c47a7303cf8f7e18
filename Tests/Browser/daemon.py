"""A daemon with nano for the tests of the page: started, ended and started again on the same port."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Daemon:
    def __init__(self, *flags):
        self.port = free_port()
        self.flags = flags
        self.process = None
        self.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        command = [os.environ["PAGE_PROGRAM"], "serve", "--host", "127.0.0.1", "--port", str(self.port), *self.flags]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.get("readyz")["status"] == "ready":
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("the daemon did not become ready")

    def kill(self):
        """Ends it as a crash would: nobody is told anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def get(self, path):
        with urllib.request.urlopen(self.address + path, timeout=10) as response:
            return json.load(response)

    def ask(self, document):
        """The answer to a request."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + "v1/interleave", json.dumps(document).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def begin(self, document, name):
        """Sends a request whose answer nobody waits for; the connection is returned, and ends it when it is closed."""
        body = json.dumps(document).encode()
        head = (
            f"POST /v1/interleave HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Request-Id: {name}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(head.encode() + body)
        return connection

    def is_idle(self):
        engine = self.get("v1/engine")
        return engine["running_count"] == 0 and engine["waiting_count"] == 0
