/**
 * The put log of a running IOC on a log server that is not ours: puts by caproto's client, read line by line by a
 * program written from caPutLog's description. Servers die, stop reading and come back.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openClient } from "../support/peers/our-client.ts";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import type { RunningIoc } from "../support/peers/soft-ioc.ts";
import { type PeerProcess, runPythonJson, spawnPeer } from "../support/peers/spawn-peer.ts";

const { missing } = needPeers("caproto");

const DB = `
record(ao, "$(P)number") { field(VAL, "1") }
record(longout, "$(P)count") {}
record(mbbo, "$(P)state") { field(ZRST, "Off") field(ONST, "On") }
record(stringout, "$(P)text") { field(VAL, "old") }
record(waveform, "$(P)page") { field(FTVL, "CHAR") field(NELM, "1000") info(Q:form, "String") }
record(waveform, "$(P)array") { field(FTVL, "DOUBLE") field(NELM, "200000") }
record(ao, "$(P)quiet") { field(ASG, "QUIET") }
`;
const ACF = `
ASG(DEFAULT) { RULE(1, READ) RULE(1, WRITE, TRAPWRITE) }
ASG(QUIET) { RULE(1, WRITE) }
`;

type Read = Readonly<Record<string, unknown>>;

class LogServer {
  readonly process: PeerProcess;
  readonly port: number;
  constructor(process: PeerProcess, port: number) {
    this.process = process;
    this.port = port;
  }
  static async start(port = 0): Promise<LogServer> {
    const process = await spawnPeer(PYTHON, [join(ROOT, "test/peers/log_server.py"), String(port)]);
    const [, listening] = await process.said(/^port (\d+)$/m);
    return new LogServer(process, Number(listening));
  }
  /** What it has read so far. */
  get lines(): Read[] {
    const whole = this.process.stdout.split("\n").slice(1, -1);
    return whole.map((line) => JSON.parse(line) as Read);
  }
  /** Resolves once a line of this PV has come. */
  async has(pv: string): Promise<void> {
    await this.process.said(new RegExp(`"pv": "${pv}"`));
  }
}

/** Puts by caproto's client, one after the other. */
async function put(ioc: RunningIoc, steps: readonly (readonly [name: string, type: string, value: unknown])[]) {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  folders.push(folder);
  const file = join(folder, "steps.json");
  const listed = steps.map(([name, type, value]) => ({ pv: ioc.prefix + name, put: [type, value], get: [] }));
  writeFileSync(file, JSON.stringify(listed));
  const done = (await runPythonJson("put_get.py", [file], ioc.env)) as readonly { readonly put: boolean }[];
  expect(done.map((one) => one.put)).toEqual(steps.map(() => true));
}
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Without what differs from run to run. */
const plain = (ioc: RunningIoc, lines: readonly Read[]): unknown[] =>
  lines.map(({ date: _date, time: _time, host: _host, user: _user, pv, ...rest }) => ({
    pv: String(pv).replace(ioc.prefix, ""),
    ...rest,
  }));

