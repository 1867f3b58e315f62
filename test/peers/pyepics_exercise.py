"""Exercises a Channel Access server with pyepics and prints what it saw as JSON: {section: facts}.

    pyepics_exercise.py PREFIX      the server holds interop.db

Judges nothing: the test compares two servers. Times and addresses are left out.
"""
import json
import math
import sys
import threading

import epics

PATIENCE = 10
KEPT = ("value", "status", "severity", "count", "type")
TIMES = {"timestamp", "posixseconds", "nanoseconds"}
prefix = sys.argv[1]
sections = {}


def section(function):
    """Runs a function at once; what it returns are the section's facts."""
    sections[function.__name__.replace("_", " ")] = plain(function())
    return function


def plain(value):
    """As JSON can say it: arrays as lists, bytes as text, numbers that are none as text."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in TIMES}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def pv(name, **options):
    made = epics.PV(prefix + name, **options)
    if not made.wait_for_connection(PATIENCE):
        sys.exit(f"pyepics_exercise: {name} does not connect")
    return made


def caget(name):
    return epics.caget(prefix + name, use_monitor=False)


class Watch:
    """Collects what a monitor tells."""

    def __init__(self, name, **options):
        self.told = []
        self.news = threading.Condition()
        self.pv = pv(name, callback=self.note, auto_monitor=epics.dbr.DBE_VALUE | epics.dbr.DBE_ALARM, **options)
        self.wait(1)

    def note(self, value=None, status=None, severity=None, **_):
        with self.news:
            self.told.append([plain(value), status, severity])
            self.news.notify_all()

    def wait(self, count):
        with self.news:
            if not self.news.wait_for(lambda: len(self.told) >= count, PATIENCE):
                sys.exit(f"pyepics_exercise: {self.pv.pvname} told {self.told} and no more")


@section
def connection():
    names = ["double", "long", "enum", "switch", "string", "chars", "doubles", "strings", "double.DESC", "double.DESC$"]
    made = [pv(name) for name in names]
    for one in made:
        one.get()  # pyepics tells a type only once its thread has looked at the channel
    return {one.pvname: [one.type, one.nelm, one.read_access, one.write_access, one.access] for one in made}


@section
def values():
    names = ["double", "long", "enum", "switch", "string", "input", "last", "double.SCAN", "double.RTYP"]
    return {name: [pv(name).get(), pv(name).get(as_string=True)] for name in names}


@section
def control_variables():
    return {name: pv(name).get_ctrlvars() for name in ["double", "long", "enum", "switch", "doubles", "chars"]}


@section
def time_variables():
    names = ["double", "long", "enum", "string"]
    told = {name: pv(name, form="time").get_with_metadata(form="time", use_monitor=False) for name in names}
    return {name: [facts.get(key) for key in KEPT] + [facts["timestamp"] > 0] for name, facts in told.items()}


@section
def enumeration_strings():
    return [pv("enum").enum_strs, pv("switch").enum_strs, pv("double.PINI").enum_strs, pv("double.SCAN").enum_strs]


@section
def put_and_wait():
    target = pv("double")
    facts = []
    for value in (2.5, "3.75", 1000):
        facts.append([target.put(value, wait=True, timeout=PATIENCE), target.get(use_monitor=False)])
    facts.append([epics.caput(prefix + "long", 7, wait=True), caget("long")])
    return facts


@section
def put_with_completion():
    done = threading.Event()
    target = pv("first")
    target.put(8, callback=lambda **_: done.set())
    told = done.wait(PATIENCE)
    return [told, caget("middle"), caget("last")]


@section
def put_that_asks_later():
    target = pv("first")
    target.put(9, use_complete=True)
    while not target.put_complete:
        epics.poll()
    return [target.put_complete, caget("last")]


@section
def enumerations():
    target = pv("enum")
    facts = []
    for value in ("Three", 1, "Zero", "2"):
        target.put(value, wait=True)
        facts.append([target.get(use_monitor=False), target.get(as_string=True, use_monitor=False)])
    return facts


@section
def callbacks():
    watch = Watch("double", form="time")
    for count, value in enumerate((1, 85, 92, 0), start=2):
        watch.pv.put(value, wait=True)
        watch.wait(count)
    return watch.told


@section
def enumeration_callbacks():
    watch = Watch("enum", form="ctrl")
    for count, value in enumerate(("One", "Three", "Two"), start=2):
        watch.pv.put(value, wait=True)
        watch.wait(count)
    return watch.told


@section
def text_in_a_char_waveform():
    target = pv("chars")
    facts = []
    for text in ("a text of more than forty characters, as a path is", "short", ""):
        target.put(text, wait=True)
        facts.append([target.get(as_string=True, use_monitor=False), target.get(use_monitor=False)])
    return facts


@section
def arrays():
    doubles, strings, big = pv("doubles"), pv("strings"), pv("big")
    doubles.put([1, 2.5, -3], wait=True)
    strings.put(["one", "two", "three"], wait=True)
    big.put([number / 4 for number in range(100000)], wait=True)
    back = big.get(use_monitor=False, timeout=PATIENCE)
    return [
        doubles.get(use_monitor=False),
        doubles.get(use_monitor=False, count=2),
        strings.get(use_monitor=False),
        [len(back), float(sum(back)), float(back[-1])],
    ]


@section
def a_string_that_fills_its_field():
    target = pv("string")
    target.put("x" * 39, wait=True)
    return [target.get(use_monitor=False), pv("double.DESC$").get(as_string=True)]


@section
def refused_writes():
    target = pv("disabled")
    return [target.put(1, wait=True), target.get(use_monitor=False)]


@section
def a_name_that_nobody_has():
    return [epics.caget(prefix + "nothing", timeout=0.5, connection_timeout=0.5)]


print(json.dumps(sections))
