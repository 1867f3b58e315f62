import { BehaviorSubject, Subject } from "rxjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import { watchUncertain } from "../../../src/controller/email/uncertain-watch.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { UNKNOWN_COUNT } from "../../../src/controller/pvs/row.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeLedger } from "../../support/fakes/fake-mail.ts";
import { EXPERIMENT } from "../../support/fakes/tagged-run.ts";

const experiment = (name: string): Experiment => ({ ...EXPERIMENT, name });

function watching(ledger: FakeLedger, isSending = false) {
  const pvs = new FakeControllerPvs();
  const clock = new FakeClock();
  const experiment$ = new BehaviorSubject<Experiment | undefined>(experiment("A"));
  const journal = new Journal({ clock, log: silentLog, pvs });
  const ended$ = new Subject<CommandName>();
  const running = new Set<CommandName>(isSending ? ["Email"] : []);
  const isRunning = (name: CommandName) => running.has(name);
  const watch$ = watchUncertain(ledger)({ pvs, journal, experiment$, isRunning, ended$, clock });
  const subscription = watch$.subscribe();
  onTestFinished(() => subscription.unsubscribe());
  return { pvs, experiment$, running, ended$ };
}

test("the uncertain addresses of an experiment are counted and told, and gone with the experiment", async () => {
  const ledger = new FakeLedger();
  ledger.set("A", "a@x.example", "uncertain");
  ledger.set("A", "b@x.example", "sent");
  const { pvs, experiment$ } = watching(ledger);
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(1));
  expect(pvs.get("LastError")).toMatch(/^Nobody knows whether a@x\.example had the e-mail/);
  experiment$.next(undefined);
  expect(pvs.get("EmailUncertain")).toBe(0);
});

test("a ledger that cannot be read is looked at again for the next experiment", async () => {
  const ledger = new FakeLedger();
  ledger.set("B", "a@x.example", "uncertain");
  const mailed = ledger.mailed.bind(ledger);
  ledger.mailed = () => Promise.reject(new ActionError("The ledger /x is held by process 1"));
  const { pvs, experiment$ } = watching(ledger);
  ledger.mailed = mailed;
  experiment$.next(experiment("B"));
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(1));
});

test("what Email is sending now is not counted as uncertain; when it has ended, it is", async () => {
  const ledger = new FakeLedger();
  ledger.set("A", "a@x.example", "sending");
  const mailed = vi.spyOn(ledger, "mailed");
  const { pvs, running, ended$ } = watching(ledger, true);
  ended$.next("Dirs");
  expect(mailed).not.toHaveBeenCalled();
  expect(pvs.get("EmailUncertain")).toBe(UNKNOWN_COUNT);
  running.clear();
  ended$.next("Email");
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(1));
});

test("a ledger that cannot be read leaves no count of the former experiment behind", async () => {
  const ledger = new FakeLedger();
  ledger.set("A", "a@x.example", "uncertain");
  const { pvs, experiment$ } = watching(ledger);
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(1));
  ledger.mailed = () => Promise.reject(new ActionError("The ledger /x is held by process 1"));
  experiment$.next(experiment("B"));
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(UNKNOWN_COUNT));
});

test("a ledger is opened at the start, so that what is wrong with it is told then", () => {
  const ledger = new FakeLedger();
  const open = vi.spyOn(ledger, "open").mockRejectedValue(new ActionError("The ledger /x is damaged"));
  const { pvs } = watching(ledger);
  expect(open).toHaveBeenCalledOnce();
  expect(pvs.get("EmailUncertain")).toBe(UNKNOWN_COUNT);
});
