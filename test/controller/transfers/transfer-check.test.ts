/** TransferCheck and the check that the IOC makes by itself, on a site in memory and in virtual time. */
import { Subject, VirtualTimeScheduler } from "rxjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import { AccessDeniedError, AlreadyExistsError, type CallOptions } from "../../../src/controller/ports/call.ts";
import type { OwnDisk } from "../../../src/controller/ports/own-disk.ts";
import type { TaskReport, TransferTasks } from "../../../src/controller/ports/transfer-tasks.ts";
import { CHECK_STATES } from "../../../src/controller/pvs/check.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { FlightCheck, type FlightCheckOptions } from "../../../src/controller/transfers/check/transfer-check.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { type FakeRun, fakeRun } from "../../support/fakes/fake-run.ts";
import { FakeCopier, FakeSource, FakeTasks } from "../../support/fakes/fake-transfers.ts";
import { turn } from "./transfers-fixture.ts";

const NAME = ".trial";

class FakeDisk implements OwnDisk {
  readonly folder = "/ledger";
  failure: Error | undefined;
  room = async (): Promise<number> => 1e12;
  async tryWriting(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
  }
}

/** Answers nothing, until it is called off. */
const silent = (_: unknown, { signal }: CallOptions): Promise<never> =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));

/** A source that has its test file, and one destination. */
function bench(more: (clock: FakeClock, source: FakeSource) => Partial<FlightCheckOptions> = () => ({})) {
  const clock = new FakeClock();
  const source = new FakeSource();
  const copier = new FakeCopier(source);
  const ledger = new FakeDisk();
  const put = source.directory.put.bind(source.directory);
  source.directory.put = async (file) => {
    await put(file);
    source.tree.put(`/data/${file.name}`, file.text.length, file.modified);
  };
  const check = new FlightCheck({
    clock,
    source: { source, collection: { id: "src", path: "/data" } },
    destinations: [{ name: "archive", kind: "copy", template: "{rel}", writesManifest: false, copier }],
    ledger,
    enough: { destination: 1, own: 1 },
    fileName: NAME,
    pollSeconds: 1,
    randomText: (characters) => "x".repeat(characters),
    ...more(clock, source),
  });
  return { clock, source, copier, ledger, check };
}

const stateOf = ({ published }: FakeRun): string | undefined => CHECK_STATES[Number(published.CheckState)];

test("where all is well it is done, and the PVs say so", async () => {
  const { check, source } = bench();
  const run = fakeRun();
  expect(await check.action.run(run)).toEqual({ state: "Done", message: "9 things were looked at and are well." });
  expect(stateOf(run)).toBe("OK");
  expect(run.published).toMatchObject({
    CheckCount: 0,
    CheckMessage: "9 things were looked at and are well.",
    CheckLine0: "OK Ledger's disk: /ledger can be written.",
    CheckLine9: "",
  });
  expect(run.published.CheckTime).toMatch(/^2026-03-01T/);
  expect(run.said).toEqual([]);
  expect(source.directory.files.size).toBe(0);
});

