"""What a beamline script does with a workflow: WorkflowRun without a file, and with one, and its job to its end.
workflow_job_exercise.py PREFIX EXPERIMENT FILE: the experiment that is tagged

Prints one JSON object. Uses pyepics; PYEPICS_LIBCA chooses the client library.
"""
import json
import sys
import time

import epics

prefix, experiment, file = sys.argv[1:4]
SECONDS = 60


def pv(suffix, **options):
    made = epics.PV(prefix + suffix, **options)
    made.wait_for_connection(timeout=10)
    return made


def text(suffix):
    return pv(suffix).get(as_string=True, timeout=10, use_monitor=False)


def run(command):
    """The state and the message of the command, once its put-callback has come."""
    if pv(command).put(1, wait=True, timeout=SECONDS) != 1:
        raise SystemExit("%s never completed" % command)
    return [text(command + "Status"), text(command + "Message")]


def until(suffix, wanted):
    end = time.time() + SECONDS
    while text(suffix) != wanted:
        if time.time() > end:
            raise SystemExit("%s never became %s; it was %s" % (suffix, wanted, text(suffix)))
        epics.ca.poll(0.1)


stages = []
stage = pv("WorkflowStage", callback=lambda char_value=None, **_: stages.append(char_value))

until("ExperimentName", experiment)
until("WorkflowStatus", "None")
seen = {"without": run("WorkflowRun")}
pv("WorkflowFile").put([ord(one) for one in file] + [0], wait=True, timeout=10)
seen["run"] = run("WorkflowRun")
seen["monitor"] = run("WorkflowMonitor")
seen["status"] = text("WorkflowStatus")
epics.ca.poll(0.1)
seen["stages"] = stages
print(json.dumps(seen))
