/** The door of a running queue, as a socket: what hostile, slow and leaving peers get, and what a kill leaves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import type { DeskAnswer, DeskRequest, QueueDesk, ScanRow } from "../../src/controller/ports/queue-desk.ts";
import { createQueueDesk, ledgerDesk } from "../../src/controller/transfers/queue-desk.ts";
import { createQueueDoor, type QueueDoor } from "../../src/services/ledger/queue-door.ts";
import { askAtDoor } from "../../src/services/ledger/queue-door-client.ts";
import { lacksDescriptors, openDescriptors } from "../support/descriptors.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeQueueLedger } from "../support/fakes/fake-transfers.ts";

const OWNER = { pid: 4711, host: "station1", prefix: "2bmb:Globus:" };
const MANY = 20_000;
const NEVER = new AbortController().signal;

let ledger: string;
let warnings: string[];
beforeEach(async () => {
  const made = await mkdtemp(join(tmpdir(), "queue-door-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  ledger = made;
  warnings = [];
});
const socketPath = (): string => join(ledger, "queue.sock");

const row = (index: number): ScanRow => ({
  id: `20260301T${String(index).padStart(9, "0")}Z-aa`,
  name: `a${index}`,
  file: `/data/한국 ${index}\n.h5`,
  state: "Verified",
  seen: 0,
  experiment: "",
  reason: "",
  destinations: [],
});

/** Answers a list with so many rows, and counts what it was asked. */
class CountingDesk implements QueueDesk {
  readonly asked: DeskRequest[] = [];
  rows = 1;
  /** Requests that are being answered. */
  open = 0;
  gate: Promise<void> | undefined;
  failure: Error | undefined;
  async *answer(request: DeskRequest): AsyncIterable<DeskAnswer> {
    this.asked.push(request);
    this.open++;
    try {
      await this.gate;
      if (this.failure !== undefined) throw this.failure;
      for (let index = 0; index < this.rows; index++) yield { row: row(index) };
      yield { end: { isDone: true, message: `${this.rows} scans.` } };
    } finally {
      this.open--;
    }
  }
}

function doorOf(desk: QueueDesk, more: Partial<Parameters<typeof createQueueDoor>[0]> = {}): QueueDoor {
  const warn = (sentence: string): void => void warnings.push(sentence);
  const door = createQueueDoor({ ledger, owner: OWNER, desk, clock: systemClock, log: { warn, error: warn }, ...more });
  onTestFinished(() => door.close());
  return door;
}
async function opened(desk: QueueDesk, more: Parameters<typeof doorOf>[1] = {}): Promise<QueueDoor> {
  const door = doorOf(desk, more);
  await door.open();
  expect(warnings).toEqual([]);
  return door;
}

async function ask(request: DeskRequest = { ask: "list" }): Promise<DeskAnswer[] | undefined> {
  const door = await askAtDoor({ ledger, clock: systemClock, signal: NEVER }, request);
  if (door === undefined) return undefined;
  expect(door.holder).toEqual(OWNER);
  const answers: DeskAnswer[] = [];
  for await (const answer of door.answers) answers.push(answer);
  return answers;
}

/** Sends bytes as they are. @returns all that comes back until the end */
async function raw(bytes: string | Buffer, isEnd = true): Promise<string> {
  const socket = net.connect(socketPath());
  socket.on("error", () => {});
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  if (isEnd) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, "close");
  return text;
}
const saysOf = (text: string): string =>
  (JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as { readonly end: { readonly message: string } }).end.message;