test("what a person should see to makes it partial; what keeps scans from arriving makes it fail", async () => {
  const { check, copier, ledger } = bench();
  copier.directory.room = 0;
  const run = fakeRun();
  expect((await check.action.run(run)).state).toBe("Partial");
  expect(stateOf(run)).toBe("Problems");
  expect(run.published.CheckLine0).toMatch(/^MINOR Room at archive: There are 0\.00 GB free on \/archive/);

  ledger.failure = new ActionError("The ledger /ledger cannot be written: the disk is full (ENOSPC)");
  const failing = fakeRun();
  const failure = await failureOf(Promise.resolve(check.action.run(failing)), ActionError);
  expect(failure.message).toBe(
    "The ledger /ledger cannot be written: the disk is full (ENOSPC); make it writable, or set path in [ledger] of globus.conf. And 1 more: see CheckLines.",
  );
  expect(stateOf(failing)).toBe("Failed");
  expect(failing.published).toMatchObject({ CheckCount: 2, CheckMessage: failure.message });
  expect(String(failing.published.CheckLines).split("\n").slice(0, 3)).toEqual([
    expect.stringMatching(/^MAJOR Ledger's disk: /),
    expect.stringMatching(/^MINOR Room at archive: /),
    "- Room for the ledger: It was not tried: see Ledger's disk.",
  ]);
  expect(failing.said).toHaveLength(2);
});

test("a dry run tells what would be tried, and asks nobody", async () => {
  const { check, source } = bench();
  const plan = await check.action.plan(fakeRun({ Testing: 1 }));
  expect(plan).toHaveLength(9);
  expect(plan.at(-1)).toBe("Round trip to archive: would send the test file, look at it there, and remove it");
  expect(source.looks).toBe(0);
});

test("one that is called off says so, and removes its test file; another beside it is rejected", async () => {
  const { check, copier, source } = bench();
  Object.assign(copier, { copy: silent });
  const run = fakeRun();
  const running = failureOf(Promise.resolve(check.action.run(run)), CancelledError);
  await vi.waitFor(() => expect(source.directory.files.size).toBe(1));
  expect(stateOf(run)).toBe("Checking");
  await failureOf(Promise.resolve(check.action.run(fakeRun())), RejectedError);
  run.abort(new CancelledError("Abort was written."));
  await running;
  expect(stateOf(run)).toBe("Unknown");
  expect(run.published.CheckMessage).toBe("Abort was written.");
  expect(source.directory.files.size).toBe(0);
});

test("a destination that never answers is given up by itself", async () => {
  const { check, copier, clock } = bench();
  Object.assign(copier.directory, { tryWriting: silent });
  const running = failureOf(Promise.resolve(check.action.run(fakeRun())), ActionError);
  await turn();
  clock.advance(180);
  expect((await running).message).toBe(
    "There was no answer within 180 s (list its top, and write and remove an empty file there); see to its section of globus.conf and to who may write there.",
  );
});

const REPORT: TaskReport = {
  id: "t",
  state: "ACTIVE",
  label: "",
  niceStatus: "Queued",
  description: "",
  isOk: true,
  isPaused: false,
  faults: 0,
  files: 1,
  filesTransferred: 0,
  filesSkipped: 0,
  bytesTransferred: 0,
  bytesPerSecond: 0,
  skippedErrors: 0,
  ahead: 0,
};

/** A check with one collection, whose task is as `report` says. */
function globusBench(report: Partial<TaskReport>, changes: Partial<TransferTasks> = {}) {
  const cancelled: string[] = [];
  const made = bench((clock, source) => {
    const fake = new FakeTasks(clock, source);
    const tasks: TransferTasks = Object.assign(fake, {
      tasks: async (ids: readonly string[]) => new Map(ids.map((id) => [id, { ...REPORT, id, ...report }])),
      cancel: async (id: string) => cancelled.push(id) > 0,
      ...changes,
    });
    return {
      tasks,
      login: { state: async () => ({ state: "OK" as const }) },
      destinations: [{ name: "petrel", kind: "globus", template: "{rel}", collection: "dest", top: "/2-BM" }],
    };
  });
  /** Lets the check go on until it is over. */
  const ended = async (): Promise<FakeRun> => {
    const run = fakeRun();
    const over = new AbortController();
    const running = Promise.resolve(made.check.action.run(run))
      .catch(() => undefined)
      .finally(() => over.abort());
    while (!over.signal.aborted) {
      await turn();
      made.clock.advance(1);
    }
    await running;
    return run;
  };
  return { ...made, cancelled, ended };
}

const lineOf = (run: FakeRun, title: string): string | undefined =>
  String(run.published.CheckLines)
    .split("\n")
    .find((line) => line.includes(title));

test("a round trip that waits behind the login's own tasks is no problem, and its task is ended", async () => {
  const { ended, cancelled } = globusBench({ ahead: 3 });
  const run = await ended();
  expect(stateOf(run)).toBe("OK");
  expect(lineOf(run, "Round trip")).toBe(
    "- Round trip to petrel: It was not tried to the end: 3 tasks of this login are before it, and Globus works on three at a time.",
  );
  expect(cancelled).toHaveLength(1);
});

test("a round trip that does not come on is a problem, with what Globus says", async () => {
  const { ended, cancelled } = globusBench({ niceStatus: "CONNECT_FAILED" });
  const run = await ended();
  expect(lineOf(run, "Round trip")).toMatch(
    /^MAJOR Round trip to petrel: Globus did not bring a test file to petrel within 120 s \(CONNECT_FAILED\): /,
  );
  expect(cancelled).toHaveLength(1);
});

test("the task of a check that was killed is waited for", async () => {
  let refusals = 3;
  const { ended } = globusBench(
    { state: "SUCCEEDED" },
    {
      submit: async () => {
        if (refusals-- > 0) throw new AlreadyExistsError("The same is under way already.");
        return "t";
      },
      find: async () => ({ bytes: 1_000_000, modified: undefined }),
      remove: async () => "r",
    },
  );
  expect(lineOf(await ended(), "Round trip")).toBe(
    "OK Round trip to petrel: 1000000 bytes arrived equal and are removed.",
  );
});

test("a file that is not there as it was sent is a problem, whatever the task says", async () => {
  const { ended } = globusBench(
    { state: "SUCCEEDED" },
    {
      find: async () => ({ bytes: 999_999, modified: undefined }),
      remove: () => Promise.reject(new AccessDeniedError("no")),
    },
  );
  expect(lineOf(await ended(), "Round trip")).toMatch(
    /^MAJOR Round trip to petrel: Globus says that a test file has arrived at petrel, but 1 file is not as sent: "\.trial" has 999999 bytes instead of 1000000/,
  );
});

function watching(made: ReturnType<typeof bench>, hours: number) {
  const pvs = new FakeControllerPvs();
  pvs.put("WatchAlive", ANSWERS.indexOf("Unknown"));
  pvs.put("WatchAge", -1);
  const scheduler = new VirtualTimeScheduler();
  const running = new Set<CommandName>();
  const journal = new Journal({ clock: made.clock, log: silentLog, pvs });
  const watch = made.check.watch(hours)({
    pvs,
    journal,
    experiment$: new Subject(),
    isRunning: (name) => running.has(name),
    ended$: new Subject(),
    clock: made.clock,
    scheduler,
  });
  const subscription = watch.subscribe();
  onTestFinished(() => subscription.unsubscribe());
  const pass = async (time: number): Promise<void> => {
    scheduler.maxFrames = time * 3600_000;
    scheduler.flush();
    await turn();
  };
  return { pvs, running, pass, stateOf: () => CHECK_STATES[Number(pvs.get("CheckState"))] };
}

test("the IOC checks by itself every so many hours, but not in a dry run, nor beside the command", async () => {
  const made = bench();
  made.copier.directory.room = 0;
  const { pvs, running, pass, stateOf: state } = watching(made, 6);
  await pass(5.9);
  expect(state()).toBe("Unknown");
  pvs.put("Testing", 1);
  await pass(6);
  running.add("TransferCheck");
  pvs.put("Testing", 0);
  await pass(12);
  expect(state()).toBe("Unknown");
  running.clear();
  await pass(18);
  await vi.waitFor(() => expect(state()).toBe("Problems"));
  expect(pvs.get("LastError")).toMatch(/^The check of the transfers: There are 0\.00 GB free on \/archive/);
});

test("with 0 hours none is made; the watch over directories is looked at where there is one", async () => {
  const made = bench();
  const { pvs, pass, stateOf: state } = watching(made, 0);
  await pass(1000);
  expect(state()).toBe("Unknown");
  pvs.put("WatchAlive", ANSWERS.indexOf("No"));
  pvs.put("WatchAge", 700);
  pvs.put("WatchMessage", "/data/x cannot be read: let this program's user read it.");
  const failure = await failureOf(Promise.resolve(made.check.action.run(fakeRun())), ActionError);
  const last = "(of the watch over directories: its last whole sweep ended 700 s ago).";
  expect(failure.message).toContain(`/data/x cannot be read: let this program's user read it ${last}`);
});
