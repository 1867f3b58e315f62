/**
 * Our scheduling client against the simulated service, on loopback: what works, and every way in which it misbehaves.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Problems } from "../../src/assemble/parts.ts";
import { openSchedule } from "../../src/assemble/schedule.ts";
import { facilityMinute } from "../../src/base/facility-time.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import { beamtimeAt, PEOPLE, PROPOSAL, runAt, STATION } from "../../src/sandbox/people.ts";
import { LONG_EMAIL, type SchedulingTwin, startSchedulingTwin } from "../../src/sandbox/scheduling-service.ts";
import {
  createSchedulingHttp,
  type SchedulingHttp,
  type SchedulingHttpOptions,
} from "../../src/services/scheduling/web-service.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

interface Site {
  readonly twin: SchedulingTwin;
  readonly scheduling: SchedulingHttp;
  readonly clock: ImpatientClock;
  readonly now: Date;
  readonly log: readonly string[];
}

async function site(changes: Partial<SchedulingHttpOptions> = {}): Promise<Site> {
  const clock = new ImpatientClock();
  const twin = await startSchedulingTwin({ clock });
  onTestFinished(() => twin.close());
  const log: string[] = [];
  const scheduling = createSchedulingHttp({
    url: twin.url,
    beamline: STATION.beamline,
    login: twin.login,
    clock,
    log: createLog("scheduling", (line) => log.push(line)),
    ...changes,
  });
  onTestFinished(() => scheduling.close());
  return { twin, scheduling, clock, now: new Date(clock.now()), log };
}

describe("the beamtimes of a run", () => {
  test("they come sorted by start, those not activated yet too, and one of them is now", async () => {
    const { scheduling, now, twin } = await site();
    const beamtimes = await scheduling.beamtimes(now, {});
    expect(beamtimes.map(({ title }) => title)).toEqual(["Commissioning", PROPOSAL.title, "Insulin under pressure"]);
    expect(beamtimes[1]).toMatchObject({ gupId: PROPOSAL.gupId, esafId: PROPOSAL.esafId, ...beamtimeAt(now) });
    expect(beamtimes.filter(({ start, end }) => start <= now && now <= end)).toHaveLength(1);
    expect(twin.requests.every(({ user }) => user === twin.login.username)).toBe(true);
    expect(twin.requests.map(({ path }) => path)).toContainEqual(
      `/beamline-scheduling/sched-api/schedule/findByRunNameAndScheduleName/${runAt(now).runName}/2-BM-A,B`,
    );
  });

  test("the principal investigator is the one marked so, wherever in the list, and otherwise the first", async () => {
    const { scheduling, now } = await site();
    const [commissioning, ours] = await scheduling.beamtimes(now, {});
    expect(ours?.experimenters.filter(({ isPi }) => isPi)).toMatchObject([
      { lastName: "Noether", badge: PEOPLE.pi.badge },
    ]);
    expect(commissioning?.experimenters.map(({ isPi }) => isPi)).toEqual([true]);
  });

  test("addresses are in lower case, a missing one is absent, and time without a proposal has no number", async () => {
    const { scheduling, now } = await site();
    const [commissioning, ours] = await scheduling.beamtimes(now, {});
    expect(ours?.experimenters.map(({ email }) => email)).toEqual([
      "cs.wu@example.org",
      "irene@example.org",
      undefined,
      "emmy.noether@example.org",
    ]);
    expect(commissioning).not.toHaveProperty("gupId");
    expect(commissioning).not.toHaveProperty("esafId");
  });

  test("what show tells of one comes with it, and what is not known is left out", async () => {
    const { scheduling, now } = await site();
    const [commissioning, ours] = await scheduling.beamtimes(now, {});
    const { start, end } = beamtimeAt(now);
    expect(ours?.details).toEqual([
      ["Proposal (GUP)", PROPOSAL.gupId],
      ["ESAF", PROPOSAL.esafId],
      ["Title", PROPOSAL.title],
      ["Type", "General User"],
      ["PI", "Emmy Noether, University of Goettingen, badge 208112"],
      ["Start", facilityMinute(start)],
      ["End", facilityMinute(end)],
      ["Submitted", "2026-03-06T10:15:00-06:00"],
      ["Shifts granted", "15"],
      ["Shifts scheduled", "15"],
      ["Proprietary", "no"],
      ["Mail-in", "no"],
      ["Experimenters", "Chien-Shiung Wu, Irène Joliot-Curie, Lise Meitner, Emmy Noether"],
      ["E-mail addresses", "cs.wu@example.org, irene@example.org, emmy.noether@example.org"],
    ]);
    expect(commissioning?.details?.slice(0, 2)).toEqual([
      ["Proposal (GUP)", "none"],
      ["ESAF", "none yet"],
    ]);
  });

  test("two at the same time come both, and long texts come whole", async () => {
    const { scheduling, twin, now } = await site();
    await twin.misbehave({ overlapping: true, longTexts: true });
    const current = (await scheduling.beamtimes(now, {})).filter(({ start, end }) => start <= now && now <= end);
    expect(new Set(current.map(({ gupId }) => gupId))).toEqual(new Set([PROPOSAL.gupId, "1014311"]));
    const ours = current.find(({ gupId }) => gupId === PROPOSAL.gupId);
    expect(ours?.title).toHaveLength(300);
    expect(ours?.experimenters.find(({ isPi }) => isPi)?.email).toBe(LONG_EMAIL);
  });

  test("the runs come sorted by start", async () => {
    const { scheduling, now } = await site();
    const runs = await scheduling.runs({});
    expect(runs).toHaveLength(3);
    expect(runs[1]).toMatchObject({ name: runAt(now).runName, start: runAt(now).start, end: runAt(now).end });
  });

  test("a time that no run contains, and a beamline on which nothing is scheduled, are answers of their own", async () => {
    const { scheduling, twin, now } = await site();
    const failure = await failureOf(scheduling.beamtimes(new Date("2031-01-01T12:00:00Z"), {}), NotFoundError);
    expect(failure.message).toMatch(
      /^The scheduling service \(127\.0\.0\.1:\d+\) has no run that contains 2031-01-01$/,
    );
    await twin.misbehave({ empty: true });
    expect(await scheduling.beamtimes(now, {})).toEqual([]);
  });

  test("where the service has no schedules, the activities are taken, without what is not activated", async () => {
    const { scheduling, twin, now } = await site();
    await twin.misbehave({ noSchedules: true });
    const beamtimes = await scheduling.beamtimes(now, {});
    expect(beamtimes.map(({ title }) => title)).toEqual([PROPOSAL.title, "Insulin under pressure"]);
  });
});

describe("a service that does not answer as it should", () => {
  test("an account without authority is told what the service says, not that nothing is scheduled", async () => {
    const { scheduling, twin, now } = await site();
    await twin.misbehave({ noPermission: true });
    const failure = await failureOf(scheduling.beamtimes(now, {}), AccessDeniedError);
    expect(failure.message).toContain('it says "User has no authority for beamline 2-BM-A,B"');
  });

  test("a wrong password is refused once, and shown nowhere", async () => {
    const { scheduling, twin, now, log } = await site({ login: { username: "someone", password: "hunter2" } });
    const failure = await failureOf(scheduling.beamtimes(now, {}), AccessDeniedError);
    expect(failure.message).toContain("status 401");
    expect(failure.message).toContain("[scheduling] credentials");
    expect([failure.message, ...log].join("\n")).not.toContain("hunter2");
    expect(twin.requests).toEqual([{ path: "/beamline-scheduling/sched-api/run/getAllRuns", user: "someone" }]);
  });

  test("a short outage is survived, a long one is said, and nothing may have happened", async () => {
    const { scheduling, twin, now, clock } = await site();
    await twin.misbehave({ unavailable: { status: 503, times: 2, retryAfterSeconds: 5 } });
    expect(await scheduling.beamtimes(now, {})).toHaveLength(3);
    expect(clock.waits).toEqual([5, 5]);
    for (const fault of [
      { down: "refused" },
      { down: "reset" },
      { halfBody: true },
      { htmlPage: { status: 200 } },
    ] as const) {
      await twin.misbehave(fault);
      const failure = await failureOf(scheduling.beamtimes(now, {}), UnavailableError);
      expect(failure.mayHaveHappened).toBe(false);
      expect(failure.message).toMatch(
        /^scheduling service \(127\.0\.0\.1:\d+\), GET \/beamline-scheduling\/sched-api\/run\/getAllRuns: /,
      );
    }
  });

  test("a service that never answers is given up after its time limit", async () => {
    const { scheduling, twin, now, clock } = await site();
    await twin.misbehave({ slowSeconds: 3600 });
    const failed = failureOf(scheduling.beamtimes(now, {}), UnavailableError);
    await twin.arrived("getAllRuns", 1);
    clock.advance(60);
    expect((await failed).message).toMatch(/no answer within 60 s$/);
  });

  test("globus.conf says when a service that never answers is given up", async () => {
    const { twin, now, clock } = await site();
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-scheduling-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const credentials = join(folder, "login");
    writeFileSync(credentials, `${twin.login.username}|${twin.login.password}\n`, { mode: 0o600 });
    const settings = parseConfig(
      `[scheduling]\nbeamline = ${STATION.beamline}\nurl = ${twin.url}\ncredentials = ${credentials}\ntimeout = 90\n`,
      join(folder, "globus.conf"),
      folder,
    );
    const closers: (() => Promise<void> | void)[] = [];
    const { scheduling } = openSchedule({
      settings,
      environment: {},
      clock,
      log: silentLog,
      closers,
      problems: new Problems(),
    });
    onTestFinished(async () => {
      for (const close of closers) await close();
    });
    await twin.misbehave({ slowSeconds: 3600 });
    const failed = failureOf(scheduling.beamtimes(now, {}), UnavailableError);
    await twin.arrived("getAllRuns", 1);
    clock.advance(90);
    expect((await failed).message).toMatch(/no answer within 90 s$/);
  });

  test("cancelling ends the call at once", async () => {
    const { scheduling, twin, now } = await site();
    await twin.misbehave({ slowSeconds: 3600 });
    const cancel = new AbortController();
    const work = scheduling.beamtimes(now, { signal: cancel.signal });
    await twin.arrived("getAllRuns");
    cancel.abort(new Error("operator pressed Abort"));
    await expect(work).rejects.toThrow("operator pressed Abort");
  });
});
