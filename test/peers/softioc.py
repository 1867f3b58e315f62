#!/usr/bin/env python3
"""softIoc, the reference IOC, from the package epicscorelibs (EPICS base 7.0.10).

    softioc.py [-m MACROS] [-d FILE.db]... [-a FILE.acf] [-S] [--pva] [st.cmd]

The options are softIoc's: -m holds for the -d after it; -d runs iocInit itself, a start-up script says it. Then
commands are read from standard input until its end or `exit`; with -S none are read and it runs until SIGTERM.
--pva also serves pvAccess. Ports and interfaces come from the EPICS_* environment variables.
"""
import argparse
import ctypes
import os
import signal
import sys

from epicscorelibs import ioc

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Records(argparse.Action):
    """Pairs each -d with the -m before it."""

    def __call__(self, parser, namespace, values, option_string=None):
        namespace.records = [*(namespace.records or []), (values, namespace.macros)]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="softioc.py", description="EPICS base's softIoc")
    parser.add_argument("-m", dest="macros", default="", help="macros for the -d that follow, as A=1,B=2")
    parser.add_argument("-d", dest="records", action=Records, help="a .db file")
    parser.add_argument("-a", dest="access", help="an access security file")
    parser.add_argument("-S", dest="stay", action="store_true", help="no shell: run until SIGTERM")
    parser.add_argument("--pva", action="store_true", help="serve pvAccess too")
    parser.add_argument("script", nargs="?", help="a start-up script")
    return parser.parse_args()


def must(status: int, what: str) -> None:
    if status:
        sys.exit(f"softioc.py: {what} failed")


def load_definitions(pva: bool) -> None:
    definitions = [("base.dbd", ioc.DEFAULT_DBD_PATH)]
    if pva:
        for library in ioc.pva_dso_load:
            ctypes.CDLL(ioc.find_dso(library), ctypes.RTLD_GLOBAL)
        definitions += ioc.pva_dbd_load
    ioc.iocshRegisterCommon()
    for name, path in definitions:
        must(ioc.dbLoadDatabase(name.encode(), path.encode(), None), f"loading {name}")
    must(ioc.registerRecordDeviceDriver(ioc.pdbbase), "registering the record types")


def main() -> None:
    chosen = options()
    if chosen.stay:
        # Before the IOC starts its threads, which inherit this: the signal then waits for sigwait.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    else:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    load_definitions(chosen.pva)
    if chosen.access:
        must(ioc.ioc(f'asSetFilename("{chosen.access}")'), f"using {chosen.access}")
    for name, macros in chosen.records or []:
        must(ioc.dbLoadRecords(os.fsencode(name), macros.encode()), f"loading {name}")
    if chosen.records:
        must(ioc.iocInit(), "iocInit")

    shell = ioc.Com.iocsh
    shell.argtypes, shell.restype = [ctypes.c_char_p], ctypes.c_int
    status = shell(os.fsencode(chosen.script)) if chosen.script else 0
    if status == 0:
        if chosen.stay:
            signal.sigwait(STOP_SIGNALS)
        else:
            status = shell(None)
    sys.stdout.flush()
    # The IOC's threads still run; leaving through Python's clean-up would race with them.
    os._exit(1 if status else 0)


if __name__ == "__main__":
    main()
