"""Exercises a Channel Access server with caproto's threading client and prints what it saw as JSON: {section: facts}.

    caproto_exercise.py PREFIX      the server holds interop.db

Judges nothing: the test compares two servers. Times and addresses are left out. caproto decodes every message by its own
tables, so it also finds what libca would overlook.
"""
import json
import math
import sys
import threading
from collections import UserList

from caproto import ChannelType
from caproto.threading.client import Context

PATIENCE = 10
prefix = sys.argv[1]
context = Context(timeout=PATIENCE)
sections = {}


def section(function):
    """Runs a function at once; what it returns are the section's facts."""
    sections[function.__name__.replace("_", " ")] = plain(function())
    return function


def plain(value):
    """As JSON can say it: arrays as lists, bytes as text, numbers that are none as text."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, UserList)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def pv(name):
    (made,) = context.get_pvs(prefix + name)
    made.wait_for_connection(timeout=PATIENCE)
    return made


def write(name, value):
    """Writes to its completion. @returns the name of the answer's status"""
    text = {"data_type": ChannelType.STRING} if isinstance(value, str) else {}
    values = value if isinstance(value, list) else [value]
    return pv(name).write(values, wait=True, timeout=PATIENCE, **text).status.name


def facts(response):
    """A reading without its time."""
    metadata = {}
    if response.metadata is not None:
        metadata = {key: value for key, value in response.metadata.to_dict().items() if "timestamp" not in key and "seconds" not in key.lower()}
    return [plain(response.data), response.data_type.name, response.data_count, plain(metadata), str(response.status.name)]


NAMES = ["double", "long", "enum", "switch", "string", "chars", "doubles", "shorts", "strings", "double.DESC$"]


@section
def channels():
    made = {name: pv(name) for name in NAMES}
    return {name: [one.channel.native_data_type.name, one.channel.native_data_count, str(one.channel.access_rights)] for name, one in made.items()}


@section
def native():
    return {name: facts(pv(name).read()) for name in NAMES}


@section
def status():
    return {name: facts(pv(name).read(data_type="status")) for name in NAMES}


@section
def time():
    return {name: [*facts(pv(name).read(data_type="time"))] for name in NAMES}


@section
def graphic():
    return {name: facts(pv(name).read(data_type="graphic")) for name in NAMES}


@section
def control():
    return {name: facts(pv(name).read(data_type="control")) for name in NAMES}


@section
def as_text():
    return {name: facts(pv(name).read(data_type=ChannelType.STRING)) for name in NAMES}


@section
def class_names():
    return {name: facts(pv(name).read(data_type=ChannelType.CLASS_NAME)) for name in ["double", "enum", "string"]}


@section
def writes_with_notification():
    answers = []
    for name, value in [("double", 2.5), ("long", -3), ("enum", "Three"), ("enum", 1), ("string", "text"), ("doubles", [1, 2, 3]),
                        ("strings", ["a", "b"]), ("first", 4), ("disabled", 5)]:
        answers.append([name, write(name, value), facts(pv(name).read())])
    return answers


@section
def a_chain_is_complete():
    return [write("first", 6), facts(pv("middle").read()), facts(pv("last").read())]


@section
def plain_writes():
    pv("double").write(7.5, wait=False)
    return facts(pv("double").read())


def watch(name, values, **options):
    told, news = [], threading.Condition()

    def note(_subscription, response):
        with news:
            told.append(facts(response))
            news.notify_all()

    def wait(count):
        with news:
            if not news.wait_for(lambda: len(told) >= count, PATIENCE):
                sys.exit(f"caproto_exercise: {name} told {told} and no more")

    subscription = pv(name).subscribe(**options)
    subscription.add_callback(note)
    wait(1)
    for count, value in enumerate(values, start=2):
        write(name, value)
        wait(count)
    subscription.clear()
    return told


@section
def subscriptions():
    return {
        "double": watch("double", [1, 85, 92, 0], data_type="time"),
        "enum": watch("enum", ["Two", "Three", "Zero"], data_type="time"),
        "doubles": watch("doubles", [[1, 2], [3]], data_type="time"),
        "string": watch("string", ["one", "two"]),
    }


@section
def filters():
    return [facts(pv(name).read()) for name in ['double.VAL{"ts":{}}', 'doubles.VAL{"arr":{"s":0,"e":1}}', "doubles.[1:1]"]]


@section
def a_big_array():
    answer = write("big", [number / 4 for number in range(100000)])
    back = pv("big").read(timeout=PATIENCE)
    return [answer, len(back.data), float(sum(back.data)), float(back.data[-1])]


context.disconnect()
print(json.dumps(sections))
