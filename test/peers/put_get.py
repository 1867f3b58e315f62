"""Puts and reads PVs as a client that chooses the types itself.

    put_get.py STEPS.json

STEPS is a list of {"pv": name, "put": [type, value or list] or null, "get": [type, ...]}. Prints, as one line of JSON, for each step
{"put": true or false, "get": [value or list or null, ...]}: whether the put-callback succeeded, and what was read, null where the read failed.
Types are STRING, INT, FLOAT, ENUM, CHAR, LONG, DOUBLE. Text is Latin-1. NaN and infinities are read as the texts "nan", "inf", "-inf".
"""
import json
import math
import sys

from caproto import CaprotoError, ChannelType
from caproto.threading.client import Context


def to_wire(kind, value):
    values = value if isinstance(value, list) else [value]
    if kind == "STRING":
        return [text.encode("latin-1") for text in values]
    return [float(one) if isinstance(one, str) else one for one in values]


def from_wire(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    return number


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        steps = json.load(file)
    context = Context()
    names = sorted({step["pv"] for step in steps})
    pvs = dict(zip(names, context.get_pvs(*names, timeout=10)))
    for pv in pvs.values():
        pv.wait_for_connection(timeout=10)
    results = []
    for step in steps:
        pv = pvs[step["pv"]]
        done = True
        if step["put"] is not None:
            kind, value = step["put"]
            try:
                response = pv.write(to_wire(kind, value), data_type=ChannelType[kind], notify=True, wait=True, timeout=10)
                done = bool(response.status.success)
            except CaprotoError:
                done = False
        got = []
        for kind in step["get"]:
            try:
                response = pv.read(data_type=ChannelType[kind], timeout=10)
                values = [from_wire(one) for one in response.data]
                got.append(values if len(values) != 1 else values[0])
            except CaprotoError:
                got.append(None)
        results.append({"put": done, "get": got})
    print(json.dumps(results))


if __name__ == "__main__":
    main()
