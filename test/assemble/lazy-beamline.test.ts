/** TomoScan's PVs while their client cannot be made, or not yet. */
import { expect, test } from "vitest";
import { lazyBeamline } from "../../src/assemble/lazy-beamline.ts";
import { createLog } from "../../src/base/log.ts";
import { isolatedClient } from "../../src/ca/ca-config.ts";
import { type CaClient, createCaClient } from "../../src/ca/client/client.ts";
import { MemoryNetwork } from "../support/engine/memory-network.ts";
import { ScriptedServer } from "../support/engine/scripted-server.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

async function scene() {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock);
  await ScriptedServer.start(network, { x: { native: 0, count: 1 } }, 6000);
  const lines: string[] = [];
  const log = createLog("globus", (line) => lines.push(line));
  const opening: { readonly resolve: (client: CaClient) => void; readonly reject: (error: Error) => void }[] = [];
  const open = () => new Promise<CaClient>((resolve, reject) => opening.push({ resolve, reject }));
  const client = createCaClient({ network, clock, config: isolatedClient(6000), user: "op", host: "ws1", log });
  return { clock, lines, opening, client, ...lazyBeamline(open, { clock, log }) };
}

test("a client that could not be made is told once, and made again for who follows a PV", async () => {
  const { clock, lines, opening, client, pvs } = await scene();
  const connected: boolean[] = [];
  const following = pvs.text$("x").subscribe((text) => connected.push(text.connected));
  for (const attempt of [0, 1]) {
    opening[attempt]?.reject(new Error("no interfaces"));
    await clock.advanceAsync(30);
  }
  opening[2]?.resolve(client);
  await clock.advanceAsync(1);
  expect(connected.at(-1)).toBe(true);
  expect(lines).toEqual([
    expect.stringMatching(/TomoScan's PVs cannot be followed: no interfaces; this is tried again/),
  ]);
  following.unsubscribe();
});

test("a call ends with its signal while the client is being made", async () => {
  const { pvs } = await scene();
  const reason = new Error("Aborted on request.");
  const signal = AbortSignal.abort(reason);
  await expect(pvs.writeText("x", "1", { signal })).rejects.toBe(reason);
  await expect(pvs.readText("x", { signal })).rejects.toBe(reason);
});

test("closing waits for no client that is being made; it is closed when it is there", async () => {
  const { clock, opening, client, pvs, close } = await scene();
  const following = pvs.text$("x").subscribe();
  await clock.advanceAsync(0);
  await close();
  opening[0]?.resolve(client);
  await clock.advanceAsync(100);
  expect(() => client.pv("y")).toThrow("after the client was closed");
  expect(clock.pending).toBe(0);
  following.unsubscribe();
});

test("closing after a client could not be made succeeds", async () => {
  const { opening, pvs, close } = await scene();
  const reading = pvs.readText("x", {});
  opening[0]?.reject(new Error("no interfaces"));
  await expect(reading).rejects.toThrow("no interfaces");
  await expect(close()).resolves.toBeUndefined();
});
