"""Asks a Channel Access server for rights, and tries to use them, as one user; prints what it saw as JSON: {record: facts}.

    access_exercise.py pyepics|caproto PREFIX RECORD… [--uid N]      N: the account to be, for libca

Judges nothing: the test compares two servers.
"""
import json
import os
import sys

client, prefix, *records = sys.argv[1:]
if "--uid" in records:
    where = records.index("--uid")
    uid = int(records[where + 1])
    del records[where:]
else:
    uid = None
PATIENCE = 10


def with_pyepics():
    from epics import ca

    ca.find_libca()
    if uid is not None:
        os.setuid(uid)
    for record in records:
        chid = ca.create_channel(prefix + record, connect=True)
        seen = [ca.read_access(chid), ca.write_access(chid)]
        for attempt in (lambda: ca.get(chid, timeout=PATIENCE), lambda: ca.put(chid, 5.0, wait=True, timeout=PATIENCE)):
            try:
                seen.append(attempt())
            except Exception as error:
                seen.append(f"{type(error).__name__}: {error}")
        yield record, seen


def with_caproto():
    from caproto.threading.client import Context

    context = Context(timeout=PATIENCE)
    for record, pv in zip(records, context.get_pvs(*[prefix + record for record in records])):
        pv.wait_for_connection(timeout=PATIENCE)
        seen = [str(pv.access_rights)]
        for attempt in (lambda: pv.read().data.tolist(), lambda: pv.write([5.0], wait=True).status.name):
            try:
                seen.append(attempt())
            except Exception as error:
                seen.append(f"{type(error).__name__}: {error}")
        yield record, seen


print(json.dumps(dict({"pyepics": with_pyepics, "caproto": with_caproto}[client]())))
