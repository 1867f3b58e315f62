"""Watches one PV with pyepics and prints a line whenever its connection changes or a value arrives, until its input ends.

    pyepics_reconnect.py PV
"""
import sys

import epics


def connection(conn=None, **_):
    print("connected" if conn else "disconnected", flush=True)


def value(value=None, **_):
    print(f"value {value}", flush=True)


watched = epics.PV(sys.argv[1], connection_callback=connection, callback=value, auto_monitor=True)
sys.stdin.read()
