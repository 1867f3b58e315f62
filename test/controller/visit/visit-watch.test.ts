import { BehaviorSubject, Subject, type Subscription } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { COMMAND_STATES, type CommandName, type CommandState } from "../../../src/controller/pvs/commands.ts";
import { NEXT_STEPS, VISIT_STATES, VISIT_STEPS, visitPv } from "../../../src/controller/pvs/visit.ts";
import type { TagState } from "../../../src/controller/tagging/tag.ts";
import { type RunBegun, visit$ } from "../../../src/controller/visit/visit-watch.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeVisitSite } from "../../support/fakes/fake-visit.ts";

const LEVY = "2026-03-Levy-1014288";
const CURIE = "2026-03-Curie-7";

const nobody: TagState = {
  settled: true,
  connected: true,
  override: "",
  overrideTag: undefined,
  overrideIsStale: false,
  tag: { valid: false, problems: ["t:UserLastName is Unknown"], remedy: "Run Tag." },
};
const tagged = (name: string): TagState => ({
  ...nobody,
  tag: {
    valid: true,
    remarks: [],
    experiment: {
      name,
      uncleanedName: name,
      yearMonth: "2026-03",
      piLastName: "Levy",
      proposalNumber: "1",
      proposalTitle: "",
      esafNumber: "",
    },
  },
});

/** The visit over fakes; vitest's fake timers drive RxJS. */
class Bench {
  readonly pvs = new FakeControllerPvs();
  readonly site = new FakeVisitSite();
  readonly tag$ = new BehaviorSubject<TagState>(nobody);
  readonly begun$ = new Subject<RunBegun>();
  readonly ended$ = new Subject<CommandName>();
  readonly running = new Set<CommandName>();
  readonly server = { name: "voyager", kind: "dm", actions: {}, dataLink: () => "" } as const;
  readonly #subscription: Subscription;

