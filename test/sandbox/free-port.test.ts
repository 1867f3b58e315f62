/** Ports of the sandbox's IOCs: no other server's, and no other sandbox's, be it still starting. */
import { expect, onTestFinished, test } from "vitest";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { type KeptPort, keepPort } from "../../src/sandbox/free-port.ts";
import { freePort } from "../support/peers/epics-environment.ts";

const lines: string[] = [];
async function keep(preferred: number): Promise<KeptPort> {
  const kept = await keepPort(preferred, (line) => lines.push(line), "the IOC");
  onTestFinished(() => kept.release());
  return kept;
}
const moved = (preferred: number, { port }: KeptPort): void => {
  expect(port).not.toBe(preferred);
  expect(lines.at(-1)).toBe(`Port ${preferred} is taken; the IOC uses ${port}.`);
};

test("the preferred port is taken where nobody has it", async () => {
  const preferred = await freePort();
  expect((await keep(preferred)).port).toBe(preferred);
  expect(lines).toEqual([]);
});

test("a port on which another server answers searches alone is left to it", async () => {
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    const preferred = await freePort();
    const other = await nodeNetwork.datagrams({ host, port: preferred, shared: true });
    onTestFinished(() => other.close());
    moved(preferred, await keep(preferred));
  }
});

test("a port on which another server listens for connections alone is left to it", async () => {
  const preferred = await freePort();
  const other = await nodeNetwork.listen({ host: "127.0.0.1", port: preferred }, (stream) => stream.destroy());
  onTestFinished(() => other.close());
  moved(preferred, await keep(preferred));
});

test("a port that another sandbox keeps is left to it before it serves there, and is taken once it is given back", async () => {
  const preferred = await freePort();
  const first = await keep(preferred);
  moved(preferred, await keep(preferred));
  first.release();
  expect((await keep(preferred)).port).toBe(preferred);
});
