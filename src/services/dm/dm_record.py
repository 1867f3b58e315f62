"""The bridge to the `dm` package for the route recorder: as dm_bridge.py, but Python's sockets connect to the ports given as arguments, on 127.0.0.1, and
to nothing else. A call that tries another address connects to nobody and fails with Elsewhere. Programs that the package starts are not held back.
Python 3.6 and newer.
"""

import socket
import sys

import dm_bridge


class Elsewhere(Exception):
    """The package was about to connect to another address than the recorder's."""


def confine(ports):
    """Lets this process connect to these ports of 127.0.0.1 alone. @returns the addresses that were refused, as they come"""
    strays = []

    def confined(connect):
        def checked(self, address):
            inside = self.family == socket.AF_UNIX or (address[0] in ("127.0.0.1", "localhost") and address[1] in ports)
            if inside:
                return connect(self, address)
            strays.append("%s:%s" % (address[0], address[1]))
            raise Elsewhere(strays[-1])

        return checked

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, confined(getattr(socket.socket, name)))
    return strays


def main():
    strays = confine({int(port) for port in sys.argv[1:]})

    def call(operation, args):
        try:
            return dm_bridge.perform(operation, args)
        finally:
            if strays:
                raise Elsewhere(strays.pop())

    dm_bridge.serve(call)


if __name__ == "__main__":
    main()
