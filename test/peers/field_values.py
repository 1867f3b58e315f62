#!/usr/bin/env python3
"""What EPICS base makes of records, asked in its own process: reads cases as JSON on standard input, prints a JSON list of answers.

    field_values.py < cases.json

A case is {"records": [text, ...], "steps": [[pv], [pv, text], ...]}. It meets an empty database in a process of its own: each text is loaded as a
file, iocInit runs, then the steps: one name is read as text, all elements of it; with a text it is put, as a client's STRING, and processed.
The answer is {"refused": [true where a text did not load], "seen": [list of texts, null where there is no such value; for a put true or false]},
or null when base did not survive the case. "wait" as a name lets base's other threads do what they were asked for. "posts PV" tells how a PV has been posted since
it was asked last, and watches it from the first time on: V, L and A for VALUE, LOG and ALARM, as often as each was. "callback PV" with a text puts it
with a callback; without one it tells how each of these puts to the PV has ended so far: done, failed, or waiting.
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

from epicscorelibs import ioc

ALONE = "--alone"
STRING, LONG, TEXT_BYTES = 0, 5, 40
MOST_ELEMENTS = 64
REST = """record(calc, "field_values:asked") {field(CALC, "VAL+1")}
record(ai, "field_values:done") {field(INP, "field_values:asked CP")}"""
ROUNDS = 8  # what a thread does may ask another one, so often at most
MOST_AT_ONCE = 100_000  # records that wait for the thread of scanOnce; base drops what is more than its 1000
POSTED = {"V": 1, "L": 2, "A": 4}
NEVER_POSTED = 128  # a bit of the mask that base has no use for
EVENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def load(text: str) -> bool:
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(text.encode("latin-1"))
        file.flush()
        return ioc.dbLoadRecords(file.name.encode(), b"") == 0


def address(pv: str):
    found = ctypes.create_string_buffer(1024)
    return None if ioc.dbCore.dbNameToAddr(pv.encode("latin-1"), found) else found


def elements(found, kind: int, size: int):
    values = ctypes.create_string_buffer(size * MOST_ELEMENTS)
    options, count = ctypes.c_long(0), ctypes.c_long(MOST_ELEMENTS)
    failed = ioc.dbCore.dbGetField(found, kind, values, ctypes.byref(options), ctypes.byref(count), None)
    return None if failed else [values.raw[at * size : (at + 1) * size] for at in range(count.value)]


def read(pv: str):
    """As texts; what base does not give as text, arrays of ENUM, as numbers."""
    found = address(pv)
    if found is None:
        return None
    texts = elements(found, STRING, TEXT_BYTES)
    if texts is not None:
        return [text.split(b"\0")[0].decode("latin-1") for text in texts]
    numbers = elements(found, LONG, 4)
    return numbers and [str(int.from_bytes(number, sys.byteorder, signed=True)) for number in numbers]


def put(pv: str, text: str) -> bool:
    found = address(pv)
    value = ctypes.create_string_buffer(text.encode("latin-1")[: TEXT_BYTES - 1], TEXT_BYTES)
    return found is not None and ioc.dbCore.dbPutField(found, STRING, value, ctypes.c_long(1)) == 0


class Watch:
    """Subscriptions to a PV, one for each bit. They share a queue, so that an event behind the others tells that all have come."""

    def __init__(self, pv: str):
        self.posts: list[str] = []
        self.seen_all = threading.Event()
        core = ioc.dbCore
        for function in (core.dbChannelCreate, core.db_init_events, core.db_add_event):
            function.restype = ctypes.c_void_p
        self.channel = ctypes.c_void_p(core.dbChannelCreate(pv.encode("latin-1")))
        self.context = ctypes.c_void_p(core.db_init_events())
        if core.dbChannelOpen(self.channel) or core.db_start_events(self.context, b"watch", None, None, 50):
            sys.exit(f"field_values.py: {pv} cannot be watched")
        self.told = [EVENT(lambda *_, name=name: self.posts.append(name)) for name in POSTED]
        self.told.append(EVENT(lambda *_: self.seen_all.set()))
        *_, self.last = [self.subscribe(*one) for one in zip(self.told, [*POSTED.values(), NEVER_POSTED])]

    def subscribe(self, told, mask: int):
        subscription = ctypes.c_void_p(ioc.dbCore.db_add_event(self.context, self.channel, told, None, mask))
        ioc.dbCore.db_event_enable(subscription)
        return subscription

    def since_last(self) -> list[str]:
        self.seen_all.clear()
        ioc.dbCore.db_post_single_event(self.last)
        if not self.seen_all.wait(10):
            sys.exit("field_values.py: base told of no event")
        posts, self.posts = self.posts, []
        return sorted(posts, key=list(POSTED).index)


WATCHES: dict[str, Watch] = {}


def posts_of(pv: str):
    if pv not in WATCHES:
        WATCHES[pv] = Watch(pv)
    return WATCHES[pv].since_last()


class ProcessNotify(ctypes.Structure):
    """dbNotify.h: struct processNotify"""


PUT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ProcessNotify), ctypes.c_int)
DONE = ctypes.CFUNCTYPE(None, ctypes.POINTER(ProcessNotify))
ProcessNotify._fields_ = [
    ("restart_node", ctypes.c_void_p * 3),
    ("private", ctypes.c_void_p),
    ("status", ctypes.c_int),
    ("was_processed", ctypes.c_int),
    ("request", ctypes.c_int),
    ("channel", ctypes.c_void_p),
    ("put", PUT),
    ("get", ctypes.c_void_p),
    ("done", DONE),
    ("user", ctypes.c_void_p),
]
PUT_PROCESS_REQUEST, PUT_DISABLED, PUT_FIELD = 1, 0, 1
NOTIFY_OK, NOTIFY_ERROR = 0, 2


class Callback:
    """A put of a text whose end is told."""

    def __init__(self, pv: str, text: str):
        core = ioc.dbCore
        core.dbChannelCreate.restype = ctypes.c_void_p
        self.ended = threading.Event()
        self.text = ctypes.create_string_buffer(text.encode("latin-1")[: TEXT_BYTES - 1], TEXT_BYTES)
        channel = ctypes.c_void_p(core.dbChannelCreate(pv.encode("latin-1")))
        if core.dbChannelOpen(channel):
            sys.exit(f"field_values.py: {pv} cannot be put to")
        self.request = ProcessNotify(request=PUT_PROCESS_REQUEST, channel=channel, put=PUT(self.put), done=DONE(self.done))
        core.dbProcessNotify(ctypes.byref(self.request))

    def put(self, request, kind: int) -> int:
        if kind == PUT_DISABLED:
            self.request.status = NOTIFY_ERROR
            return 0
        core = ioc.dbCore
        function = core.dbChannelPutField if kind == PUT_FIELD else core.dbChannelPut
        failed = function(ctypes.c_void_p(self.request.channel), STRING, self.text, ctypes.c_long(1))
        self.request.status = NOTIFY_ERROR if failed else NOTIFY_OK
        return 1

    def done(self, request) -> None:
        self.ended.set()

    def state(self) -> str:
        return "waiting" if not self.ended.is_set() else "done" if self.request.status == NOTIFY_OK else "failed"


CALLBACKS: dict[str, list[Callback]] = {}


def put_with_callback(pv: str, text: str) -> Callback:
    callback = Callback(pv, text)
    CALLBACKS.setdefault(pv, []).append(callback)
    return callback


def wait() -> None:
    """In each round a value takes the way of Channel Access links, behind all that is on it: put-callback, subscription, scanOnce, processing."""
    until = time.monotonic() + 30
    for _ in range(ROUNDS):
        ioc.dbCore.dbCaSync()
        put_with_callback("field_values:asked.PROC", "1").ended.wait(30)
        while read("field_values:done") != read("field_values:asked"):
            if time.monotonic() > until:
                sys.exit("field_values.py: base does not come to rest")
            time.sleep(0.001)


def step(pv: str, *text: str):
    if pv == "wait":
        return wait()
    if pv.startswith("posts "):
        return posts_of(pv.removeprefix("posts "))
    if pv.startswith("callback "):
        pv = pv.removeprefix("callback ")
        if not text:
            return [one.state() for one in CALLBACKS.get(pv, [])]
        put_with_callback(pv, *text)
        return None
    return put(pv, *text) if text else read(pv)


def answer(case: dict) -> dict:
    refused = [not load(text) for text in case["records"]]
    if ["wait"] in case["steps"]:
        load(REST)
        ioc.dbCore.scanOnceSetQueueSize(MOST_AT_ONCE)
    if ioc.iocInit():
        sys.exit("field_values.py: iocInit failed")
    return {"refused": refused, "seen": [step(*one) for one in case["steps"]]}


def alone() -> None:
    """Answers one case. What base prints, at any time and from any thread, goes to standard error; standard output is the answer alone."""
    output = os.dup(1)
    os.dup2(2, 1)
    ioc.iocshRegisterCommon()
    if ioc.dbLoadDatabase(b"base.dbd", ioc.DEFAULT_DBD_PATH.encode(), None):
        sys.exit("field_values.py: cannot load base.dbd")
    if ioc.registerRecordDeviceDriver(ioc.pdbbase):
        sys.exit("field_values.py: cannot register the record types")
    with open(output, "w", encoding="ascii") as answers:
        json.dump(answer(json.load(sys.stdin)), answers)
    os._exit(0)  # base's threads still run


def in_a_process(case: dict):
    run = subprocess.run([sys.executable, __file__, ALONE], input=json.dumps(case), capture_output=True, text=True, timeout=60)
    return json.loads(run.stdout) if run.returncode == 0 else None


def main() -> None:
    print(json.dumps([in_a_process(case) for case in json.load(sys.stdin)]))


if __name__ == "__main__":
    alone() if ALONE in sys.argv else main()
