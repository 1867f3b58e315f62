"""Writes 1 to a PV with a put-callback, as the client that is asked for, and tells what that client makes of the completion.

Reads lines "CLIENT PV SECONDS" from standard input, CLIENT being libca, pyepics or caproto, and prints for each one a line "answer N: TEXT", N counting from
1. libca is the status of the completion, which pyepics hides. PYEPICS_LIBCA chooses the library of the first two.
"""
import ctypes
import sys
import time

import epics
from caproto import CaprotoError
from caproto.sync.client import write
from epics import ca, dbr

kept = []  # a completion that comes after the wait still has its function


def by_libca(name, seconds):
    pv = epics.PV(name, connection_timeout=10)
    if not pv.wait_for_connection(timeout=10):
        raise SystemExit("%s does not connect" % name)
    seen = []
    callback = dbr.make_callback(lambda args, **_: seen.append(args.status), dbr.event_handler_args)
    kept.append((pv, callback))
    one = ctypes.c_short(1)
    sent = ca.libca.ca_array_put_callback(dbr.INT, 1, pv.chid, ctypes.byref(one), callback, ctypes.py_object(None))
    ca.PySEVCHK("put", sent)
    end = time.monotonic() + seconds
    while not seen and time.monotonic() < end:
        ca.poll(0.01)
    return "none" if not seen else "success" if seen[0] == 1 else "error"


def by_pyepics(name, seconds):
    return str(epics.caput(name, 1, wait=True, timeout=seconds))


def by_caproto(name, seconds):
    try:
        return "`status.success` %d" % write(name, 1, notify=True, timeout=seconds).status.success
    except CaprotoError as thrown:
        return "`%s`" % type(thrown).__name__


CLIENTS = {"libca": by_libca, "pyepics": by_pyepics, "caproto": by_caproto}
for number, line in enumerate(sys.stdin, 1):
    client, name, seconds = line.split()
    print("answer %d: %s" % (number, CLIENTS[client](name, float(seconds))), flush=True)
