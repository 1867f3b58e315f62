import { BehaviorSubject, NEVER, type Observable, of, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { DaqBoard } from "../../../src/controller/daq/daq-board.ts";
import { type DaqsState, sideStopped, sourceChecked, startedBy } from "../../../src/controller/daq/daq-state.ts";
import { watchDaqs } from "../../../src/controller/daq/daq-watch.ts";
import { startDaq } from "../../../src/controller/daq/start-daq.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { AccessDeniedError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { SourceReport } from "../../../src/controller/ports/data-host.ts";
import type { DmTransfer } from "../../../src/controller/ports/data-management.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { DAQ_STATES, SOURCE_STATES } from "../../../src/controller/pvs/daq.ts";
import { UNKNOWN_COUNT } from "../../../src/controller/pvs/row.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeDataHost, FakeDm } from "../../support/fakes/fake-services.ts";

const NAME = "2026-03-Levy-1014288";
const RAW = `/data/2BM/${NAME}`;
const REC = `${RAW}_rec`;
const EXPERIMENT: Experiment = {
  name: NAME,
  uncleanedName: NAME,
  yearMonth: "2026-03",
  piLastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
  esafNumber: "",
};
const [POLL, STALL, IDLE] = [10, 600, 60];

/** The watch over fakes; vitest's fake timers drive RxJS, `clock` goes with them. */
class Bench {
  readonly pvs = new FakeControllerPvs();
  readonly dm = new FakeDm();
  readonly host = new FakeDataHost();
  readonly clock = new FakeClock();
  readonly tag$ = new BehaviorSubject<Experiment | undefined>(EXPERIMENT);
  experiment$: Observable<Experiment | undefined> = this.tag$;
  readonly running = new Set<CommandName>();
  readonly ended$ = new Subject<CommandName>();
  readonly board = new DaqBoard();
  readonly site = { host: this.host, prefix: "", templates: { raw: "{exp}", rec: "{exp}_rec" } };
  readonly errors: unknown[] = [];
  #subscription: Subscription | undefined;

  watch(): Promise<void> {
    const watch = watchDaqs({
      dm: this.dm,
      site: this.site,
      pollSeconds: POLL,
      stallSeconds: STALL,
      board: this.board,
    });
    this.#subscription = watch({
      pvs: this.pvs,
      journal: new Journal({ clock: this.clock, log: silentLog, pvs: this.pvs }),
      experiment$: this.experiment$,
      isRunning: (name) => this.running.has(name),
      ended$: this.ended$,
      clock: this.clock,
    }).subscribe({ error: (error) => this.errors.push(error), complete: () => this.errors.push("completed") });
    return this.wait(0); // the first look
  }
  stop(): void {
    this.#subscription?.unsubscribe();
  }
  async wait(seconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1);
      await vi.advanceTimersByTimeAsync(1000);
    }
  }
  /** As a command does. */
  change(step: (state: DaqsState) => DaqsState): void {
    this.board.change((name, value) => this.pvs.put(name, value), step);
  }
  async startDaq(): Promise<void> {
    const action = startDaq({ dm: this.dm, site: this.site, serverName: "voyager", board: this.board });
    await action.run({
      experiment: EXPERIMENT,
      signal: new AbortController().signal,
      input: () => 1,
      publish: (name, value) => this.pvs.put(name, value),
      say: () => {},
    });
  }
  /** As StopDaq leaves the raw data. */
  stopRaw(): void {
    const [daq] = this.dm.transfers;
    if (daq !== undefined) this.change((state) => sideStopped(state, "raw", { ...daq }));
  }
  startedRaw(existingToo: boolean): void {
    this.change((state) => startedBy(state, "daq-1", { existingToo, bytes: 700 }));
  }
  async startRaw(): Promise<void> {
    await this.dm.startDaq(NAME, RAW, {});
  }
  get state(): string | undefined {
    return DAQ_STATES[Number(this.pvs.get("DaqRawState"))];
  }
  get sourceState(): string | undefined {
    return SOURCE_STATES[Number(this.pvs.get("DaqRawSourceState"))];
  }
  /** What was told of as important, oldest first. */
  told(): string[] {
    return this.pvs.writes
      .filter((write) => write.startsWith("LastError="))
      .map((write) => write.slice("LastError=".length));
  }
  looks(): number {
    return this.dm.calls.filter((call) => call === "daqs").length;
  }
  source(report: Partial<SourceReport>): void {
    this.host.reports.set(NAME, report);
  }
}

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
  bench.pvs.put("Testing", 0);
  bench.pvs.put("ProcessExisting", 1);
});
afterEach(() => {
  bench.stop();
  expect(bench.errors).toEqual([]);
  vi.useRealTimers();
});

