"""Writes 1 to PVs with put-callback and tells the status of each completion, which pyepics hides.  put_status.py NAME...

Prints one JSON list of ECA numbers in the order of the names: 1 is ECA_NORMAL, 160 ECA_PUTFAIL. PYEPICS_LIBCA chooses the client library.
"""
import ctypes
import json
import sys
import threading

import epics
from epics import ca, dbr


def status_of(name):
    pv = epics.PV(name, connection_timeout=10)
    if not pv.wait_for_connection(timeout=10):
        raise SystemExit("%s does not connect" % name)
    completed = threading.Event()
    seen = []

    def ended(args, **_):
        seen.append(args.status)
        completed.set()

    callback = dbr.make_callback(ended, dbr.event_handler_args)
    one = ctypes.c_short(1)
    sent = ca.libca.ca_array_put_callback(dbr.INT, 1, pv.chid, ctypes.byref(one), callback, ctypes.py_object(None))
    ca.PySEVCHK("put", sent)
    ca.poll()
    if not completed.wait(60):
        raise SystemExit("the put-callback of %s never completed" % name)
    return seen[0]


print(json.dumps([status_of(name) for name in sys.argv[1:]]))
