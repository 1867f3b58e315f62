"""Sends UDP datagrams from a source port that no ordinary socket has, such as 0: raw_datagram.py SOURCE_PORT PORT HEX [COUNT]. Needs CAP_NET_RAW."""

import socket
import struct
import sys

source, port, payload = int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3])
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
# A checksum of 0 means: none was made (RFC 768).
datagram = struct.pack("!HHHH", source, port, 8 + len(payload), 0) + payload
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
    for _ in range(count):
        raw.sendto(datagram, ("127.0.0.1", 0))
