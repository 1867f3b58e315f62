/** A user's script survives an IOC that is killed and started again: it is told both, and its monitor goes on. */
import { describe, expect, test } from "vitest";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";
import { spawnPeer } from "../support/peers/spawn-peer.ts";

const record = (value: number): string => `record(ao, "$(P)x") { field(VAL, "${value}") field(PINI, "YES") }`;

describe.skipIf(needPeers("softIoc", "pyepics").missing)("a pyepics monitor", () => {
  test.each([
    ["softIoc", startSoftIoc],
    ["our IOC", startOurIoc],
  ])("goes on when %s comes back after kill -9", { timeout: 60_000 }, async (_, start) => {
    const first = await start({ db: record(1.5) });
    const { prefix, port, env } = first;
    const script = `${ROOT}/test/peers/pyepics_reconnect.py`;
    await using client = await spawnPeer(PYTHON, [script, `${prefix}x`], { env, line: /value 1\.5/ });
    first.process.kill("SIGKILL");
    await client.said(/disconnected/);
    await using second = await start({ db: record(2.5), prefix, port });
    await client.said(/disconnected\nconnected\nvalue 2\.5/, 30);
    expect(second.process.hasExited).toBe(false);
  });
});
