import { Subject } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError, messageOf } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Identity, LoginState } from "../../../src/controller/ports/identity.ts";
import { AUTH_STATES } from "../../../src/controller/pvs/run.ts";
import { vitalSigns$ } from "../../../src/controller/run/vital-signs.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

/** A login whose next answers a test decides. */
class FakeIdentity implements Identity {
  answer: LoginState | Error | undefined = "OK";
  expires: Date | undefined;
  why: string | undefined;
  looks = 0;
  readonly aborted: AbortSignal[] = [];
  async state({ signal }: Parameters<Identity["state"]>[0]): ReturnType<Identity["state"]> {
    this.looks++;
    if (this.answer === undefined) {
      if (signal !== undefined) this.aborted.push(signal);
      return new Promise(() => {});
    }
    if (this.answer instanceof Error) throw this.answer;
    return {
      state: this.answer,
      ...(this.expires !== undefined && { expires: this.expires }),
      ...(this.why !== undefined && { why: this.why }),
    };
  }
}

let dm: FakeIdentity;
let globus: FakeIdentity;
let clock: FakeClock;
let pvs: FakeControllerPvs;
let files: string;
let told: string[];
let again$: Subject<unknown>;
let stop: () => void;
beforeEach(async () => {
  vi.useFakeTimers();
  dm = new FakeIdentity();
  globus = new FakeIdentity();
  globus.answer = "Off";
  clock = new FakeClock();
  pvs = new FakeControllerPvs();
  files = "as they were";
  told = [];
  again$ = new Subject();
  dm.answer = new ActionError("The login file /x/dm_login has mode 0644.");
  const subscription = vitalSigns$(
    {
      pvs,
      auth: { dm, globus, filesState: async () => files },
      version: "1.2.3",
      hostname: "testhost",
      clock,
      log: silentLog,
      tell: (sentence, severity) => void told.push(`${severity} ${sentence}`),
    },
    again$,
  ).subscribe();
  stop = () => subscription.unsubscribe();
  await vi.advanceTimersByTimeAsync(0);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});
const state = (): string | undefined => AUTH_STATES[Number(pvs.get("AuthDM"))];

const NEEDED =
  "MAJOR AuthDM is LoginNeeded, since the login file /x/dm_login has mode 0644; asked again when its file has changed, after each command, and at the latest in 5 minutes.";

test("a login that is not accepted is LoginNeeded, and told once, with when it is asked again", async () => {
  expect([state(), told]).toEqual(["LoginNeeded", [NEEDED]]);
  await vi.advanceTimersByTimeAsync(300_000);
  expect([dm.looks, told]).toEqual([2, [NEEDED]]);
});

test("what only a person can do is told with the command that does it, and anew when it is another command", async () => {
  dm.answer = "OK";
  globus.answer = "LoginNeeded";
  globus.why = "The token file has no Globus login for Globus Transfer: run `globus-ioc login`.";
  await vi.advanceTimersByTimeAsync(300_000);
  expect(AUTH_STATES[Number(pvs.get("AuthGlobus"))]).toBe("LoginNeeded");
  globus.why = "The token file has no Globus login for the flow F: run `globus-ioc login --flow F`.";
  await vi.advanceTimersByTimeAsync(600_000);
  expect(told.filter((one) => one.startsWith("MAJOR AuthGlobus"))).toEqual([
    "MAJOR AuthGlobus is LoginNeeded, since the token file has no Globus login for Globus Transfer: run `globus-ioc login`; asked again when its file has changed, after each command, and at the latest in 5 minutes.",
    "MAJOR AuthGlobus is LoginNeeded, since the token file has no Globus login for the flow F: run `globus-ioc login --flow F`; asked again when its file has changed, after each command, and at the latest in 5 minutes.",
  ]);
});

test("TokenExpires is the hours that are left, 0 when they are over, and -1 where there is no token", async () => {
  const seen: unknown[] = [pvs.get("TokenExpires")];
  for (const hours of [36.5, -2]) {
    globus.answer = "OK";
    globus.expires = new Date(clock.now() + hours * 3_600_000);
    await vi.advanceTimersByTimeAsync(300_000);
    seen.push(pvs.get("TokenExpires"));
  }
  expect(seen).toEqual([-1, 36.5, 0]);
});

test("a file that has changed is asked with at once, and that it is well again is told", async () => {
  dm.answer = "OK";
  await vi.advanceTimersByTimeAsync(10_000);
  expect([state(), dm.looks]).toEqual(["LoginNeeded", 1]);
  files = "mended";
  await vi.advanceTimersByTimeAsync(2_000);
  expect([state(), dm.looks]).toEqual(["OK", 2]);
  expect(told).toEqual([NEEDED, "NO_ALARM AuthDM is OK again."]);
});

test("a file that changes while nobody answers what was asked with the former one is asked with at once, too", async () => {
  dm.answer = undefined;
  again$.next(undefined);
  await vi.advanceTimersByTimeAsync(1);
  dm.answer = "OK";
  files = "mended";
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state()).toBe("OK");
  expect(dm.aborted.map(({ reason }) => messageOf(reason))).toEqual([
    "The look at AuthDM was given up: its file has changed, or the IOC ends.",
  ]);
});

test("the end of a command asks again", async () => {
  dm.answer = "OK";
  again$.next(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(state()).toBe("OK");
});

test("a look at the end of a command leaves that command's own sentence in its place; a later one tells", async () => {
  dm.answer = "OK";
  again$.next(undefined);
  await vi.advanceTimersByTimeAsync(0);
  told = [];
  dm.answer = new ActionError("The login file /x/dm_login has mode 0644.");
  again$.next(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect([state(), told]).toEqual(["LoginNeeded", []]);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(told).toEqual([NEEDED]);
});

test("a service that is down says nothing of the login", async () => {
  dm.answer = "OK";
  again$.next(undefined);
  await vi.advanceTimersByTimeAsync(0);
  dm.answer = new UnavailableError("no answer");
  files = "touched";
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state()).toBe("OK");
});

test("a dry run asks nobody, whatever the files do", async () => {
  pvs.put("Testing", 1);
  files = "mended";
  await vi.advanceTimersByTimeAsync(400_000);
  expect(dm.looks).toBe(1);
});
