"""Handshakes of TLS that are slow, broken, or none."""

import os
import ssl
import time

# How often, beside what else a client may do.
HANDSHAKES = {
    "handshake-noise": 1, "handshake-changed": 2, "handshake-cut": 1, "handshake-slow": 0.5, "handshake-only": 2,
    "handshake-plain": 1, "handshake-record": 1,
}


def hello():
    """The first message of a client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


def to_end(raw):
    """Reads until the daemon closes, or resets."""
    received = b""
    try:
        while piece := raw.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def shake(address, behaviour, random_, patience):
    """Does one; returns what was wrong with the daemon's answer, or nothing."""
    if behaviour == "handshake-only":
        address.raw(patience).close()
        return None
    if behaviour == "handshake-record":
        # Agreed upon, then bytes that nobody encrypted: under TLS, where Python does not look.
        with address.raw(patience) as secure:
            os.write(secure.fileno(), bytes([0x17, 3, 3, 0, 32]) + random_.randbytes(32))
            try:
                return None if not secure.recv(64) else "text in answer to noise"
            except (ssl.SSLError, ConnectionResetError):
                return None
    with address.plain(patience) as raw:
        if behaviour == "handshake-plain":
            raw.sendall(b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
            received = to_end(raw)
            return None if received.startswith(b"HTTP/1.1 400 ") else f"{received[:80]} to plain HTTP"
        message = bytearray(hello())
        if behaviour == "handshake-noise":
            raw.sendall(bytes([0x16, 3, 1]) + random_.randbytes(random_.randint(1, 600)))
        elif behaviour == "handshake-changed":
            for _ in range(random_.randint(1, 4)):
                message[random_.randrange(len(message))] ^= 1 << random_.randrange(8)
            raw.sendall(message)
        elif behaviour == "handshake-cut":
            raw.sendall(message[:random_.randrange(len(message))])
        elif behaviour == "handshake-slow":
            for byte in message[:random_.randrange(100)]:
                raw.sendall(bytes([byte]))
                time.sleep(0.005)
        # The daemon has something to say or waits for more; this client does neither.
        raw.settimeout(0.2)
        try:
            received = raw.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return None
        # What begins with a letter is taken for plain HTTP.
        is_plain = 65 <= message[0] <= 90
        return f"{received[:80]} to a broken handshake" if received.startswith(b"HTTP") and not is_plain else None
