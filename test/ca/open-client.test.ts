/** A client whose address lists hold names, over a network in memory. */
import { expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { openCaClient } from "../../src/ca/open-client.ts";
import { MemoryNetwork } from "../support/engine/memory-network.ts";
import { ScriptedServer } from "../support/engine/scripted-server.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

/** A client that is to find its server under a name, and the name servers that it asks. */
async function scene(environment: Readonly<Record<string, string>>) {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  const server = await ScriptedServer.start(network, { x: { native: 6, count: 1 } }, 6000);
  const names = { answer: "EAI_AGAIN", asked: 0 };
  const warnings: string[] = [];
  const client = await openCaClient({
    environment: { EPICS_CA_AUTO_ADDR_LIST: "NO", EPICS_CA_REPEATER_PORT: "6001", ...environment },
    find: (host) => {
      names.asked++;
      if (!names.answer.startsWith("E")) return Promise.resolve(names.answer);
      return Promise.reject(Object.assign(new Error(`getaddrinfo ${names.answer} ${host}`), { code: names.answer }));
    },
    warn: (sentence) => warnings.push(sentence),
    network,
    clock,
    user: "op",
    host: "ws1",
    log: silentLog,
  });
  return { clock, client, server, names, warnings };
}

test.each(["EPICS_CA_ADDR_LIST", "EPICS_CA_NAME_SERVERS"])(
  "a name in %s that no name server answers for is looked up again, until one does",
  async (variable) => {
    const { clock, client, server, names, warnings } = await scene({ [variable]: "ioc1:6000" });
    client.pv("x");
    await clock.advanceAsync(100);
    expect(server.circuits.length).toBe(0);
    expect(names.asked).toBe(4);
    expect(warnings).toEqual([expect.stringContaining(`${variable}: no name server answers for the host "ioc1"`)]);
    names.answer = "127.0.0.1";
    await clock.advanceAsync(30);
    expect(server.circuits.length).toBe(1);
    expect(names.asked).toBe(5);
    await clock.advanceAsync(1000);
    expect(names.asked).toBe(5);
    server.stop();
    const closed = client.close();
    await clock.advanceAsync(1);
    await closed;
  },
);

test("a name that turns out to be none is told, and looked up no more", async () => {
  const { clock, client, names, warnings } = await scene({ EPICS_CA_ADDR_LIST: "ioc1" });
  names.answer = "ENOTFOUND";
  await clock.advanceAsync(1000);
  expect(names.asked).toBe(2);
  expect(warnings.at(-1)).toBe('EPICS_CA_ADDR_LIST: there is no host "ioc1"; it is left out');
  await client.close();
});

test("a client that is closed looks nothing up any more", async () => {
  const { clock, client, names } = await scene({ EPICS_CA_ADDR_LIST: "ioc1" });
  await client.close();
  await clock.advanceAsync(1000);
  expect(names.asked).toBe(1);
});
