"""What a beamline script does: Init and Dirs with put-callback, and reads what came of it.  beamline_exercise.py PREFIX

Prints one JSON object. Uses pyepics; PYEPICS_LIBCA chooses the client library.
"""
import json
import sys

import epics

prefix = sys.argv[1]


def text(suffix):
    return epics.PV(prefix + suffix).get(as_string=True, timeout=10)


events = []
monitor = epics.PV(prefix + "InitStatus", callback=lambda value=None, **_: events.append(value))
monitor.wait_for_connection(timeout=10)

seen = {}
for command in ("Init", "Dirs"):
    pv = epics.PV(prefix + command)
    completed = pv.put(1, wait=True, timeout=60)
    seen[command] = {
        "completed": completed,
        "value": pv.get(use_monitor=False),
        "state": text(command + "Status"),
        "message": text(command + "Message"),
    }
epics.ca.poll(0.05)
seen["name"] = text("ExperimentName")
seen["events"] = events
print(json.dumps(seen))
