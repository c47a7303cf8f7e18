"""A proxy with the configuration in deploy, and what its log tells."""

import pathlib
import re
import socket
import subprocess
import time

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"


class Proxy:
    """HAProxy or nginx, as deploy has it but for where its certificate and its log are."""

    def __init__(self, kind, folder, certificate):
        self.kind, self.folder, self.log = kind, folder, folder / f"{kind}.log"
        if kind == "haproxy":
            self.copy("haproxy/haproxy.cfg", {"/etc/haproxy/interleaved.pem": certificate})
            command = ["haproxy", "-db", "-f", folder / "haproxy.cfg"]
        else:
            self.copy("nginx/interleaved.conf", {
                "/etc/nginx/interleaved.pem": certificate, "/var/log/nginx/interleaved.log": self.log})
            (folder / "nginx.conf").write_text(
                f"user root; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-errors.log; events {{}} http {{\n"
                f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied; include {folder}/interleaved.conf; }}\n")
            command = ["nginx", "-e", folder / "nginx-errors.log", "-c", folder / "nginx.conf"]
        with open(folder / f"{kind}.out", "wb") as output:
            self.process = subprocess.Popen(command, stdout=output if kind == "nginx" else open(self.log, "wb"), stderr=output)
        self.wait()

    def copy(self, path, places):
        text = (DEPLOY / path).read_text()
        for place, here in places.items():
            text = text.replace(place, str(here))
        (self.folder / pathlib.Path(path).name).write_text(text)

    def wait(self):
        for _ in range(200):
            try:
                return socket.create_connection(("10.0.0.1", 8080), 1).close()
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        raise SystemExit(f"{self.kind} did not start: {(self.folder / f'{self.kind}.out').read_text()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def served(self, names=()):
        """The replicas that each request went to, by its name; the last one answered. Waits for the lines of `names`."""
        deadline = time.monotonic() + 10
        while True:
            found = self.read()
            if all(name in found for name in names) or time.monotonic() > deadline:
                return found
            # A line is written after the answer.
            time.sleep(0.05)

    def read(self):
        found = {}
        for line in self.log.read_text(errors="replace").splitlines():
            if self.kind == "haproxy":
                match = re.search(r" clients~? \w+/(\S+) .* (\S+) \d+/\d+ \{(\S+)\} \"", line)
                if match:
                    # Only how often another one was asked is told, not which.
                    retries = match[2].split("/")[-1]
                    found[match[3]] = ["?"] * int(retries.lstrip("+")) + [match[1]]
            else:
                match = re.search(r" (\S+) ((?:[\d.:]+(?:, | : )?)+)$", line)
                if match:
                    found[match[1]] = [chr(ord("a") + int(host) - 11) for host in re.findall(r"10\.0\.0\.(1[123]):", match[2])]
        return found

    def line(self, name):
        """What the log says of a request."""
        return next((line for line in self.log.read_text(errors="replace").splitlines() if name in line), "nothing")
