#!/usr/bin/env python3
"""A small IOC on caproto's server: the second, independent server that our client is tried against.

    caproto_ioc.py PREFIX

The port and the interface come from EPICS_CA_SERVER_PORT and are private to the test. One PV of each native type, an array, and two that are slow and
that fail to process.
"""
import asyncio
import sys

from caproto import AlarmSeverity, AlarmStatus, ChannelType
from caproto.server import PVGroup, pvproperty, run


class Pvs(PVGroup):
    double = pvproperty(value=1.5, name="double", precision=3, units="mm", upper_ctrl_limit=10.0, lower_ctrl_limit=-10.0)
    long = pvproperty(value=42, name="long")
    enum = pvproperty(value="Done", name="enum", enum_strings=["Done", "Busy"], dtype=ChannelType.ENUM)
    string = pvproperty(value="hello", name="string", dtype=ChannelType.STRING)
    chars = pvproperty(value="Unknown", name="chars", dtype=ChannelType.CHAR, max_length=256)
    array = pvproperty(value=[0.0], name="array", dtype=ChannelType.DOUBLE, max_length=100000)
    slow = pvproperty(value=0, name="slow")
    fails = pvproperty(value=0, name="fails")
    alarmed = pvproperty(value=5.0, name="alarmed", alarm_group="alarmed")
    count = pvproperty(value=0, name="count")

    @slow.putter
    async def slow(self, instance, value):
        await asyncio.sleep(0.3)
        return value

    @fails.putter
    async def fails(self, instance, value):
        raise ValueError("not possible")

    @alarmed.startup
    async def alarmed(self, instance, async_lib):
        await instance.write(instance.value, status=AlarmStatus.HIGH, severity=AlarmSeverity.MINOR_ALARM)

    @count.startup
    async def count(self, instance, async_lib):
        while True:
            await async_lib.library.sleep(0.1)
            await instance.write(instance.value + 1)


if __name__ == "__main__":
    run(Pvs(prefix=sys.argv[1]).pvdb, interfaces=["127.0.0.1"], log_pv_names=False)
