"""Reads PVs in every way a display does and prints one JSON object: PV name -> what was seen, or null for a PV that is not found.

    dump_fields.py FILE    FILE: a JSON array of PV names
"""
import json
import sys

from epics import ca, dbr

CONNECT_SECONDS = 20
STRING, CTRL_STRING = dbr.STRING, dbr.CTRL_STRING
METADATA = ("status", "severity", "units", "precision", "enum_strs")
LIMITS = tuple(f"{edge}_{kind}_limit" for kind in ("disp", "alarm", "warning", "ctrl") for edge in ("upper", "lower"))


def plain(value):
    """The value as JSON can hold it: NaN and infinities as text, arrays as lists, bytes as latin-1."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value


def read(channel, ftype):
    """Value and metadata, read for as many elements as there are; "failed" when the server says so."""
    seen = ca.get_with_metadata(channel, ftype=ftype, count=0, timeout=10)
    if seen is None:
        return "failed"
    return {name: plain(seen[name]) for name in ("value", *METADATA, *LIMITS) if name in seen}


def dump(channel):
    native = ca.field_type(channel)
    return {
        "native": dbr.Name(native),
        "count": ca.element_count(channel),
        "read": ca.read_access(channel),
        "write": ca.write_access(channel),
        "string": read(channel, STRING),
        "ctrl": read(channel, native + dbr.CTRL_STRING),
        "ctrl_double": read(channel, dbr.CTRL_DOUBLE) if native in (dbr.SHORT, dbr.LONG) else None,
    }


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        names = json.load(file)
    ca.initialize_libca()
    channels = {name: ca.create_channel(name, connect=False, auto_cb=False) for name in names}
    import time

    deadline = time.time() + CONNECT_SECONDS
    waiting = set(names)
    last = time.time()
    while waiting and time.time() < deadline and time.time() - last < 3:
        ca.poll(0.01, 0.5)
        found = {name for name in waiting if ca.state(channels[name]) == dbr.CS_CONN}
        if found:
            last = time.time()
        waiting -= found
    print(json.dumps({name: None if name in waiting else dump(channels[name]) for name in names}))


main()
