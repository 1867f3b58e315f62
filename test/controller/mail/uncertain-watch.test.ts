import { BehaviorSubject, EMPTY } from "rxjs";
import { expect, onTestFinished, test, vi } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import { Journal } from "../../../src/controller/journal.ts";
import { watchUncertain } from "../../../src/controller/mail/uncertain-watch.ts";
import { FakeControllerPvs } from "../../support/fake-beamline.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLedger } from "../../support/fake-mail.ts";
import { EXPERIMENT } from "../../support/tagged-run.ts";

const experiment = (name: string): Experiment => ({ ...EXPERIMENT, name });

function watching(ledger: FakeLedger) {
  const pvs = new FakeControllerPvs();
  const clock = new FakeClock();
  const experiment$ = new BehaviorSubject<Experiment | undefined>(experiment("A"));
  const journal = new Journal({ clock, log: silentLog, pvs });
  const watch$ = watchUncertain(ledger)({ pvs, journal, experiment$, server$: EMPTY, ended$: EMPTY, clock });
  const subscription = watch$.subscribe();
  onTestFinished(() => subscription.unsubscribe());
  return { pvs, experiment$ };
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

test("a ledger that cannot be read is told, and looked at again for the next experiment", async () => {
  const ledger = new FakeLedger();
  ledger.set("B", "a@x.example", "uncertain");
  const mailed = ledger.mailed.bind(ledger);
  ledger.mailed = () => Promise.reject(new ActionError("The ledger /x is held by process 1"));
  const { pvs, experiment$ } = watching(ledger);
  await vi.waitFor(() => expect(pvs.get("LastError")).toBe("The ledger /x is held by process 1"));
  ledger.mailed = mailed;
  experiment$.next(experiment("B"));
  await vi.waitFor(() => expect(pvs.get("EmailUncertain")).toBe(1));
});
