"""Mixed load for a time instead of a number of requests, and what is seen of the daemon meanwhile."""

import statistics
import subprocess
import threading
import time

from .background import sources as background
from .client import Client, Surprise, metrics
from .run import Run
from .tenants import Attacker

# Seconds between two looks at the daemon, and between two reloads of its keys and certificate.
PERIOD, RELOAD = 5, 20


class Soak(Run):
    """Clients of every behaviour until the time is over."""

    def __init__(self, address, arguments, daemon, program, keys):
        """`keys` is the file of keys of the daemon, which changes while it runs."""
        arguments.count = None
        super().__init__(address, arguments)
        self.daemon, self.program, self.keys = daemon, program, keys
        self.ends = time.monotonic() + arguments.minutes * 60
        self.over, self.samples, self.times, self.reloads = threading.Event(), [], [], 0

    def take(self):
        if time.monotonic() >= self.ends or self.over.is_set():
            return None
        with self.lock:
            self.next += 1
            return self.next - 1

    def sample(self, index):
        """Done by the clock instead."""

    def work(self):
        while (index := self.take()) is not None:
            self.attempt(index)
            time.sleep(self.arguments.pause)

    def one(self, index, behaviour, random_):
        began = time.monotonic()
        super().one(index, behaviour, random_)
        if behaviour in ("plain", "stream"):
            with self.lock:
                self.times.append(time.monotonic() - began)

    def go(self):
        """Everything at once until the end; each source of load is a function that ends when `over` is set."""
        sources = [threading.Thread(target=source) for source in (self.watch, self.reload)] + background(self, 2)
        # A process of its own, which begins before there are threads.
        with Attacker(self):
            for source in sources:
                source.start()
            try:
                self.run()
            finally:
                self.over.set()
                for source in sources:
                    source.join()

    def reload(self):
        """A key more, or one less, each time; the certificate is read again as well."""
        while not self.over.wait(RELOAD):
            name = f"guest-{self.reloads // 2}"
            command = ["add", "--name", name] if self.reloads % 2 == 0 else ["revoke", "--name", name]
            subprocess.run([self.program, "key", command[0], "--file", self.keys, *command[1:]], check=True, capture_output=True)
            self.daemon.send_signal(1)  # SIGHUP
            self.reloads += 1

    def watch(self):
        started = self.ends - self.arguments.minutes * 60
        while True:
            try:
                self.samples.append({"seconds": round(time.monotonic() - started, 1), **self.look()})
            except (OSError, Surprise) as error:
                self.problem(f"a look at the daemon: {type(error).__name__}: {error}")
            if self.over.wait(PERIOD):
                return

    def look(self):
        """What the daemon takes, and how long it takes."""
        began = time.monotonic()
        seen = metrics(self.address)
        looked = time.monotonic()
        # A tenth of a second's work for nobody in particular, as a user would ask it.
        status, document, _ = Client(self.address, f"probe-{len(self.samples)}", self.arguments.patience, "alice").plain(
            "/v1/interleave", {"input": [{"type": "text", "text": "a red square"}], "mode": "text",
                               "text": {"max_tokens": 2}, "seed": 1})
        if status not in (200, 429):
            self.problem(f"a small request: {status} {document}")
        asked = time.monotonic()
        with self.lock:
            times, self.times = sorted(self.times), []
            ended = sum(self.outcomes.values())
        caches = sum(value for name, value in seen.items() if name.startswith("interleaved_pool_bytes") and "capacity" not in name)
        return {
            "resident_bytes": seen["process_resident_memory_bytes"], "cache_bytes": caches, "descriptors": seen["process_open_fds"],
            "metrics_ms": round((looked - began) * 1000, 1), "small_ms": round((asked - looked) * 1000, 1),
            "median_ms": round(statistics.median(times) * 1000, 1) if times else None,
            "slowest_ms": round(times[-1] * 1000, 1) if times else None, "requests": ended,
        }

    def judge(self, before, after):
        """What must hold at the end, when the daemon has nothing to do."""
        def grown(name):
            return sum(after[key] - before.get(key, 0) for key in after if key.split("{")[0] == "interleaved_" + name)

        parts = {name: grown(f"requests_{name}_total") for name in ("completed", "cancelled", "failed")}
        if grown("requests_admitted_total") != sum(parts.values()):
            self.problem(f"{grown('requests_admitted_total')} were admitted, but {parts} ended")
        if after["process_open_fds"] > before["process_open_fds"] + 4:
            self.problem(f"descriptors: {before['process_open_fds']:.0f} before, {after['process_open_fds']:.0f} after")
        held = [sample["resident_bytes"] - sample["cache_bytes"] for sample in self.samples]
        second, last = (statistics.median(part) for part in (held[len(held) // 3:2 * len(held) // 3], held[2 * len(held) // 3:]))
        if self.arguments.minutes >= 5 and last > second * 1.05 + 8e6:
            self.problem(f"memory grows: {second / 1e6:.1f} MB half of the second third, {last / 1e6:.1f} MB of the last")
        return parts, second, last
