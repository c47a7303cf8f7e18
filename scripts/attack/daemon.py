"""A daemon to talk to, its keys and its certificate."""

import re
import subprocess
import time


def make_keys(program, path, limits):
    """Makes a file of keys, a name and the flags of its limits each; returns the keys by name."""
    return {name: subprocess.run([program, "key", "add", "--file", path, "--name", name, *flags],
                                 check=True, capture_output=True, text=True).stdout.strip()
            for name, flags in limits.items()}


def make_certificate(folder):
    """Makes a certificate that vouches for itself, and its key; returns its file."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", folder / "key", "-out", folder / "certificate"], check=True, stderr=subprocess.DEVNULL)
    return folder / "certificate"


def serve(command, log, **options):
    """Starts a daemon that writes to a file of its own; returns it and its address once it is ready."""
    with open(log, "wb") as output:
        daemon = subprocess.Popen(command, stderr=output, **options)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and daemon.poll() is None:
        found = re.search(r"Serving .* at (https?:[^;]*);.*ready\.", log.read_text(), re.S)
        if found:
            return daemon, found.group(1)
        time.sleep(0.05)
    daemon.kill()
    daemon.wait()
    raise SystemExit(f"the daemon did not start: {log.read_text()[-2000:]}")
