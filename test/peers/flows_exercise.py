"""What a beamline script does with a flow: FlowRun, its run followed to its end, and a question answered.
flows_exercise.py PREFIX FLOW INPUT: the flow that asks, and the JSON that its run wants

Prints one JSON object. Uses pyepics; PYEPICS_LIBCA chooses the client library.
"""
import json
import sys
import time

import epics

prefix, asking_flow, asking_input = sys.argv[1:4]
SECONDS = 40


def pv(suffix, **options):
    made = epics.PV(prefix + suffix, **options)
    made.wait_for_connection(timeout=10)
    return made


def text(suffix):
    return pv(suffix).get(as_string=True, timeout=10, use_monitor=False)


def put(suffix, value):
    """Whether the put-callback came, and the state of the command."""
    completed = pv(suffix).put(value, wait=True, timeout=SECONDS)
    return completed == 1


def until(suffix, wanted):
    end = time.time() + SECONDS
    while text(suffix) != wanted:
        if time.time() > end:
            raise SystemExit("%s never became %s; it was %s" % (suffix, wanted, text(suffix)))
        epics.ca.poll(0.1)


def write_text(suffix, value):
    pv(suffix).put([ord(one) for one in value] + [0], wait=True, timeout=10)


statuses = []
status = pv("RunStatus", callback=lambda value=None, **_: statuses.append(value))
answers = []
choice = pv(
    "FlowInputChoice",
    form="ctrl",
    auto_monitor=epics.dbr.DBE_VALUE | epics.dbr.DBE_PROPERTY,
    callback=lambda enum_strs=(), **_: answers.append(list(enum_strs)),
)

until("RunStatus", "None")
seen = {"completed": put("FlowRun", 1), "state": text("FlowRunStatus")}
until("RunStatus", "SUCCEEDED")
epics.ca.poll(0.1)
seen["statuses"] = [one for one, before in zip(statuses, [None] + statuses) if one != before]
seen["message"] = text("RunMessage")

write_text("FlowId", asking_flow)
write_text("RunInput", asking_input)
put("FlowRun", 1)
until("FlowInputWaiting", "Yes")
epics.ca.poll(0.2)
seen["answers"] = answers[-1]
pv("FlowInputChoice").put("Keep", wait=True, timeout=10)
pv("FlowRespondArm").put("Armed", wait=True, timeout=10)
put("FlowRespond", 1)
seen["respond"] = [text("FlowRespondStatus"), text("FlowRespondMessage")]
until("RunStatus", "SUCCEEDED")
until("FlowInputWaiting", "No")
epics.ca.poll(0.2)
seen["answersAfter"] = answers[-1]
print(json.dumps(seen))
