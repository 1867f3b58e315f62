/** The environment variables of Channel Access servers, read. */

import { expect, test } from "vitest";
import type { Environment } from "../../src/base/environment.ts";
import { serverConfig } from "../../src/ca/ca-config.ts";
import { broadcastOf, type Interface } from "../../src/net/interfaces.ts";

const LOCAL: readonly Interface[] = [
  { host: "127.0.0.1", broadcast: "127.255.255.255", loopback: true },
  { host: "10.1.2.3", broadcast: "10.1.2.255", loopback: false },
  { host: "10.9.9.9", broadcast: "10.9.9.9", loopback: false },
];
const read = (environment: Environment): ReturnType<typeof serverConfig> =>
  serverConfig(environment, ["10.1.2.255"], LOCAL);

test("nothing set: all interfaces, port 5064, beacons to every broadcast address, arrays as large as their PV", () => {
  expect(read({})).toEqual({
    warnings: [],
    config: {
      interfaces: [],
      searchBroadcasts: [],
      port: 5064,
      beaconAddresses: [{ host: "10.1.2.255", port: 5065 }],
      beaconPeriodSeconds: 15,
      ignoreSearchesFrom: [],
      maxArrayBytes: undefined,
    },
  });
});

test("listed interfaces hear their broadcasts, where they have one, and beacons keep to them", () => {
  const { config } = read({ EPICS_CAS_INTF_ADDR_LIST: "127.0.0.1 10.9.9.9", EPICS_CAS_BEACON_PORT: "6000" });
  expect(config.interfaces).toEqual(["127.0.0.1", "10.9.9.9"]);
  expect(config.searchBroadcasts).toEqual(["127.255.255.255"]);
  expect(config.beaconAddresses).toEqual([{ host: "127.255.255.255", port: 6000 }]);
});

test("the server's own variables win over the common ones", () => {
  const { config } = read({
    EPICS_CA_SERVER_PORT: "6064",
    EPICS_CAS_SERVER_PORT: "7064",
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: "NO",
    EPICS_CAS_BEACON_ADDR_LIST: "192.168.1.255 192.168.2.255:7000 192.168.1.255",
    EPICS_CA_REPEATER_PORT: "6065",
    EPICS_CAS_IGNORE_ADDR_LIST: "10.0.0.1 10.0.0.2:5064",
  });
  expect(config).toMatchObject({
    port: 7064,
    beaconAddresses: [
      { host: "192.168.1.255", port: 6065 },
      { host: "192.168.2.255", port: 7000 },
    ],
    ignoreSearchesFrom: ["10.0.0.1", "10.0.0.2"],
  });
});

test("an array limit holds only when automatic sizes are off, and is at least 16384", () => {
  expect(read({ EPICS_CA_MAX_ARRAY_BYTES: "20000" }).config.maxArrayBytes).toBeUndefined();
  const off = { EPICS_CA_AUTO_ARRAY_BYTES: "NO" };
  expect(read({ ...off, EPICS_CA_MAX_ARRAY_BYTES: "20000" }).config.maxArrayBytes).toBe(20000);
  expect(read({ ...off, EPICS_CA_MAX_ARRAY_BYTES: "10" }).config.maxArrayBytes).toBe(16384);
});

test("a value that cannot be used is named, with what is used instead", () => {
  const { config, warnings } = read({ EPICS_CAS_SERVER_PORT: "80", EPICS_CAS_BEACON_ADDR_LIST: "host:port" });
  expect(config.port).toBe(5064);
  expect(warnings).toEqual([
    expect.stringContaining('EPICS_CAS_SERVER_PORT="80"'),
    expect.stringContaining('"host:port"'),
  ]);
});

test("a broadcast address comes of address and mask", () => {
  expect(broadcastOf("10.1.2.3", "255.255.255.0")).toBe("10.1.2.255");
  expect(broadcastOf("127.0.0.1", "255.0.0.0")).toBe("127.255.255.255");
  expect(broadcastOf("10.1.2.3", "255.255.255.255")).toBe("10.1.2.3");
});
