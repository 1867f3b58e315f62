/**
 * The program where few files may be open, and among signals: it says what is wrong, and keeps from clients what it
 * needs itself.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { nodeNetwork } from "../../src/net/node-network.ts";
import { lacksDescriptors } from "../support/descriptors.ts";
import { RawCircuit } from "../support/engine/raw-circuit.ts";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type RunningIoc, startIoc } from "../support/peers/soft-ioc.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = [process.execPath, join(ROOT, "dist/main.js")] as const;
const DB = `record(ao, "$(P)x") { field(PREC, "3") }`;
/** The words that run a program with at most so many open files. */
const limited = (files: number): readonly [string, ...string[]] => [
  "/bin/sh",
  "-c",
  `ulimit -n ${files} && exec "$0" "$@"`,
  ...PROGRAM,
];

describe.skipIf(lacksDescriptors())("where at most so many files may be open", () => {
  test.each([32, 64, 96, 255])("%s: the start is refused in one sentence", async (files) => {
    const [shell, ...words] = limited(files);
    const { code, stdout, stderr } = await runPeer(shell, [...words, "ioc", "-S", "st.cmd"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(new RegExp(`^globus-ioc may have ${files} files open and needs 256: [^\\n]*\\n$`));
  });

  test("256: clients find less room, and the shell still opens files while they fill it", async () => {
    await using ioc = await startIoc([...limited(256), "ioc"], { db: DB });
    await ioc.process.said(/This process may have 256 files open, so at most 128 clients are served/);
    const clients = await connectedClients(ioc, 200);
    expect(clients.filter((circuit) => !circuit.isClosed).length).toBe(64); // one address has half of the room
    await ioc.process.said(/127\.0\.0\.1 has 64 circuits, as many as are allowed: new ones are turned away/);
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
    const file = join(folder, "records.txt");
    ioc.type(`dbl > ${file}`);
    ioc.type("echo written");
    await ioc.process.said(/written/);
    await expect.poll(() => readFileSync(file, "utf8")).toContain(`${ioc.prefix}x`);
    for (const circuit of clients) circuit.stream.destroy();
    rmSync(folder, { recursive: true });
  });
});

/** So many circuits, one after the other, each with a channel unless it is turned away. */
async function connectedClients({ port, prefix }: RunningIoc, count: number): Promise<RawCircuit[]> {
  const circuits: RawCircuit[] = [];
  for (let i = 0; i < count; i++) {
    const circuit = new RawCircuit(await nodeNetwork.connect({ host: "127.0.0.1", port }, 5));
    circuits.push(circuit);
    const opened = circuit.begin().then((one) => one.open(`${prefix}x`));
    await opened.catch((error: unknown) => {
      if (!circuit.isClosed) throw error;
    });
  }
  return circuits;
}

test("SIGUSR1 opens no debugger's port, and the IOC serves on", async () => {
  await using ioc = await startOurIoc({ db: DB });
  ioc.process.kill("SIGUSR1");
  await ioc.process.said(/SIGUSR1 has no meaning here; the program goes on/);
  await ioc.process.serves({ name: `${ioc.prefix}x`, port: ioc.port });
  expect(ioc.process.stderr).not.toMatch(/debugger/i);
});