describe.skipIf(missing)("the put log", () => {
  test("is read in both forms: new, old, bursts, arrays, texts", { timeout: 60_000 }, async () => {
    await using ioc = await startOurIoc({ db: DB, acf: ACF });
    const [text, json] = [await LogServer.start(), await LogServer.start()];
    ioc.type("iocLogPrefix 2bm:");
    ioc.type(`caPutLogInit 127.0.0.1:${text.port} 0 300`);
    ioc.type(`caPutJsonLogInit 127.0.0.1:${json.port} 0 300`);
    ioc.type("caPutJsonLogShow");
    await ioc.process.said(/caPutJsonLog mode: 0/);
    await put(ioc, [
      ...[5, -2, 9.5, 3].map((value) => ["number", "DOUBLE", value] as const),
      ["quiet", "DOUBLE", 3],
      ["count", "LONG", 7],
      ["state", "ENUM", 1],
      ["state", "ENUM", 1],
      ["text", "STRING", 'a "b"\n\\ new=7 \xfc'],
      ["page", "CHAR", [...Buffer.from("Grüße\n")]],
      ["array", "DOUBLE", Array.from({ length: 100_000 }, (_, i) => i + 0.5)],
      ["count", "LONG", 8],
      ["number", "DOUBLE", 3],
      ["text", "STRING", "last"],
      ["count", "LONG", 9],
    ]);
    await text.has(`${ioc.prefix}text`);
    await json.has(`${ioc.prefix}text`);
    const common = { prefix: "2bm:" };
    const asText = { form: "text", ...common };
    await text.process.said(/"new": "last"/);
    await json.process.said(/"new": "last"/);
    expect(plain(ioc, text.lines)).toEqual([
      { ...asText, pv: "number", new: 3, old: 1, min: -2, max: 9.5 },
      { ...asText, pv: "count", new: 7, old: 0 },
      { ...asText, pv: "state", new: 1, old: 0, min: 1, max: 1 },
      { ...asText, pv: "text", new: 'a "b"\n\\ new=7 \xfc', old: "old" },
      { ...asText, pv: "page", new: "Gr\xc3\xbc\xc3\x9fe\n", old: "" },
      { ...asText, pv: "array", new: 0.5, old: "" },
      { ...asText, pv: "count", new: 8, old: 7 },
      { ...asText, pv: "text", new: "last", old: 'a "b"\n\\ new=7 \xfc' },
    ]);
    const asJson = { form: "json", ...common };
    expect(plain(ioc, json.lines)).toEqual([
      { ...asJson, pv: "number", new: 3, old: 1, min: -2, max: 9.5, burst: 3 },
      { ...asJson, pv: "count", new: 7, old: 0 },
      { ...asJson, pv: "state", new: 1, old: 0, min: 1, max: 1, burst: 1 },
      { ...asJson, pv: "text", new: 'a "b"\n\\ new=7 \xfc', old: "old" },
      { ...asJson, pv: "page", new: ["Grüße\n"], "new-size": 9, old: [""], "old-size": 0 },
      {
        ...asJson,
        pv: "array",
        new: Array.from({ length: 50 }, (_, i) => i + 0.5),
        "new-size": 100_000,
        old: [],
        "old-size": 0,
      },
      { ...asJson, pv: "count", new: 8, old: 7 },
      { ...asJson, pv: "text", new: "last", old: 'a "b"\n\\ new=7 \xfc' },
    ]);
    await ioc.stop();
    await text.process.said(/"pv": "[^"]*count", "new": 9/);
    expect(plain(ioc, text.lines).at(-1)).toEqual({ ...asText, pv: "count", new: 9, old: 8 });
  });

  test("goes on when the server is killed and started again, and the IOC tells it", { timeout: 60_000 }, async () => {
    await using ioc = await startOurIoc({ db: DB, acf: ACF });
    await using client = openClient(ioc.port);
    const first = await LogServer.start();
    ioc.type(`caPutLogInit 127.0.0.1:${first.port} 2`);
    await ioc.process.said(/log server 127\.0\.0\.1:\d+ is connected/);
    const number = client.client.pv(`${ioc.prefix}number`);
    await number.connected();
    await number.putCallback(2);
    await first.has(`${ioc.prefix}number`);
    first.process.kill("SIGKILL");
    await ioc.process.said(/The log server 127\.0\.0\.1:\d+ gets no lines/);
    for (const value of [3, 4, 5]) await number.putCallback(value);
    const second = await LogServer.start(first.port);
    await second.process.said(/"new": 5/);
    expect(second.lines.map((line) => [line["user"], line["host"], line["new"]])).toEqual([
      ["tester", "testhost", 3],
      ["tester", "testhost", 4],
      ["tester", "testhost", 5],
    ]);
  });

  test("a server that stops reading stops no put, and gets what was kept when it reads again", {
    timeout: 60_000,
  }, async () => {
    await using ioc = await startOurIoc({ db: DB, acf: ACF });
    await using client = openClient(ioc.port);
    const server = await LogServer.start();
    ioc.type(`caPutJsonLogInit 127.0.0.1:${server.port} 2`);
    await ioc.process.said(/log server 127\.0\.0\.1:\d+ is connected/);
    server.process.kill("SIGSTOP");
    const page = client.client.pv(`${ioc.prefix}page`);
    const number = client.client.pv(`${ioc.prefix}number`);
    await Promise.all([page.connected(), number.connected()]);
    const text = "\x01".repeat(399); // some 5 KB a line: more than the sockets and the queue hold
    for (let i = 0; i < 2000; i++) await page.putCallback(text);
    await ioc.process.said(/Lines for the log server 127\.0\.0\.1:\d+ are lost from now on: it takes no lines/);
    server.process.kill("SIGCONT");
    const [, lost] = await ioc.process.said(/takes lines again; (\d+) were lost/, 40);
    await number.putCallback(77);
    await server.process.said(/"new": 77/, 40);
    const kept = server.lines.length - 1;
    expect(kept + Number(lost)).toBe(2000);
    expect(server.lines.filter((line) => line["form"] !== "json")).toEqual([]);
  });

  test("the IOC's log comes to a log server too", { timeout: 60_000 }, async () => {
    const server = await LogServer.start();
    const env = { EPICS_IOC_LOG_INET: "127.0.0.1", EPICS_IOC_LOG_PORT: String(server.port) };
    await using ioc = await startOurIoc({ db: DB, env });
    ioc.type("iocLogPrefix 2bm:");
    ioc.type("iocLogInit");
    await ioc.process.said(/is connected/);
    ioc.type(`caPutLogInit 127.0.0.1:1`);
    await server.process.said(/2bm:error: ioc: The log server 127\.0\.0\.1:1 gets no lines: nobody listens there/);
    expect(server.lines.every((line) => line["form"] === "line")).toBe(true);
  });
});
