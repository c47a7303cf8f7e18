"""Where a daemon is, and how it is talked to."""

import http.client
import socket
import ssl
import urllib.parse
import zlib


class Address:
    """A daemon's host and port; with TLS also whom to trust; the keys that it asks for, by the names of their tenants."""

    def __init__(self, url, authority=None, keys=None):
        """`authority`: a file with the certificate that an https daemon's is issued by."""
        self.keys = keys or {}
        parts = urllib.parse.urlparse(url)
        self.host = parts.hostname
        self.context = ssl.create_default_context(cafile=authority) if parts.scheme == "https" else None
        self.port = parts.port or (443 if self.context else 80)

    def fields(self, tenant):
        """Header fields that bring a tenant's key."""
        return {"Authorization": f"Bearer {self.keys[tenant]}"} if self.keys else {}

    def tenant_of(self, name):
        """One of the two good tenants: always the same for the same client."""
        return ("alice", "bob")[zlib.crc32(name.encode()) % 2]

    def http(self, timeout, buffer=None):
        """A connection for requests; `buffer` is the size of the system's for what comes, small for a slow reader."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        connection.sock = self.raw(timeout, buffer)
        return connection

    def raw(self, timeout, buffer=None):
        """A connection for any bytes."""
        raw = self.plain(timeout, buffer)
        return self.context.wrap_socket(raw, server_hostname=self.host) if self.context else raw

    def plain(self, timeout, buffer=None):
        """A connection of TCP alone, also where TLS is spoken."""
        raw = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.settimeout(timeout)
        raw.connect((self.host, self.port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    @staticmethod
    def half_close(raw):
        """Closes the sending side and reads on, with TLS as well."""
        socket.socket.shutdown(raw, socket.SHUT_WR)