/** A raw DAQ that is seen running. */
async function running(changes: Partial<DmTransfer> = { filesDone: 2, filesTotal: 10, percent: 20 }): Promise<void> {
  await bench.startRaw();
  bench.dm.change(0, changes);
  await bench.watch();
  await bench.wait(1);
}

describe("what is published", () => {
  test("a DAQ that runs is shown with its counts, and the totals and the list with it", async () => {
    await bench.dm.startDaq("2026-02-Other-1", "/data/2BM/other", {});
    bench.dm.change(0, { filesDone: 5, filesTotal: 5, percent: 100, runSeconds: 3661, startedAt: "yesterday" });
    await bench.startRaw();
    bench.dm.change(1, { filesDone: 2, filesTotal: 8, percent: 25, runSeconds: 61, errors: 1 });
    await bench.watch();
    await bench.wait(1);
    expect(bench.state).toBe("Running");
    const shown = ["DaqRawId", "DaqRawFilesDone", "DaqRawFilesTotal", "DaqRawPercent", "DaqRawRunTime", "DaqRawErrors"];
    expect(shown.map((name) => bench.pvs.get(name))).toEqual(["daq-2", 2, 8, 25, 61, 1]);
    const totals = ["DaqRunning", "DaqFilesDone", "DaqFilesTotal", "DaqPercent", "DaqErrors"];
    expect(totals.map((name) => bench.pvs.get(name))).toEqual([1, 2, 8, 25, 1]);
    expect(bench.pvs.get("DaqList")).toBe(
      [
        "2026-02-Other-1  /data/2BM/other  5/5  100 %  01:01:01  since yesterday  daq-1",
        `${NAME}  ${RAW}  2/8  25 %  00:01:01  daq-2`,
      ].join("\n"),
    );
    expect(bench.pvs.get("DaqMessage")).toBe(`${NAME}: raw data Running, 2 of 8 files.`);
  });

  test("the figures of the reconstructions are their own, and the totals are of both", async () => {
    await bench.startRaw();
    bench.dm.change(0, { filesDone: 2, filesTotal: 8, errors: 1 });
    await bench.dm.startDaq(NAME, REC, {});
    bench.dm.change(1, { filesDone: 3, filesTotal: 12, percent: 25, runSeconds: 77, errors: 2 });
    await bench.watch();
    await bench.wait(1);
    bench.dm.change(1, { filesDone: 9, percent: 75 });
    await bench.wait(60);
    const shown = ["DaqRecFilesDone", "DaqRecFilesTotal", "DaqRecPercent", "DaqRecRunTime", "DaqRecErrors"];
    expect(shown.map((name) => bench.pvs.get(name))).toEqual([9, 12, 75, 77, 2]);
    expect(bench.pvs.get("DaqRecRate")).toBeCloseTo(6, 0);
    const totals = ["DaqRunning", "DaqFilesDone", "DaqFilesTotal", "DaqPercent", "DaqErrors"];
    expect(totals.map((name) => bench.pvs.get(name))).toEqual([2, 11, 20, 55, 3]);
  });

  test("a DAQ of the experiment for another directory counts in the totals and is named", async () => {
    await bench.dm.startDaq(NAME, "@elsewhere:/scratch", {});
    bench.dm.change(0, { filesDone: 1, filesTotal: 4 });
    await bench.watch();
    await bench.wait(1);
    expect(bench.state).toBe("None");
    expect(bench.pvs.get("DaqRunning")).toBe(1);
    expect(bench.pvs.get("DaqMessage")).toContain("@elsewhere:/scratch running, 1 of 4 files");
  });

  test("beside one that only ends with the files it has, the one that watches is shown", async () => {
    await bench.startRaw();
    bench.dm.change(0, { status: "finalizing" });
    await bench.startRaw();
    await bench.watch();
    expect(bench.state).toBe("Running");
    expect(bench.pvs.get("DaqRawId")).toBe("daq-2");
  });

  test("the rate is that of the last minute", async () => {
    await running({ filesDone: 0, filesTotal: 1000 });
    bench.dm.change(0, { filesDone: 100 });
    await bench.wait(60);
    expect(bench.pvs.get("DaqRawRate")).toBeCloseTo(100, 0);
    bench.dm.change(0, { filesDone: 110 });
    await bench.wait(60);
    expect(bench.pvs.get("DaqRawRate")).toBeCloseTo(10, 0);
    await bench.wait(80);
    expect(bench.pvs.get("DaqRawRate")).toBe(0);
  });

  test("nothing runs: the message says so, and an old DAQ that ended well raises nothing", async () => {
    await bench.startRaw();
    bench.dm.change(0, { status: "done", filesDone: 3, filesTotal: 3 });
    await bench.watch();
    await bench.wait(1);
    expect(bench.state).toBe("None");
    expect(bench.pvs.get("DaqMessage")).toBe(`No DAQ of ${NAME} runs.`);
    expect(bench.told()).toEqual([]);
  });

  test("a DAQ that has failed while nobody watched is shown as failed", async () => {
    await bench.startRaw();
    bench.dm.change(0, { status: "failed" });
    await bench.watch();
    await bench.wait(1);
    expect(bench.state).toBe("Failed");
  });
});

