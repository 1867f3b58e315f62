/** What becomes of running commands when the IOC stops: the ports are closed right after `stop` has resolved. */
import { filter, firstValueFrom } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sleep } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ShownLetter } from "../../../src/controller/email/letter/letter.ts";
import { previewEmail } from "../../../src/controller/email/preview-email.ts";
import { sendEmail } from "../../../src/controller/email/send-email.ts";
import { COMMAND_STATES } from "../../../src/controller/pvs/commands.ts";
import { tomoScanSuffix } from "../../../src/controller/pvs/tomoscan.ts";
import type { Action } from "../../../src/controller/run/action.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import { startController } from "../../../src/controller/wiring.ts";
import { FakeBeamline, FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeLedger, FakeMailer, FakeTexts, MailDm } from "../../support/fakes/fake-mail.ts";
import { FakeScheduling, noIdentity } from "../../support/fakes/fake-services.ts";
import { FakeVisitSite } from "../../support/fakes/fake-visit.ts";

const NAME = "2026-03-Noether-1014288";

let pvs: FakeControllerPvs;
let clock: FakeClock;
beforeEach(() => {
  vi.useFakeTimers();
  pvs = new FakeControllerPvs();
  clock = new FakeClock();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A controller with these actions, on a TomoScan that is tagged. @returns stops it */
async function started(
  actions: Readonly<Partial<Record<"Email" | "PreviewEmail" | "Dirs", Action>>>,
): Promise<() => Promise<void>> {
  const beamline = new FakeBeamline();
  const tag = { ExperimentYearMonth: "2026-03", UserLastName: "Noether", ProposalNumber: "1014288" };
  for (const [suffix, text] of Object.entries({ ...tag, ProposalTitle: "Invariants" })) beamline.set(suffix, text);
  const stop = startController({
    pvs,
    beamline,
    tomoScanName: tomoScanSuffix,
    servers: [{ name: "voyager", kind: "dm", actions, dataLink: () => "" }],
    actions: {},
    arms: {},
    watches: [],
    directories: [],
    auth: { dm: noIdentity, globus: noIdentity },
    visit: new FakeVisitSite(),
    version: "1.2.3",
    hostname: "testhost",
    clock,
    log: silentLog,
  });
  await vi.advanceTimersByTimeAsync(1600);
  return stop;
}
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const stateOf = (name: string): string | undefined => COMMAND_STATES[Number(pvs.get(`${name}Status`))];

test("a message that is accepted while the IOC stops is on record as sent before the ledger is closed", async () => {
  const [mailer, ledger] = [new FakeMailer(), new FakeLedger()];
  const email = {
    serverName: "voyager",
    dm: new MailDm().with(NAME, {
      "101": { lastName: "Levy", email: "levy@example.org" },
      "102": { lastName: "Wu", email: "wu@example.org" },
    }),
    people: {
      schedule: { scheduling: new FakeScheduling(), beamline: "99-ID-A,B", clock },
      esafs: undefined,
      contacts: [{ badge: "", email: "contact@beamline.example" }],
    },
    dataLink: () => "https://data.example/",
    from: "",
    texts: new FakeTexts(),
    shown: new ShownLetter(),
    mailer,
    ledger,
    clock,
  };
  const stop = await started({ PreviewEmail: previewEmail(email), Email: sendEmail(email) });
  pvs.putFromOutside("PreviewEmail", 1);
  await firstValueFrom(
    pvs.value$("PreviewEmailStatus").pipe(filter((state) => state === COMMAND_STATES.indexOf("Done"))),
  );
  pvs.put("EmailArm", 1);
  let isClosed = false;
  const put = ledger.putMailed.bind(ledger);
  ledger.putMailed = (...record) => (isClosed ? Promise.reject(new Error("the ledger is closed")) : put(...record));
  const stopAndClose = async (): Promise<void> => {
    await stop();
    isClosed = true;
  };
  const stopped = new Promise<void>((resolve) => (mailer.during = () => resolve(stopAndClose())));
  pvs.putFromOutside("Email", 1);
  await stopped;
  expect(mailer.acceptedBy).toEqual(["levy@example.org"]);
  expect((await ledger.mailed(NAME)).get("levy@example.org")?.state).toBe("sent");
  expect(stateOf("Email")).toBe("Cancelled");
  expect(pvs.get("EmailMessage")).toMatch(/^The IOC stops\. .*it has gone to levy@example\.org/);
});

test("an action that does not end is waited for a few seconds, no longer", async () => {
  const stop = await started({ Dirs: { plan: () => [], run: () => new Promise(() => {}) } });
  pvs.putFromOutside("Dirs", 1);
  await settle();
  let isStopped = false;
  const stopped = stop().then(() => void (isStopped = true));
  await clock.advanceAsync(4);
  expect(isStopped).toBe(false);
  await clock.advanceAsync(2);
  await stopped;
  expect(isStopped).toBe(true);
});

test("nothing starts while what runs is waited for", async () => {
  const slow: Action = {
    plan: () => [],
    run: async (): Promise<ActionResult> => {
      await sleep(clock, 2);
      return { state: "Done", message: "Made." };
    },
  };
  const stop = await started({ Dirs: slow, Email: slow });
  pvs.putFromOutside("Dirs", 1);
  await settle();
  const stopped = stop();
  expect(pvs.putFromOutside("Email", 1)).toBe("refused");
  expect(pvs.get("EmailMessage")).toBe("The IOC stops.");
  await clock.advanceAsync(3);
  await stopped;
  expect(stateOf("Dirs")).toBe("Done");
});

test("a command that waits for the tag to settle ends at once", async () => {
  const stop = await started({ Dirs: { plan: () => [], run: () => Promise.reject(new Error("never reached")) } });
  pvs.put("ExperimentNameOverride", "Another"); // the quiet window begins
  pvs.putFromOutside("Dirs", 1);
  await settle();
  await stop();
  expect(stateOf("Dirs")).toBe("Cancelled");
});
