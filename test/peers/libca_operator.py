"""An operator who has the reference client library, and does what he is told line by line.  libca_operator.py PREFIX

Reads requests, JSON lists, from standard input until that ends, and answers the nth of them with a line `n JSON`:
["put", PV] writes 1 with put-callback: the ECA status of the completion.
["get", PV]: its value.
["watch", PV] keeps from now on what its monitor tells, repeats left out, and null for each time that it is lost.
["until", PV, WANTED] waits until it has told WANTED, or a text with WANTED in it: all that it told up to there, since the last
  such wait where the PV is watched, else since this one has begun.
Uses pyepics; PYEPICS_LIBCA chooses the client library.
"""
import ctypes
import json
import sys
import threading

import epics
from epics import ca, dbr

SECONDS = 60
prefix = sys.argv[1]
told = threading.Condition()


def plain(value):
    """A number as it is, a text from the bytes that it is made of."""
    if isinstance(value, (int, float)):
        return value
    return bytes(int(one) & 255 for one in value).split(b"\0")[0].decode()


class Watch:
    def __init__(self, name):
        self.events = []
        self.last = None
        self.pv = epics.PV(prefix + name, auto_monitor=True, callback=self.value, connection_callback=self.connection)

    def value(self, value=None, **_):
        self.tell(plain(value))

    def connection(self, conn=None, **_):
        if not conn:
            self.tell(None)

    def tell(self, event):
        with told:
            if self.last != event:
                self.events.append(event)
            self.last = event
            told.notify_all()

    def until(self, wanted):
        def fits(event):
            return wanted in event if isinstance(event, str) and wanted is not None else event == wanted

        def place():
            return next((index for index, event in enumerate(self.events) if fits(event)), None)

        with told:
            if not told.wait_for(lambda: place() is not None, SECONDS):
                raise SystemExit("%s never told %r; it told %r" % (self.pv.pvname, wanted, self.events))
            end = place() + 1
            seen, self.events = self.events[:end], self.events[end:]
            return seen


def connected(name, **options):
    pv = epics.PV(prefix + name, **options)
    if not pv.wait_for_connection(timeout=SECONDS):
        raise SystemExit("%s does not connect" % name)
    return pv


def put(name):
    completed = threading.Event()
    seen = []

    def ended(args, **_):
        seen.append(args.status)
        completed.set()

    callback = dbr.make_callback(ended, dbr.event_handler_args)
    one = ctypes.c_short(1)
    chid = connected(name).chid
    sent = ca.libca.ca_array_put_callback(dbr.INT, 1, chid, ctypes.byref(one), callback, ctypes.py_object(None))
    ca.PySEVCHK("put", sent)
    ca.flush_io()
    if not completed.wait(SECONDS):
        raise SystemExit("the put-callback of %s never completed" % name)
    return seen[0]


def get(name):
    return plain(connected(name, auto_monitor=False).get(timeout=SECONDS, use_monitor=False))


watches = {}


def watch(name):
    watches[name] = Watch(name)


def until(name, wanted):
    if name in watches:
        return watches[name].until(wanted)
    passing = Watch(name)
    seen = passing.until(wanted)
    passing.pv.disconnect()
    return seen


REQUESTS = {"put": put, "get": get, "watch": watch, "until": until}
for number, line in enumerate(sys.stdin):
    request, *arguments = json.loads(line)
    print(number, json.dumps(REQUESTS[request](*arguments)), flush=True)