  constructor() {
    this.#subscription = visit$({
      pvs: this.pvs,
      site: this.site,
      server: () => this.server,
      tag$: this.tag$,
      begun$: this.begun$,
      ended$: this.ended$,
      isRunning: (name) => this.running.has(name),
      blocker: () => undefined,
      armCheck: undefined,
    }).subscribe();
  }
  stop(): void {
    this.#subscription.unsubscribe();
  }
  begin(command: CommandName, experiment: string, isDry = false): void {
    this.running.add(command);
    this.pvs.put("ActiveCommand", command);
    this.begun$.next({ command, isDry, server: "voyager", experiment });
  }
  end(command: CommandName, state: CommandState = "Done", message = `${command} is done.`): void {
    this.running.delete(command);
    this.pvs.put(`${command}Message`, message);
    this.pvs.put(`${command}Status`, COMMAND_STATES.indexOf(state));
    this.pvs.put("ActiveCommand", "");
    this.ended$.next(command);
  }
  run(command: CommandName, experiment: string): void {
    this.begin(command, experiment);
    this.end(command);
  }
  get next(): string | undefined {
    return NEXT_STEPS[Number(this.pvs.get("NextStep"))];
  }
  get states(): string {
    return VISIT_STEPS.map((step) => VISIT_STATES[Number(this.pvs.get(visitPv(step)))]).join(" ");
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
});
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test("a visit goes from step to step, and begins anew for the next experiment", async () => {
  expect([bench.next, bench.pvs.get("NextStepMessage")]).toEqual(["Tag", "t:UserLastName is Unknown. Run Tag."]);
  expect(bench.states).toBe("Next Later Later Later Later Later Later");
  bench.tag$.next(tagged(LEVY));
  await settle();
  expect(bench.next).toBe("Init");
  bench.run("Init", LEVY);
  expect(bench.next).toBe("Dirs");
  bench.run("Dirs", LEVY);
  expect(bench.next).toBe("Email");
  bench.run("PreviewEmail", LEVY);
  expect(bench.next).toBe("Email");
  bench.run("Email", LEVY);
  expect(bench.next).toBe("StartDaq");
  bench.run("StartDaq", LEVY);
  expect(bench.next).toBe("Scans");
  expect(bench.states).toBe("Done Done Done Done Done Next Later");
  bench.site.daqsOf.set(LEVY, { count: 1, running: 1, filesDone: 1, filesTotal: 2 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(bench.states).toBe("Done Done Done Done Done Running Later");
  bench.site.daqsOf.set(LEVY, { count: 1, running: 1, filesDone: 2, filesTotal: 2 });
  await vi.advanceTimersByTimeAsync(1000);
  expect([bench.next, bench.states]).toEqual(["StopDaq", "Done Done Done Done Done Done Next"]);
  bench.site.daqsOf.set(LEVY, { count: 1, running: 0, filesDone: 2, filesTotal: 2 });
  bench.run("StopDaq", LEVY);
  expect([bench.next, bench.states]).toEqual(["None", "Done Done Done Done Done Done Done"]);
  bench.pvs.writes.splice(0);
  bench.tag$.next({ ...nobody, settled: false });
  bench.tag$.next(tagged(CURIE));
  await settle();
  expect(bench.next).toBe("Init");
  expect(bench.states).toMatch(/^Done Next Later Later Later (Unknown|Later) Later$/);
  const done = VISIT_STATES.indexOf("Done");
  const shown = bench.pvs.writes.filter((one) => one.startsWith("Visit") && one.endsWith(`=${done}`));
  expect(shown, "of the former experiment nothing is shown as done for a moment").toEqual([`VisitTag=${done}`]);
});

test("a run that ends after the beam has changed hands counts for whom it began", async () => {
  bench.tag$.next(tagged(LEVY));
  bench.begin("Init", LEVY);
  expect(bench.states).toContain("Done Running");
  bench.tag$.next(tagged(CURIE));
  expect(bench.states).toContain("Done Next");
  bench.end("Init");
  expect([bench.next, bench.pvs.get("NextStepMessage")]).toEqual([
    "Init",
    `Init puts ${CURIE} with its users on voyager.`,
  ]);
  bench.tag$.next(tagged(LEVY));
  await settle();
  expect(bench.next).toBe("Dirs");
});

test("a step that failed stays the next one, with its sentence", () => {
  bench.tag$.next(tagged(LEVY));
  bench.begin("Init", LEVY);
  bench.end("Init", "Failed", "Data Management does not answer.");
  expect([bench.next, bench.pvs.get("NextStepMessage")]).toEqual(["Init", "Data Management does not answer."]);
  expect(bench.states).toContain("Done Failed");
});

test("a dry run, and an e-mail as a test, make no step", () => {
  bench.tag$.next(tagged(LEVY));
  bench.begin("Init", LEVY, true);
  bench.end("Init");
  expect(bench.next).toBe("Init");
  for (const name of ["Init", "Dirs"] as const) bench.run(name, LEVY);
  bench.pvs.put("EmailMode", 2);
  bench.run("Email", LEVY);
  expect(bench.next).toBe("Email");
});

test("who is in the ledger as mailed is looked up for each experiment, and after each Email", async () => {
  bench.site.mailed.add(LEVY);
  bench.tag$.next(tagged(LEVY));
  await settle();
  expect(bench.states).toMatch(/^Done Next Later Done/);
  bench.tag$.next(tagged(CURIE));
  expect(bench.states).toMatch(/^Done Next Later Later/);
  bench.site.mailed.add(CURIE);
  bench.end("Email", "Cancelled");
  await settle();
  expect(bench.states).toMatch(/^Done Next Later Done/);
});

test("the PVs are written when something changes, and not each second", async () => {
  bench.tag$.next(tagged(LEVY));
  await settle();
  bench.pvs.writes.splice(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(bench.pvs.writes).toEqual([]);
});
