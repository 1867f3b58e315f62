/** Names in the address lists of the environment. */
import { expect, test } from "vitest";
import { resolveHosts } from "../../../src/ca/host-names.ts";

const HOSTS = new Map([
  ["ioc1", "10.0.0.1"],
  ["ioc2", "10.0.0.2"],
]);
const find = (host: string): Promise<string> => {
  const address = HOSTS.get(host);
  return address === undefined ? Promise.reject(new Error(`getaddrinfo ENOTFOUND ${host}`)) : Promise.resolve(address);
};

test.each([
  ["server", "EPICS_CAS_INTF_ADDR_LIST"],
  ["server", "EPICS_CAS_BEACON_ADDR_LIST"],
  ["server", "EPICS_CAS_IGNORE_ADDR_LIST"],
  ["client", "EPICS_CA_ADDR_LIST"],
  ["client", "EPICS_CA_NAME_SERVERS"],
] as const)(
  "of a %s, %s holds addresses for names; a name that is not found is left out and named",
  async (of, name) => {
    const environment = { [name]: " ioc1 nohost:5 127.0.0.1:7 ioc2:6064 ", OTHER: "ioc1" };
    expect(await resolveHosts(of, environment, find)).toEqual({
      environment: { [name]: "10.0.0.1 127.0.0.1:7 10.0.0.2:6064", OTHER: "ioc1" },
      warnings: [`${name}: there is no host "nohost"; it is left out`],
    });
  },
);

test("lists that are not set, or empty, stay so, and nobody is asked", async () => {
  const never = (): Promise<string> => Promise.reject(new Error("asked"));
  const environment = { EPICS_CAS_INTF_ADDR_LIST: "", EPICS_CAS_IGNORE_ADDR_LIST: "10.0.0.1" };
  expect(await resolveHosts("server", environment, never)).toEqual({ environment, warnings: [] });
});
