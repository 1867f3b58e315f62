import { BehaviorSubject, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { AccessDeniedError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { WORKFLOW_STATES } from "../../../src/controller/pvs/workflows.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { JobBoard } from "../../../src/controller/workflows/job-board.ts";
import { watchWorkflows } from "../../../src/controller/workflows/workflow-watch.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { ended, FakeJobMemory, FakeProcessing, inStage, jobOf } from "../../support/fakes/fake-processing.ts";

const POLL = 5;

/** The watch over fakes; vitest's fake timers drive RxJS, `clock` goes with them. */
class Bench {
  pvs = new FakeControllerPvs();
  readonly processing = new FakeProcessing();
  readonly memory = new FakeJobMemory();
  readonly clock = new FakeClock();
  readonly tag$ = new BehaviorSubject<Experiment | undefined>(undefined);
  readonly running = new Set<CommandName>();
  readonly ended$ = new Subject<CommandName>();
  board = new JobBoard(this.memory);
  readonly errors: unknown[] = [];
  #subscription: Subscription | undefined;

  watch(): Promise<void> {
    const { processing, clock, pvs } = this;
    this.#subscription = watchWorkflows({ processing, board: this.board, clock, pollSeconds: POLL })({
      pvs,
      journal: new Journal({ clock, log: silentLog, pvs }),
      experiment$: this.tag$,
      isRunning: (name) => this.running.has(name),
      ended$: this.ended$,
      clock,
    }).subscribe({ error: (error) => this.errors.push(error), complete: () => this.errors.push("completed") });
    return this.wait(0);
  }
  stop(): void {
    this.#subscription?.unsubscribe();
  }
  /** The next process, with what the last has left on disk. */
  restart(): Promise<void> {
    this.stop();
    this.board = new JobBoard(this.memory);
    this.pvs = new FakeControllerPvs();
    return this.watch();
  }
  async wait(seconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1);
      await vi.advanceTimersByTimeAsync(1000);
    }
  }
  /** As WorkflowRun does. @param id of the job; absent: no answer has come */
  async asked(mark = "m", id?: string): Promise<void> {
    const run = { mark, owner: "dm2bm", workflow: "tomo", about: "/a.h5", since: this.clock.now() };
    if (id !== undefined) this.processing.known.set(id, jobOf({ id, mark }));
    await this.board.ask({ ...run, ...(id !== undefined && { id }) });
    await this.wait(0);
  }
  get state(): string | undefined {
    return WORKFLOW_STATES[Number(this.pvs.get("WorkflowStatus"))];
  }
  get message(): string {
    return String(this.pvs.get("WorkflowMessage"));
  }
  /** Events, oldest first; important ones are in LastError. */
  said(pv = "Message"): string[] {
    return this.pvs.writes.filter((one) => one.startsWith(`${pv}=`)).map((one) => one.slice(pv.length + 1));
  }
}

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(() => {
  bench.stop();
  vi.useRealTimers();
  expect(bench.errors).toEqual([]);
});

test("without a job nobody is asked, and the PVs say so", async () => {
  await bench.watch();
  await bench.wait(60);
  expect([bench.state, bench.message, bench.pvs.get("WorkflowActive")]).toEqual(["None", "No workflow was run.", 0]);
  expect(bench.processing.calls).toEqual([]);
});

test("a job is looked at as often as it is set, until it is over, and its end is told once", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  await bench.wait(POLL);
  expect(bench.state).toBe("Pending");
  bench.processing.set({ ...inStage(2), started: bench.clock.now() });
  await bench.wait(POLL);
  expect([bench.state, bench.pvs.get("WorkflowStage")]).toEqual(["Running", "02-CENTRE (2 of 3)"]);
  expect(bench.pvs.get("WorkflowList")).toBe("job-1  tomo  Running  02-CENTRE (2 of 3)  /a.h5");
  bench.processing.set(inStage(2, [ended({ status: "failed", exitStatus: 3, errors: "no centre\n" })], "failed"));
  await bench.wait(POLL);
  const text = "The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 3: no centre.";
  expect([bench.state, bench.message, bench.pvs.get("WorkflowExit")]).toEqual(["Failed", text, 3]);
  const looks = bench.processing.count("job");
  await bench.wait(60);
  expect(bench.processing.count("job")).toBe(looks);
  expect(bench.said("LastError")).toEqual([text]);
});

test("the same job is followed on after a restart, and an end that was told is not told again", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  bench.processing.set(inStage(1));
  await bench.restart();
  expect([bench.state, bench.pvs.get("WorkflowJobId")]).toEqual(["Running", "job-1"]);
  bench.processing.set(inStage(3, [ended()], "done"));
  await bench.wait(POLL);
  expect(bench.said()).toEqual(["The workflow tomo has ended well."]);
  await bench.restart();
  await bench.wait(60);
  expect([bench.state, bench.said()]).toEqual(["Done", []]);
  bench.processing.known.clear();
  await bench.restart();
  expect([bench.state, bench.said("LastError")]).toEqual(["None", []]);
});