/** Waits until something is so; each step is a turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test("a request and its answer go through, however many scans there are", async () => {
  const desk = new CountingDesk();
  desk.rows = MANY;
  await opened(desk);
  const answers = await ask({ ask: "list", name: "a*", last: 3 });
  expect(desk.asked).toEqual([{ ask: "list", name: "a*", last: 3 }]);
  expect(answers).toHaveLength(MANY + 1);
  expect(answers?.[7]).toEqual({ row: row(7) });
  expect(answers?.at(-1)).toEqual({ end: { isDone: true, message: `${MANY} scans.` } });
});

test("every kind of answer goes through as the desk gives it", async () => {
  const fake = new FakeQueueLedger();
  const tags = { exp: "E", ym: "2026-03", last: "Levy", gup: "1" };
  const ready = { state: "ready", seen: 1, trigger: "tomoscan", tags, signature: "s" } as const;
  const submission = {
    id: "s1",
    label: "l\u0007",
    sourceCollection: "a",
    destinationCollection: "b",
    items: [{ source: "/한", destination: "/\n", isFolder: false }],
    deadline: "2026-03-02T00:00:00Z",
  };
  await fake.put([
    { scan: { ...ready, id: "i1", file: "/data/\u202ea.h5" } },
    { send: { scan: "i1", destination: "d", state: "dead", attempts: 8, at: 1, missing: { count: 2, names: ["x"] } } },
    { scan: { ...ready, id: "i2", file: "/other/\u202ea.h5", aborted: "stopped", copiesTo: "/x" } },
    { submission: { submission, owner: "me", destination: "d", scans: ["i1"], at: 1, task: "t" } },
    { note: { id: "n", at: 1, kind: "task", line: { 한: [1, null] }, webhook: "due" } },
    { summary: { days: ["2026-03-01"], at: 1 } },
  ]);
  await fake.keepManifest("i1", { folder: "/data", isFolder: false, files: [{ path: "a", bytes: 1, modified: 2 }] });
  const queue = await ledgerDesk(fake, systemClock);
  const desk = createQueueDesk(() => queue);
  await opened(desk);
  for (const request of [
    { ask: "list" },
    { ask: "list", scans: ["\u202ea"] },
    { ask: "show", scan: "i1", files: 5 },
    { ask: "show", scan: "i2", files: 5 },
    { ask: "export" },
    { ask: "retry", scans: ["nothing"] },
  ] as const) {
    const answers = await ask(request);
    const direct: DeskAnswer[] = [];
    for await (const answer of desk.answer(request)) direct.push(answer);
    expect(answers).toEqual(direct);
    expect(direct.length).toBeGreaterThan(0);
  }
});

test("the socket is for the user alone, and is gone with the door", async () => {
  const door = await opened(new CountingDesk());
  const { mode } = await lstat(socketPath());
  expect((mode & 0o777).toString(8)).toBe("600");
  await door.open();
  expect(warnings).toEqual([]);
  await door.close();
  expect(await readdir(ledger)).toEqual([]);
  expect(await ask()).toBeUndefined();
  await door.open();
  expect(await readdir(ledger), "it stays closed").toEqual([]);
});

test("a request without a line end is answered when its sender has ended", async () => {
  await opened(new CountingDesk());
  expect(saysOf(await raw('{"ask":"list"}'))).toBe("1 scans.");
  expect(saysOf(await raw('{"ask":"list"}\n', false))).toBe("1 scans.");
});

test.each([
  ["nothing", ""],
  ["a line end", "\n"],
  ["zeros", Buffer.alloc(100)],
  ["no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x0a])],
  ["no JSON", '{"ask":"list"\n'],
  ["no object", "[[[[]]]]\n"],
  ["an unknown request", '{"ask":"shutdown"}\n'],
  ["a field too many", '{"ask":"list","exec":"rm"}\n'],
  ["another type", '{"ask":"drop","scans":"a1"}\n'],
  ["half a number", '{"ask":"show","scan":"a1","files":0.5}\n'],
  ["a prototype", '{"ask":"list","__proto__":{"last":1}}\n'],
  ["deep nesting", `${"[".repeat(100_000)}\n`],
  ["HTTP", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
])("%s is refused in a sentence, and asks nothing", async (_what, bytes) => {
  const desk = new CountingDesk();
  await opened(desk);
  expect(saysOf(await raw(bytes))).toBe("That is no request of this version: use the globus-ioc of the IOC that runs.");
  expect(desk.asked).toEqual([]);
  expect(await ask()).toHaveLength(2);
});

test("a request without end is refused at its bound, and its sender is left", async () => {
  const desk = new CountingDesk();
  const clock = new FakeClock();
  await opened(desk, { clock });
  const socket = net.connect(socketPath());
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  socket.write("x".repeat(300_000));
  await until(() => text.includes("end"));
  expect(saysOf(text)).toContain("more than 262144 bytes");
  expect(desk.asked).toEqual([]);
  socket.destroy();
});

test("a peer that asks nothing, and one that does not take its answer, are left after a while", async () => {
  const clock = new FakeClock();
  const desk = new CountingDesk();
  desk.rows = MANY;
  await opened(desk, { clock });
  const silent = net.connect({ path: socketPath(), allowHalfOpen: true });
  const stuck = net.connect({ path: socketPath(), allowHalfOpen: true }).pause();
  const over = Promise.all(
    [silent, stuck].map((socket) =>
      once(
        socket.on("error", () => {}),
        "close",
      ),
    ),
  );
  stuck.write('{"ask":"list"}\n');
  await until(() => desk.open === 1 && clock.pending === 2);
  clock.advance(5);
  silent.resume();
  await once(silent, "end");
  silent.destroy();
  clock.advance(30);
  await until(() => desk.open === 0);
  stuck.destroy();
  await over;
  expect(clock.pending).toBe(0);
});

test("a peer that leaves in the middle ends its answer, and nothing else", async () => {
  const desk = new CountingDesk();
  desk.rows = 10 * MANY;
  await opened(desk);
  const socket = net.connect(socketPath());
  socket.write('{"ask":"list"}\n');
  await once(socket, "data");
  socket.destroy();
  await until(() => desk.open === 0);
  desk.rows = 1;
  expect(await ask()).toHaveLength(2);
});

test("more peers than are answered at once are told so, and the first are answered", async () => {
  const desk = new CountingDesk();
  let openGate = (): void => {};
  desk.gate = new Promise((resolve) => {
    openGate = resolve;
  });
  await opened(desk);
  const first = Array.from({ length: 8 }, () => ask());
  await until(() => desk.open === 8);
  expect(await ask()).toEqual([
    { end: { isDone: false, message: "8 others are being answered: try again in a moment." } },
  ]);
  openGate();
  for (const answers of await Promise.all(first)) expect(answers).toHaveLength(2);
  expect(await ask()).toHaveLength(2);
});

test("a bug of the desk is told and logged, and the door stays open", async () => {
  const desk = new CountingDesk();
  desk.failure = new TypeError("a bug");
  await opened(desk);
  expect(await ask()).toEqual([{ end: { isDone: false, message: "The IOC could not answer: its log says why." } }]);
  expect(warnings).toEqual([expect.stringContaining("TypeError: a bug")]);
  desk.failure = undefined;
  expect(await ask()).toHaveLength(2);
});

test("a door that closes in the middle of an answer is told as such to who has asked", async () => {
  const desk = new CountingDesk();
  desk.rows = 10 * MANY;
  const door = await opened(desk);
  const asked = await askAtDoor({ ledger, clock: systemClock, signal: NEVER }, { ask: "list" });
  const failed = failureOf(
    (async () => {
      for await (const _ of asked?.answers ?? []) await door.close();
    })(),
    ActionError,
  );
  expect((await failed).message).toBe(
    "The connection to the IOC 2bmb:Globus:, process 4711 on station1 broke before it had answered: see with globus-ioc queue list what was done",
  );
});

test("an answer that stops, or that is none of this version, is told; Ctrl-C ends the wait", async () => {
  const answering = async (reply: string): Promise<net.Server> => {
    await rm(socketPath(), { force: true });
    const server = net.createServer((socket) => void socket.on("error", () => {}).write(reply)).listen(socketPath());
    onTestFinished(() => void server.close());
    await once(server, "listening");
    return server;
  };
  const clock = new FakeClock();
  await answering("");
  const silent = failureOf(askAtDoor({ ledger, clock, signal: NEVER }, { ask: "list" }), ActionError);
  await until(() => clock.pending === 1);
  clock.advance(30);
  expect((await silent).message).toBe("The IOC has not answered for 30 s: look whether it is stopped");
  const stop = new AbortController();
  const waiting = failureOf(askAtDoor({ ledger, clock, signal: stop.signal }, { ask: "list" }), ActionError);
  await until(() => clock.pending === 1);
  stop.abort(new ActionError("Ended by SIGINT."));
  expect((await waiting).message).toBe("Ended by SIGINT.");
  for (const reply of ["{}\n", "<html>\n", `${JSON.stringify({ holder: OWNER })}\n{"row":{}}\n`]) {
    await answering(reply);
    const failed = await failureOf(ask(), ActionError);
    expect(failed.message).toContain("nothing that this version knows");
  }
});

test("what names too many scans is not sent", async () => {
  const desk = new CountingDesk();
  await opened(desk);
  const scans = Array.from({ length: 20_000 }, (_, index) => row(index).id);
  const failed = await failureOf(ask({ ask: "drop", scans }), ActionError);
  expect(failed.message).toContain("names too many scans at once");
  expect(desk.asked).toEqual([]);
});

test("the socket of a process that was killed is replaced", async () => {
  const program = `require("node:net").createServer().listen(${JSON.stringify(socketPath())}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await lstat(socketPath())).isSocket()).toBe(true);
  expect(await ask(), "nobody answers").toBeUndefined();
  await opened(new CountingDesk());
  expect(await ask()).toHaveLength(2);
});

test("a socket at which another process answers stays, and so does what is no socket", async () => {
  const desk = new CountingDesk();
  const first = await opened(desk);
  const second = doorOf(new CountingDesk());
  await second.open();
  expect(warnings).toEqual([
    `globus-ioc queue cannot ask this IOC: another process answers at ${socketPath()}: end it.`,
  ]);
  await second.close();
  expect(await ask()).toHaveLength(2);
  expect(desk.asked, "the look of the second door asks nothing").toHaveLength(1);
  await first.close();

  for (const make of [
    () => writeFile(socketPath(), "mine"),
    () => mkdir(socketPath()),
    () => symlink("/nowhere/else", socketPath()),
  ]) {
    warnings.length = 0;
    await make();
    await doorOf(new CountingDesk()).open();
    expect(warnings).toEqual([
      `globus-ioc queue cannot ask this IOC: ${socketPath()} is no socket: remove it, or give it another name.`,
    ]);
    expect((await lstat(socketPath())).isSocket()).toBe(false);
    await rm(socketPath(), { recursive: true });
  }
});

test("a path longer than a socket can have is told in one sentence, and nothing is made", async () => {
  const short = ledger;
  ledger = join(short, "x".repeat(107 - Buffer.byteLength(short) - 1 - "/queue.sock".length));
  await mkdir(ledger);
  expect(Buffer.byteLength(socketPath())).toBe(107);
  await opened(new CountingDesk());
  expect(await ask()).toHaveLength(2);
  ledger = `${ledger}y`;
  await mkdir(ledger);
  await doorOf(new CountingDesk()).open();
  expect(warnings).toEqual([
    `globus-ioc queue cannot ask this IOC: the path ${socketPath()} has 108 bytes, and a Unix socket's has 107 at most: set a shorter path in the [ledger] section of globus.conf.`,
  ]);
  expect(await readdir(ledger)).toEqual([]);
  expect(await ask()).toBeUndefined();
});

test.skipIf(lacksDescriptors())("no descriptor stays open, also where the door could not be opened", async () => {
  const before = openDescriptors();
  const door = await opened(new CountingDesk());
  await Promise.all(Array.from({ length: 5 }, () => ask()));
  await raw("hostile\n");
  await door.close();
  await until(() => openDescriptors() === before);
  await writeFile(socketPath(), "");
  for (let index = 0; index < 10; index++) await doorOf(new CountingDesk()).open();
  ledger = join(ledger, "missing");
  for (let index = 0; index < 10; index++) await doorOf(new CountingDesk()).open();
  await until(() => openDescriptors() === before);
  expect(warnings).toHaveLength(20);
  expect(warnings.at(-1)).toMatch(/^globus-ioc queue cannot ask this IOC: .+\.$/);
});
