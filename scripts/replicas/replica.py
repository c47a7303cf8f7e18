"""A daemon on a machine of its own."""

import json
import re
import signal
import time

from attack.address import Address
from attack.client import get, metrics
from attack.daemon import serve


class Replica:
    def __init__(self, name, machines, folder, keys):
        """`folder` has the file of keys, which no two daemons share."""
        self.name, self.machines, self.folder = name, machines, folder
        self.host = machines.addresses[name]
        self.address = Address(f"http://{self.host}:8080", keys=keys)
        self.process, self.starts = None, 0

    def start(self, program, model, *flags):
        self.starts += 1
        command = [program, "serve", "--model", model, "--host", self.host, "--port", "8080",
                   "--api-keys", self.folder / "keys", "--trusted-proxies", "10.0.0.1", *flags]
        self.process, _ = serve(self.machines.on(self.name, command), self.folder / f"log-{self.starts}")

    def running(self):
        return json.loads(get(self.address, "/v1/engine"))["running_count"]

    def metrics(self):
        return metrics(self.address)

    def kill(self):
        """Ends it at once, and says between which moments."""
        before = time.monotonic()
        self.process.kill()
        self.process.wait()
        return before, time.monotonic()

    def drain(self):
        """Ends it as an operator would, and returns its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def faults(self):
        """Lines of its logs that tell of errors."""
        lines = "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("log-*"))).splitlines()
        return [line for line in lines if re.search(r" (error|critical) interleaved", line)]
