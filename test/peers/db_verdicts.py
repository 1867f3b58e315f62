#!/usr/bin/env python3
"""What EPICS base says to .db texts: reads a JSON list of texts on standard input, prints a JSON list of true (loaded) and false.

    db_verdicts.py MACROS < texts.json

Each text meets an empty database: it is loaded in a child process that has only the record types.
"""
import json
import os
import sys
import tempfile

from epicscorelibs import ioc


def loads(path: str, macros: str) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(1 if ioc.dbLoadRecords(path.encode(), macros.encode()) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def main() -> None:
    ioc.iocshRegisterCommon()
    if ioc.dbLoadDatabase(b"base.dbd", ioc.DEFAULT_DBD_PATH.encode(), None):
        sys.exit("db_verdicts.py: cannot load base.dbd")
    if ioc.registerRecordDeviceDriver(ioc.pdbbase):
        sys.exit("db_verdicts.py: cannot register the record types")
    verdicts = []
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        for text in json.load(sys.stdin):
            file.seek(0)
            file.truncate()
            file.write(text.encode())
            file.flush()
            verdicts.append(loads(file.name, sys.argv[1]))
    print(json.dumps(verdicts), flush=True)
    os._exit(0)  # base's threads still run


if __name__ == "__main__":
    main()
