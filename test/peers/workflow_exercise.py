"""The data management of a beamtime, as a beamline script does it.  workflow_exercise.py PREFIX SERVER USER DATA_DIR

Init, Dirs, ListUsers, AddUser, RemoveUser, PreviewEmail, EmailArm, Email, StartDaq, files arrive in DATA_DIR, StopDaq, each with put-callback; prints one
JSON object with how each ended. Uses pyepics; PYEPICS_LIBCA chooses the client library.
"""
import json
import os
import sys
import threading

import epics

prefix, server, user, data_dir = sys.argv[1:5]
seen = {}


def pv(suffix):
    return epics.PV(prefix + suffix, connection_timeout=10)


def text(suffix):
    return pv(suffix).get(as_string=True, timeout=10, use_monitor=False)


def run(command):
    completed = pv(command).put(1, wait=True, timeout=120)
    seen[command] = {
        "completed": completed,
        "value": pv(command).get(use_monitor=False),
        "state": text(command + "Status"),
        "message": text(command + "Message"),
    }


def until(suffix, holds, seconds=60):
    """Waits for the PV's monitor to say what is wanted."""
    reached = threading.Event()
    watched = epics.PV(prefix + suffix, callback=lambda value=None, **_: holds(value) and reached.set())
    told = reached.wait(seconds)
    watched.disconnect()
    if not told:
        raise SystemExit("%s never became what was wanted; it is %r" % (suffix, text(suffix)))


pv("ServerName").put(server, wait=True, timeout=10)
for command in ("Init", "Dirs", "ListUsers"):
    run(command)
seen["users"] = text("Users").splitlines()
pv("EditUserBadge").put(user, wait=True, timeout=10)
run("AddUser")
seen["with"] = {"users": text("Users").splitlines(), "results": text("UserResults").splitlines()}
run("RemoveUser")
seen["without"] = text("Users").splitlines()
pv("EmailMode").put("All", wait=True, timeout=10)
run("PreviewEmail")
seen["recipients"] = text("EmailRecipients").splitlines()
pv("EmailArm").put(1, wait=True, timeout=10)
run("Email")
seen["sent"] = pv("EmailSent").get(use_monitor=False)
run("StartDaq")
if seen["StartDaq"]["state"] == "Done":
    for i in range(3):
        with open(os.path.join(data_dir, "scan_%03d.h5" % i), "w") as file:
            file.write("data")
    until("DaqRawFilesDone", lambda value: value is not None and value >= 3)
    seen["running"] = pv("DaqRunning").get(use_monitor=False)
    run("StopDaq")
    until("DaqRunning", lambda value: value == 0)
print(json.dumps(seen))