describe("when it looks", () => {
  test("every poll-seconds while a DAQ runs, and every minute otherwise", async () => {
    await running();
    expect(bench.looks()).toBe(1);
    await bench.wait(3 * POLL);
    expect(bench.looks()).toBe(4);
    bench.stopRaw();
    bench.dm.change(0, { status: "done" });
    await bench.wait(POLL);
    const before = bench.looks();
    await bench.wait(IDLE - 2);
    expect(bench.looks()).toBe(before);
    await bench.wait(2);
    expect(bench.looks()).toBe(before + 1);
  });

  test("at once after StartDaq and StopDaq have ended, and at another experiment", async () => {
    await bench.watch();
    await bench.wait(1);
    bench.ended$.next("StartDaq");
    bench.ended$.next("Init");
    await bench.wait(1);
    expect(bench.looks()).toBe(2);
    bench.tag$.next({ ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" });
    await bench.wait(1);
    expect(bench.looks()).toBe(3);
  });

  test("another experiment empties the sides, and the DAQs of the former one are told of", async () => {
    await running();
    bench.tag$.next({ ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" });
    await bench.wait(1);
    expect(bench.state).toBe("None");
    expect(bench.pvs.get("DaqRawId")).toBe("");
    expect(bench.pvs.get("DaqRawSource")).toBe("/data/2BM/2026-04-Curie-2");
    expect(bench.pvs.get("DaqList")).toContain(NAME);
    expect(bench.told()).toEqual([expect.stringContaining(`DAQs of ${NAME} still run`)]);
  });

  test("a DAQ that StartDaq starts while the tag changes is not taken for one of the new experiment that is gone", async () => {
    await bench.watch();
    bench.running.add("StartDaq");
    bench.dm.experiments.set(NAME, { name: NAME, usernames: [] });
    const really = bench.dm.startDaq.bind(bench.dm);
    bench.dm.startDaq = (...call) => {
      bench.tag$.next({ ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" });
      return really(...call);
    };
    await bench.startDaq();
    bench.running.clear();
    bench.ended$.next("StartDaq");
    await bench.wait(1);
    expect([bench.state, bench.pvs.get("DaqRawId"), bench.told()]).toEqual(["None", "", []]);
    expect(bench.pvs.get("DaqList")).toContain("daq-1");
    bench.tag$.next(EXPERIMENT);
    await bench.wait(1);
    expect([bench.state, bench.pvs.get("DaqRawId")]).toEqual(["Running", "daq-1"]);
  });

  test("an experiment that is gone while TomoScan restarts is watched all the same", async () => {
    await running();
    bench.tag$.next(undefined);
    bench.dm.change(0, { status: "failed" });
    await bench.wait(POLL);
    expect(bench.state).toBe("Failed");
  });

  const FIGURES = ["DaqRawFilesDone", "DaqRawErrors", "DaqRawSourceBytes", "DaqRunning", "DaqFilesTotal", "DaqErrors"];
  const figures = () => FIGURES.map((name) => bench.pvs.get(name));

  test("before anybody has looked at another experiment nothing is certain, and a look that fails changes nothing", async () => {
    await running();
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    bench.tag$.next({ ...EXPERIMENT, name: "2026-04-Curie-2", uncleanedName: "2026-04-Curie-2" });
    await bench.wait(0);
    expect(bench.state).toBe("Unseen");
    expect(figures()).toEqual(FIGURES.map(() => UNKNOWN_COUNT));
    await bench.wait(5 * IDLE);
    expect([bench.state, ...figures()]).toEqual(["Unseen", ...FIGURES.map(() => UNKNOWN_COUNT)]);
    bench.dm.failures.clear();
    await bench.wait(IDLE);
    expect([bench.state, bench.pvs.get("DaqRunning")]).toEqual(["None", 0]);
  });

  test("as long as TomoScan does not say whose beamtime it is, the list is all that is told", async () => {
    await bench.startRaw();
    bench.experiment$ = NEVER;
    await bench.watch();
    expect(bench.pvs.writes.filter((write) => write.startsWith("DaqR"))).toEqual([]);
    expect(bench.pvs.get("DaqList")).toContain(NAME);
    expect(bench.pvs.get("DaqMessage")).toBe("Nobody knows yet which experiment is tagged.");
  });

  test("where TomoScan names no experiment there is no DAQ of it", async () => {
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    bench.experiment$ = of(undefined);
    await bench.watch();
    expect([bench.state, bench.pvs.get("DaqRunning"), bench.pvs.get("DaqRawFilesDone")]).toEqual(["None", 0, 0]);
  });

  test("where no Data Management is configured there are no DAQs, and which setting is missing is told", async () => {
    bench.dm.failures.set("daqs", new OffError("Data Management is off: set ds-url."));
    await bench.watch();
    expect([bench.state, bench.pvs.get("DaqRunning")]).toEqual(["None", 0]);
    expect(bench.pvs.get("DaqMessage")).toBe("There are no DAQs, since Data Management is off: set ds-url.");
  });

  test("a dry run reaches nobody", async () => {
    bench.pvs.put("Testing", 1);
    await bench.watch();
    await bench.wait(2 * IDLE);
    expect(bench.looks()).toBe(0);
    bench.pvs.put("Testing", 0);
    await bench.wait(1);
    expect(bench.looks()).toBe(1);
  });

  test("a stopped DAQ that is being finalized stays Stopped, and its last files are shown", async () => {
    await running();
    bench.stopRaw();
    bench.dm.change(0, { status: "finalizing", filesDone: 9 });
    await bench.wait(POLL);
    expect(bench.state).toBe("Stopped");
    expect(bench.pvs.get("DaqRunning")).toBe(0);
    bench.dm.change(0, { status: "done", filesDone: 10 });
    await bench.wait(POLL);
    expect(bench.pvs.get("DaqRawFilesDone")).toBe(10);
    expect(bench.state).toBe("Stopped");
    expect(bench.told()).toEqual([]);
  });

  test("nothing is judged while StopDaq works", async () => {
    await running();
    bench.running.add("StopDaq");
    bench.dm.change(0, { status: "done" });
    await bench.wait(3 * POLL);
    expect(bench.state).toBe("Running");
    bench.stopRaw();
    bench.running.clear();
    bench.ended$.next("StopDaq");
    await bench.wait(1);
    expect(bench.state).toBe("Stopped");
    expect(bench.told()).toEqual([]);
  });
});

describe("alarms", () => {
  test("a DAQ that ends without StopDaq is Ended, and told once", async () => {
    await running();
    bench.dm.change(0, { status: "done" });
    await bench.wait(3 * IDLE);
    expect(bench.state).toBe("Ended");
    expect(bench.told()).toEqual(["The DAQ of the raw data has ended (done) without StopDaq, after 2 of 10 files."]);
  });

  test("a DAQ that Data Management no longer has is Ended", async () => {
    await running();
    bench.dm.transfers.splice(0);
    await bench.wait(POLL);
    expect(bench.state).toBe("Ended");
    expect(bench.told()[0]).toContain("no longer has it");
  });

  test("a DAQ that fails is Failed, with Data Management's words", async () => {
    await running();
    bench.dm.change(0, { status: "failed", problem: "rsync error: some files vanished" });
    await bench.wait(POLL);
    expect(bench.state).toBe("Failed");
    expect(bench.told()).toEqual([
      "The DAQ of the raw data has failed after 2 of 10 files (Data Management: rsync error: some files vanished).",
    ]);
  });

  test("a DAQ that does nothing for stall-seconds although files wait is Stalled, until it moves again", async () => {
    await running();
    await bench.wait(STALL - POLL);
    expect(bench.state).toBe("Running");
    bench.dm.change(0, { filesTotal: 20 }); // files arrive
    await bench.wait(2 * POLL);
    expect(bench.state).toBe("Stalled");
    await bench.wait(5 * POLL);
    expect(bench.told()).toEqual(["The DAQ of the raw data does not move: 2 of 20 files are done, the others wait."]);
    bench.dm.change(0, { filesDone: 3 });
    await bench.wait(POLL);
    expect(bench.state).toBe("Running");
    expect(bench.pvs.get("Message")).toContain("moves again");
  });

  test("a DAQ that has nothing to do does not stall, and its patience begins with the next file", async () => {
    await running({ filesDone: 10, filesTotal: 10 });
    await bench.wait(2 * STALL);
    expect(bench.state).toBe("Running");
    bench.dm.change(0, { filesTotal: 11 });
    await bench.wait(STALL - 2 * POLL);
    expect(bench.state).toBe("Running");
    await bench.wait(3 * POLL);
    expect(bench.state).toBe("Stalled");
  });

  test("files that cannot be processed are told once an increase, and do not count as waiting", async () => {
    await running({ filesDone: 8, filesTotal: 10, errors: 2 });
    await bench.wait(2 * STALL);
    expect(bench.state).toBe("Running");
    bench.dm.change(0, { errors: 3, filesTotal: 11 });
    await bench.wait(3 * POLL);
    expect(bench.told()).toEqual([
      "The DAQ of the raw data could not process 2 files.",
      "The DAQ of the raw data could not process 3 files.",
    ]);
  });

  test("a DAQ that sees no file while its source has some is Stalled", async () => {
    bench.source({ state: "OK", files: 7, bytes: 700 });
    bench.startedRaw(true);
    await running({ filesTotal: 0 });
    await bench.wait(STALL + POLL);
    expect(bench.state).toBe("Stalled");
    expect(bench.told()[0]).toContain("sees no file, but 7 are in its source");
    bench.dm.change(0, { filesTotal: 7, filesDone: 1 });
    await bench.wait(POLL);
    expect(bench.state).toBe("Running");
  });

  test("a DAQ that StartDaq started for new files alone is not Stalled by those that were there, whatever is asked for by now", async () => {
    bench.startedRaw(false);
    bench.pvs.put("ProcessExisting", 1);
    bench.source({ state: "OK", files: 7, bytes: 700 });
    await running({ filesTotal: 0 });
    await bench.wait(2 * STALL + POLL);
    expect(bench.state).toBe("Running");
    bench.source({ state: "OK", files: 8, bytes: 800 });
    await bench.wait(STALL + POLL);
    expect(bench.state).toBe("Stalled");
    await bench.wait(2 * STALL);
    expect(bench.state).toBe("Stalled");
  });

  test("of a DAQ that somebody else has started only growth of the source counts, whatever ProcessExisting says", async () => {
    bench.source({ state: "OK", files: 7, bytes: 700 });
    await running({ filesTotal: 0 });
    await bench.wait(2 * STALL + POLL);
    expect(bench.state).toBe("Running");
    bench.source({ state: "OK", files: 8, bytes: 800 });
    await bench.wait(STALL + POLL);
    expect(bench.state).toBe("Stalled");
  });

  test("a look at the source by Upload, which sets its PVs back, does not make a DAQ stall", async () => {
    bench.pvs.put("ProcessExisting", 0);
    bench.startedRaw(false);
    bench.source({ state: "OK", files: 7, bytes: 700 });
    await running({ filesTotal: 0 });
    bench.change((state) => sourceChecked(state, "raw", { state: "OK", bytes: 0 }));
    await bench.wait(STALL + POLL);
    expect(bench.state).toBe("Running");
  });

  test("an empty source is no reason to stall", async () => {
    bench.source({ state: "EMPTY", files: 0, bytes: 0 });
    await running({ filesTotal: 0 });
    await bench.wait(2 * STALL);
    expect(bench.state).toBe("Running");
    expect(bench.sourceState).toBe("EMPTY");
  });

  test("a source that vanishes while files still come is told within some polls, in the message too, and so is its return", async () => {
    await running({ filesDone: 2, filesTotal: 10 });
    bench.source({ state: "MISSING", bytes: 0 });
    for (let seen = 3; seen <= 9; seen++) {
      bench.dm.change(0, { filesDone: seen });
      await bench.wait(POLL);
    }
    expect(bench.host.looks).toHaveLength(1);
    expect(bench.sourceState).toBe("MISSING");
    expect(bench.told()).toHaveLength(1);
    expect(bench.pvs.get("DaqMessage")).toBe(
      `${NAME}: raw data Running, 9 of 10 files, its source directory is not there.`,
    );
    bench.source({ state: "OK" });
    await bench.wait(6 * POLL);
    expect(bench.sourceState).toBe("OK");
    expect(bench.pvs.get("DaqMessage")).toBe(`${NAME}: raw data Running, 9 of 10 files.`);
    expect(bench.pvs.get("Message")).toBe(`store1:${RAW}, which the DAQ of the raw data watches, is there again.`);
  });

  test("a source that vanishes is told once", async () => {
    bench.source({ state: "MISSING" });
    await running({ filesDone: 10, filesTotal: 10 });
    await bench.wait(3 * STALL);
    expect(bench.sourceState).toBe("MISSING");
    expect(bench.told()).toEqual([
      `The DAQ of the raw data watches store1:${RAW}, which is not there: nothing can come.`,
    ]);
  });
});

describe("a service that cannot be reached", () => {
  test("makes a DAQ that ran Unseen from the second look on, and is told once when it goes and once when it is back", async () => {
    await running();
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await bench.wait(POLL);
    expect(bench.state).toBe("Running");
    await bench.wait(4 * POLL);
    expect([bench.state, bench.pvs.get("DaqRunning")]).toEqual(["Unseen", UNKNOWN_COUNT]);
    expect(bench.told()).toEqual(["The DAQs cannot be seen: DM does not answer."]);
    bench.dm.failures.clear();
    await bench.wait(POLL);
    expect(bench.pvs.get("Message")).toBe("The DAQs can be seen again.");
    expect(bench.state).toBe("Running");
  });

  test("is over, and what came to pass meanwhile is told: a DAQ that failed, or stalls as before", async () => {
    await running();
    await bench.wait(STALL + POLL);
    expect(bench.state).toBe("Stalled");
    const before = bench.told().length;
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await bench.wait(3 * POLL);
    expect(bench.state).toBe("Unseen");
    bench.dm.failures.clear();
    await bench.wait(POLL);
    expect(bench.state).toBe("Stalled");
    expect(bench.told()).toHaveLength(before + 1); // that it could not be seen; not once more that it stalls
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await bench.wait(3 * POLL);
    bench.dm.failures.clear();
    bench.dm.change(0, { status: "failed" });
    await bench.wait(POLL);
    expect(bench.state).toBe("Failed");
  });

  test("leaves what StopDaq has stopped, and what never ran, as it is", async () => {
    await running();
    bench.stopRaw();
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await bench.wait(3 * IDLE);
    expect(bench.state).toBe("Stopped");
    expect(DAQ_STATES[Number(bench.pvs.get("DaqRecState"))]).toBe("None");
  });

  test("is a matter for DaqMessage alone where no DAQ of ours runs", async () => {
    bench.dm.failures.set("daqs", new UnavailableError("DM does not answer"));
    await bench.watch();
    await bench.wait(2 * IDLE);
    expect(bench.told()).toEqual([]);
    expect(bench.pvs.get("DaqMessage")).toBe("The DAQs cannot be seen: DM does not answer.");
  });

  test("is told of also where none runs, when the failure is a bug", async () => {
    bench.dm.daqs = () => Promise.reject(new TypeError("x is undefined"));
    await bench.watch();
    await bench.wait(2 * IDLE);
    expect(bench.told()).toEqual(["The DAQs cannot be seen: x is undefined."]);
  });

  test("is knocked at every five minutes only when it refuses the login", async () => {
    bench.dm.failures.set("daqs", new AccessDeniedError("DM refuses the password"));
    await bench.watch();
    await bench.wait(299);
    expect(bench.looks()).toBe(1);
    await bench.wait(2);
    expect(bench.looks()).toBe(2);
  });

  test("a look that never comes back is given up when there is a newer one", async () => {
    const signals: AbortSignal[] = [];
    bench.dm.daqs = (options?: { readonly signal?: AbortSignal }) => {
      if (options?.signal !== undefined) signals.push(options.signal);
      return new Promise(() => {});
    };
    await bench.watch();
    await bench.wait(1);
    bench.ended$.next("StartDaq");
    await bench.wait(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});
