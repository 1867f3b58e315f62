import { beforeEach, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { DeskAnswer, DeskRequest, ScanRow } from "../../../src/controller/ports/queue-desk.ts";
import type { QueueChange, ScanRecord, SendRecord } from "../../../src/controller/ports/queue-ledger.ts";
import {
  createQueueDesk,
  type DeskQueue,
  ledgerDesk,
  runningDesk,
} from "../../../src/controller/transfers/queue-desk.ts";
import type { Reconciled } from "../../../src/controller/transfers/reconcile.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeQueueLedger } from "../../support/fakes/fake-transfers.ts";
import { started } from "./transfers-fixture.ts";

let clock: FakeClock;
let ledger: FakeQueueLedger;
let said: string[];
beforeEach(() => {
  clock = new FakeClock();
  ledger = new FakeQueueLedger();
  said = [];
});

const scan = (id: string, file: string, more: Partial<ScanRecord> = {}): QueueChange => ({
  scan: {
    id,
    file,
    state: "ready",
    seen: clock.now(),
    trigger: "tomoscan",
    tags: { exp: "2026-03-Levy-1", ym: "2026-03", last: "Levy", gup: "1" },
    ...((more.state ?? "ready") === "ready" && { signature: "s" }),
    isFolder: false,
    files: 1,
    bytes: 10,
    ...more,
  },
});
const send = (
  of: string,
  destination: string,
  state: SendRecord["state"],
  more: Partial<SendRecord> = {},
): QueueChange => ({
  send: { scan: of, destination, state, attempts: 0, at: clock.now(), ...more },
});

async function desk(): Promise<DeskQueue> {
  return { ...(await ledgerDesk(ledger, clock)), say: (sentence) => void said.push(sentence) };
}
async function ask(request: DeskRequest, at?: DeskQueue | string): Promise<DeskAnswer[]> {
  const queue = at ?? (await desk());
  const answers: DeskAnswer[] = [];
  for await (const answer of createQueueDesk(() => queue).answer(request)) answers.push(answer);
  return answers;
}
const rowsOf = (answers: readonly DeskAnswer[]): ScanRow[] => answers.flatMap((one) => ("row" in one ? [one.row] : []));
const endOf = (answers: readonly DeskAnswer[]): unknown => {
  const last = answers.at(-1);
  return last !== undefined && "end" in last ? last.end : undefined;
};
const stateOf = async (id: string): Promise<Record<string, string>> => {
  const { scans, sends } = await ledger.read();
  const own = sends.filter((one) => one.scan === id).map((one): [string, string] => [one.destination, one.state]);
  return { scan: scans.find((one) => one.id === id)?.state ?? "none", ...Object.fromEntries<string>(own) };
};

/** One scan in each state. */
async function fill(): Promise<void> {
  await ledger.put([
    scan("20260301T000000001Z-aa", "/data/a1.h5"),
    send("20260301T000000001Z-aa", "archive", "verified"),
    send("20260301T000000001Z-aa", "petrel", "verified"),
    scan("20260301T000000002Z-aa", "/data/a10.h5"),
    send("20260301T000000002Z-aa", "archive", "verified"),
    send("20260301T000000002Z-aa", "petrel", "dead", { attempts: 8, reason: "No room there." }),
    scan("20260301T000000003Z-aa", "/data/A1.h5", { tags: { exp: "other", ym: "", last: "", gup: "" } }),
    send("20260301T000000003Z-aa", "archive", "failed", { attempts: 1, reason: "It broke.", next: 9e12 }),
    scan("20260302T000000004Z-aa", "/data/w.h5", { state: "waiting", reason: "it still grows" }),
    scan("20260302T000000005Z-aa", "/data/gone.h5", { state: "lost", reason: "it is gone" }),
    scan("20260302T000000006Z-aa", "/data/stopped.h5", { state: "left", reason: "it was aborted", aborted: "a" }),
  ]);
}

test("a list has each scan with its state, where it goes, and why it is not there, the newest last", async () => {
  await fill();
  const answers = await ask({ ask: "list" });
  expect(rowsOf(answers).map(({ name, state, reason }) => [name, state, reason])).toEqual([
    ["a1", "Verified", ""],
    ["a10", "Failed", "No room there."],
    ["A1", "Retrying", "It broke."],
    ["w", "Waiting", "it still grows"],
    ["gone", "Failed", "it is gone"],
    ["stopped", "Left", "it was aborted"],
  ]);
  expect(rowsOf(answers)[1]?.destinations).toEqual([
    { destination: "archive", state: "verified" },
    { destination: "petrel", state: "dead" },
  ]);
  expect(endOf(answers)).toEqual({ isDone: true, message: "6 scans." });
});

test.each([
  [{ state: "failed" }, ["a10", "gone"]],
  [{ experiment: "other" }, ["A1"]],
  [{ destination: "petrel" }, ["a1", "a10"]],
  [{ name: "a1*" }, ["a1", "a10"]],
  [{ name: "a1*", state: "Verified" }, ["a1"]],
  [{ last: 2 }, ["gone", "stopped"]],
  [{ last: 0 }, []],
  [{ scans: ["a10.h5", "/data/a1.h5", "a10"] }, ["a10", "a1"]],
  [{ state: "no such state" }, []],
] as const)("a list with %j has the scans that fit", async (filter, names) => {
  await fill();
  expect(rowsOf(await ask({ ask: "list", ...filter })).map(({ name }) => name)).toEqual(names);
});

test.each([
  ["its name", "a1"],
  ["its name with its extension", "a1.h5"],
  ["its path", "/data/a1.h5"],
  ["its id", "20260301T000000001Z-aa"],
  ["the beginning of its id", "20260301T000000001"],
])("a scan is meant by %s", async (_, word) => {
  await fill();
  const [shown] = await ask({ ask: "show", scan: word, files: 1 });
  expect(shown).toMatchObject({ shown: { row: { id: "20260301T000000001Z-aa" } } });
});

test("a text that means several scans, or none, does nothing; several are told", async () => {
  await fill();
  await ledger.put([scan("20260303T000000007Z-aa", "/other/a10.h5", { state: "waiting" })]);
  for (const request of [
    { ask: "drop", scans: ["w", "a10"] },
    { ask: "retry", scans: ["a10"] },
    { ask: "show", scan: "20260301", files: 1 },
    { ask: "list", scans: ["a10"] },
  ] as const) {
    const answers = await ask(request);
    expect(answers[0], request.ask).toMatchObject({ ambiguous: { count: request.ask === "show" ? 3 : 2 } });
    expect(endOf(answers)).toMatchObject({
      isDone: false,
      message: expect.stringContaining("give the id of one") as string,
    });
  }
  expect(await stateOf("20260302T000000004Z-aa")).toEqual({ scan: "waiting" });
  for (const word of ["b", "", "a1*", "\u001b[2J"]) {
    const [end] = await ask({ ask: "drop", scans: [word] });
    expect(end).toMatchObject({
      end: { isDone: false, message: expect.stringContaining("There is no scan") as string },
    });
    expect(JSON.stringify(end), "no escape character").not.toMatch(/(?<!\\)\\u001b/);
  }
});

test("show tells the sends, the submissions that carry the scan, and the first of its files", async () => {
  await fill();
  const id = "20260301T000000002Z-aa";
  const submission = {
    id: "s1",
    label: "l",
    sourceCollection: "a",
    destinationCollection: "b",
    items: [],
    deadline: "d",
  };
  await ledger.put([
    { submission: { submission, owner: "me", destination: "petrel", scans: [id, "other"], at: 1, task: "t1" } },
    {
      submission: { submission: { ...submission, id: "s2" }, owner: "me", destination: "petrel", scans: ["x"], at: 1 },
    },
  ]);
  const files = ["a", "b", "c"].map((path) => ({ path, bytes: 1, modified: 2 }));
  await ledger.keepManifest(id, { folder: "/data", isFolder: false, files });
  const [answer] = await ask({ ask: "show", scan: "a10", files: 2 });
  expect(answer).toMatchObject({
    shown: {
      scan: { id, bytes: 10 },
      sends: [{ destination: "archive" }, { destination: "petrel", attempts: 8 }],
      submissions: [{ id: "s1", task: "t1", scans: 2 }],
      files: { count: 3, first: files.slice(0, 2) },
    },
  });
});

test("show tells why the files of a scan cannot be told, and all else", async () => {
  await fill();
  const [answer] = await ask({ ask: "show", scan: "a1", files: 2 });
  expect(answer).toMatchObject({ shown: { files: "There are no files of 20260301T000000001Z-aa." } });
  expect((await ask({ ask: "show", scan: "w", files: 2 }))[0]).not.toHaveProperty("shown.files");
});

test("retry tries what has failed, and what was left because its file is gone, but nothing that was aborted", async () => {
  await fill();
  expect(endOf(await ask({ ask: "retry", scans: [] }))).toEqual({ isDone: true, message: "3 scans are tried again." });
  expect(await stateOf("20260301T000000002Z-aa")).toMatchObject({ archive: "verified", petrel: "queued" });
  expect(await stateOf("20260301T000000003Z-aa")).toMatchObject({ archive: "queued" });
  expect(await stateOf("20260302T000000005Z-aa")).toMatchObject({ scan: "waiting" });
  expect(await stateOf("20260302T000000006Z-aa")).toMatchObject({ scan: "left" });
  expect(said).toEqual(["globus-ioc queue retry: 3 scans are tried again."]);
  expect(endOf(await ask({ ask: "retry", scans: [] }))).toEqual({ isDone: true, message: "No scan has failed." });
});

test("retry says which destinations are asked again, also where no scan has failed", async () => {
  const bench = await started();
  bench.copier.failure = new UnavailableError("/archive is not mounted.");
  bench.announce(bench.scan("one"));
  await bench.pass(60);
  const running = runningDesk(bench.transfers.running!);
  const asked = "archive, to which nothing went, is asked again at once.";
  expect(endOf(await ask({ ask: "retry", scans: [] }, running))).toEqual({
    isDone: true,
    message: `No scan has failed; ${asked}`,
  });
  expect(bench.said).toContain(`NO_ALARM globus-ioc queue retry: No scan has failed; ${asked}`);
  expect(endOf(await ask({ ask: "retry", scans: ["one"] }, running))).toEqual({
    isDone: false,
    message: `There is nothing to retry: one is Queued; ${asked}`,
  });
  bench.copier.failure = undefined;
  await bench.pass(6);
  expect(endOf(await ask({ ask: "retry", scans: [] }, running))).toEqual({
    isDone: true,
    message: "No scan has failed.",
  });
});

test("retry of named scans leaves the others, and says of which nothing had failed", async () => {
  await fill();
  expect(endOf(await ask({ ask: "retry", scans: ["a10", "a1"] }))).toEqual({
    isDone: true,
    message: "1 scan is tried again; for 1 there is nothing to retry.",
  });
  expect(await stateOf("20260301T000000003Z-aa")).toMatchObject({ archive: "failed" });
  expect(endOf(await ask({ ask: "retry", scans: ["a1"] }))).toEqual({
    isDone: false,
    message: "There is nothing to retry: a1 is Verified.",
  });
});

test("drop gives up what is not proven, and what waits; what is proven stays proven", async () => {
  await fill();
  expect(endOf(await ask({ ask: "drop", scans: ["a10", "w"] }))).toEqual({
    isDone: true,
    message: "2 scans are given up.",
  });
  expect(said).toEqual(["globus-ioc queue drop: 2 scans are given up: a10 and w."]);
  expect(await stateOf("20260301T000000002Z-aa")).toEqual({ scan: "ready", archive: "verified", petrel: "dropped" });
  expect(await stateOf("20260302T000000004Z-aa")).toEqual({ scan: "left" });
  const rows = rowsOf(await ask({ ask: "list", scans: ["a10", "w"] }));
  expect(rows.map(({ state, reason }) => [state, reason])).toEqual([
    ["Verified", ""],
    ["Left", "given up with globus-ioc queue drop"],
  ]);
  expect(endOf(await ask({ ask: "retry", scans: [] })), "what is dropped stays so").toMatchObject({
    message: "2 scans are tried again.",
  });
});

test("drop without scans drops nothing", async () => {
  await fill();
  expect(endOf(await ask({ ask: "drop", scans: [] }))).toMatchObject({ isDone: false });
  expect(await stateOf("20260302T000000004Z-aa")).toEqual({ scan: "waiting" });
});

test("export has every record as it lies in the ledger", async () => {
  await fill();
  const submission = { id: "s", label: "", sourceCollection: "", destinationCollection: "", items: [], deadline: "" };
  await ledger.put([
    { submission: { submission, owner: "me", destination: "petrel", scans: [], at: 1 } },
    { note: { id: "n", at: 1, kind: "failed", line: { scan: "a10" }, mail: "due" } },
    { summary: { days: ["2026-03-01"], at: 1 } },
  ]);
  const records = (await ask({ ask: "export" })).flatMap((one) => ("record" in one ? [one.record] : []));
  const copy = new FakeQueueLedger();
  await copy.put(records);
  expect(await copy.read()).toEqual(await ledger.read());
  expect(records).toHaveLength(Object.values(await ledger.read()).flat().length);
});

test("while there is no queue, and where the ledger takes nothing, the answer is a sentence", async () => {
  await fill();
  expect(await ask({ ask: "list" }, "the ledger is being read")).toEqual([
    { end: { isDone: false, message: "The ledger is being read." } },
  ]);
  const queue = await desk();
  ledger.failure = new ActionError("the ledger failed: no space is left");
  expect(await ask({ ask: "drop", scans: ["w"] }, queue)).toEqual([
    { end: { isDone: false, message: "The ledger failed: no space is left." } },
  ]);
  expect(said).toEqual([]);
  expect(rowsOf(await ask({ ask: "list", scans: ["w"] }, queue))[0]?.state).toBe("Waiting");
});

const SUMS: Reconciled = {
  found: 3,
  proven: 1,
  underWay: 0,
  missing: 2,
  unknown: 0,
  left: 0,
  adopted: 0,
  queued: 2,
};

test("a comparison is told line by line, and operators hear what was queued", async () => {
  const reconcile: DeskQueue["reconcile"] = async ({ onLine, isEnqueued }) => {
    onLine(`/data/a1.h5: missing, ${String(isEnqueued)}`);
    return SUMS;
  };
  const answers = await ask({ ask: "reconcile", isEnqueued: true }, { ...(await desk()), reconcile });
  const message =
    "3 scans: 1 proven and 2 missing somewhere. 0 of them were taken into the ledger without being sent, and 2 queued.";
  expect(answers).toEqual([{ line: "/data/a1.h5: missing, true" }, { end: { isDone: true, message } }]);
  expect(said).toEqual([`globus-ioc queue reconcile: ${message}`]);
});

test("who waits for a comparison hears now and then how far it is; who leaves ends it", async () => {
  let ended: unknown;
  const reconcile: DeskQueue["reconcile"] = ({ signal, onProgress }) => {
    onProgress(200, 1000);
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        ended = signal.reason;
        reject(signal.reason as Error);
      });
    });
  };
  const queue = { ...(await desk()), reconcile };
  const asked = createQueueDesk(() => queue).answer({ ask: "reconcile", isEnqueued: false });
  const answers = asked[Symbol.asyncIterator]();
  const first = answers.next();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5);
  expect((await first).value).toEqual({ progress: "200 of 1000 scans are compared" });
  await answers.return?.();
  expect(ended).toBeInstanceOf(CancelledError);
});

test("a comparison fails with its sentence, and needs an IOC", async () => {
  const reconcile: DeskQueue["reconcile"] = () => Promise.reject(new ActionError("the detector does not answer"));
  const failed = await ask({ ask: "reconcile", isEnqueued: false }, { ...(await desk()), reconcile });
  expect(endOf(failed)).toEqual({ isDone: false, message: "The detector does not answer." });
  const held: DeskQueue["reconcile"] = () => Promise.reject(new CancelledError("Ended, since Testing is Yes: none."));
  const ended = await ask({ ask: "reconcile", isEnqueued: true }, { ...(await desk()), reconcile: held });
  expect(endOf(ended)).toEqual({ isDone: false, message: "Ended, since Testing is Yes: none." });
  expect(endOf(await ask({ ask: "reconcile", isEnqueued: false }))).toEqual({
    isDone: false,
    message: "Disk and destinations are compared by the IOC, and none runs: start it, and ask again.",
  });
});
