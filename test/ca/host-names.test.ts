/** Names in the address lists of the environment. */
import { expect, test } from "vitest";
import { resolvedClientConfig, resolveHosts } from "../../src/ca/host-names.ts";

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
      mayFindMore: false,
    });
  },
);

test("lists that are not set, or empty, stay so, and nobody is asked", async () => {
  const never = (): Promise<string> => Promise.reject(new Error("asked"));
  const environment = { EPICS_CAS_INTF_ADDR_LIST: "", EPICS_CAS_IGNORE_ADDR_LIST: "10.0.0.1" };
  expect(await resolveHosts("server", environment, never)).toEqual({ environment, warnings: [], mayFindMore: false });
});

test.each([
  ["server", "EPICS_CAS_INTF_ADDR_LIST", "until the IOC is started again"],
  ["client", "EPICS_CA_ADDR_LIST", "until one answers"],
] as const)(
  "a name of a %s that no name server answers for may be found later, and is told as such",
  async (of, name, until) => {
    const unanswered = () =>
      Promise.reject(Object.assign(new Error("getaddrinfo EAI_AGAIN ioc1"), { code: "EAI_AGAIN" }));
    const environment = { [name]: "ioc1 10.0.0.2" };
    const warnings = [`${name}: no name server answers for the host "ioc1" (EAI_AGAIN); it is left out ${until}`];
    expect(await resolveHosts(of, environment, unanswered)).toEqual({
      environment: { [name]: "10.0.0.2" },
      warnings,
      mayFindMore: true,
    });
    if (of === "client")
      expect(await resolvedClientConfig(environment, unanswered)).toMatchObject({ warnings, mayFindMore: true });
  },
);