test("a start whose answer the process before did not get is found by its mark, or said to have been none", async () => {
  await bench.asked("m");
  await bench.asked("n");
  bench.processing.known.set("job-7", jobOf({ id: "job-7", mark: "n" }));
  await bench.watch();
  expect(bench.pvs.get("WorkflowJobId")).toBe("job-7");
  expect(bench.said()).toContain("The job job-7 of the workflow tomo was found, whose start had no answer.");
  expect(bench.pvs.get("WorkflowActive")).toBe(2);
  await bench.wait(40);
  expect(bench.said()).toContain("No job came of the start of the workflow tomo: start it again.");
  expect([bench.pvs.get("WorkflowActive"), bench.memory.jobs.length]).toEqual([1, 1]);
});

test("a service that is down for a while is told once, and the job is seen again afterwards", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  await bench.wait(POLL);
  bench.processing.failures.job = [new UnavailableError("down"), new UnavailableError("down")];
  await bench.wait(20);
  expect(bench.message).toBe("The workflow tomo waits for its turn; now it cannot be seen: down.");
  await bench.wait(20);
  expect(bench.said()).toEqual([
    "The jobs of workflows cannot be seen: down.",
    "Data Management tells of its jobs again.",
  ]);
  expect(bench.message).toBe("The workflow tomo waits for its turn.");
});

test("a login that is refused is tried again seldom; without Data Management nobody is asked again", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  bench.processing.failures.job = [new AccessDeniedError("no")];
  await bench.wait(60);
  expect(bench.processing.count("job")).toBeLessThan(3);
  await bench.wait(900);
  expect(bench.state).toBe("Pending");
  bench.processing.failures.job = [new OffError("off")];
  await bench.wait(POLL);
  const looks = bench.processing.count("job");
  await bench.wait(900);
  expect(bench.processing.count("job")).toBe(looks);
});

test("a job that vanishes is gone after some looks, with where it was seen last", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  bench.processing.set(inStage(2));
  await bench.wait(POLL);
  bench.processing.known.clear();
  await bench.wait(2 * POLL);
  expect(bench.state).toBe("Running");
  await bench.wait(POLL);
  expect(bench.state).toBe("Gone");
  expect(bench.said("LastError").at(-1)).toContain("seen last, the workflow tomo runs in its stage 02-CENTRE");
});

test("a status that is not known is shown as such with its word, and followed", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  bench.processing.set(inStage(2, [], "contemplating"));
  await bench.wait(POLL);
  expect(bench.state).toBe("Unknown");
  expect(bench.message).toContain('is "contemplating" in its stage 02-CENTRE (2 of 3)');
  bench.processing.set(inStage(3, [ended()], "done"));
  await bench.wait(POLL);
  expect(bench.state).toBe("Done");
});

test("while a command works on jobs nothing is looked at, and once it has ended at once", async () => {
  await bench.watch();
  bench.running.add("WorkflowMonitor");
  await bench.asked("m", "job-1");
  await bench.wait(30);
  expect(bench.processing.count("job")).toBe(0);
  bench.running.clear();
  bench.ended$.next("WorkflowMonitor");
  await bench.wait(0);
  expect(bench.processing.count("job")).toBe(1);
});

test("several jobs are followed at once, and the end of each is told; the PVs show the newest", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  await bench.asked("n", "job-2");
  bench.processing.set({ ...inStage(3, [ended()], "done"), id: "job-1", workflow: "first" });
  await bench.wait(POLL);
  expect(bench.said()).toEqual(["The workflow first has ended well."]);
  expect([bench.pvs.get("WorkflowJobId"), bench.pvs.get("WorkflowActive")]).toEqual(["job-2", 1]);
});

test("what is wrong with the memory is told once", async () => {
  bench.memory.problem = "/x is damaged.";
  await bench.watch();
  expect(bench.said("LastError")).toEqual(["/x is damaged."]);
  await bench.asked("m", "job-1");
  bench.memory.failures.push(new ActionError("/x is full"));
  bench.processing.set(inStage(3, [ended()], "done"));
  await bench.wait(POLL);
  expect(bench.said("LastError").at(-1)).toBe("The jobs that are followed cannot be remembered: /x is full.");
});

test("long words of a command lose their beginning, and fit their PV", async () => {
  await bench.watch();
  await bench.asked("m", "job-1");
  bench.processing.set(
    inStage(2, [ended({ status: "failed", exitStatus: 1, errors: `${"ä".repeat(3000)} denied` })], "failed"),
  );
  await bench.wait(POLL);
  const words = String(bench.pvs.get("WorkflowErrors"));
  expect(words.endsWith(" denied")).toBe(true);
  expect(Buffer.byteLength(words)).toBeLessThanOrEqual(2047);
  expect(words.length).toBeGreaterThan(900);
});
