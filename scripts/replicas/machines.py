"""Machines of a network, as network namespaces on a bridge."""

import ctypes
import os
import subprocess


class Machines:
    """A machine for each name, with an address; the proxy and its clients are on the one with the bridge, 10.0.0.1."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.prefix = f"interleaved-{os.getpid()}-"
        self.made = []

    def __enter__(self):
        try:
            self.make("proxy")
            self.ip("proxy", "link add bridge type bridge")
            self.ip("proxy", "address add 10.0.0.1/24 dev bridge")
            self.ip("proxy", "link set bridge up")
            for name, address in self.addresses.items():
                self.make(name)
                self.ip("proxy", f"link add name {name} type veth peer name wire netns {self.prefix}{name}")
                self.ip("proxy", f"link set dev {name} master bridge up")
                self.ip(name, f"address add {address}/24 dev wire")
                self.ip(name, "link set wire up")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        # A bridge and its wires go with the namespaces.
        for name in self.made:
            subprocess.run(["ip", "netns", "delete", self.prefix + name], check=False)

    def make(self, name):
        subprocess.run(["ip", "netns", "add", self.prefix + name], check=True)
        self.made.append(name)
        self.ip(name, "link set lo up")

    def ip(self, name, arguments):
        subprocess.run(["ip", "-n", self.prefix + name, *arguments.split()], check=True)

    def on(self, name, command):
        """A command, to be run on a machine."""
        return ["ip", "netns", "exec", self.prefix + name, *map(str, command)]

    def unplug(self, name):
        """Nothing reaches the machine any more, and nobody hears of it."""
        self.ip("proxy", f"link set dev {name} down")

    def plug(self, name):
        self.ip("proxy", f"link set dev {name} up")

    def enter(self):
        """This process goes to the machine of the proxy; what it starts does so, too."""
        with open(f"/run/netns/{self.prefix}proxy", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000) != 0:  # CLONE_NEWNET
                raise OSError(ctypes.get_errno(), "setns")
