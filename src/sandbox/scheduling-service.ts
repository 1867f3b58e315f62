/**
 * A simulated APS scheduling service: HTTP Basic, runs, and the beamtimes of a beamline around today, with the
 * irregularities that the real service is known for: offsets in three spellings, no order, addresses as typed or
 * missing (data-management.md §8).
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { type HttpFaults, startHttpTwin, type TwinAnswer, type TwinRequest } from "./http-twin.ts";
import { beamtimeAt, localIso, PEOPLE, PROPOSAL, runAt, type SimulatedPerson, STATION } from "./people.ts";

export interface SchedulingFaults extends HttpFaults {
  /** The account has no authority over any beamline: a sentence instead of the list, with status 200. */
  readonly noPermission?: boolean;
  /** 401 for every password. */
  readonly unauthorized?: boolean;
  /** Nothing is scheduled. */
  readonly empty?: boolean;
  /** The `schedule` calls are not there: 404. */
  readonly noSchedules?: boolean;
  /** Another group has the beam at the same time as ours. */
  readonly overlapping?: boolean;
  /** Our PI's e-mail address has 45 bytes, and the title 300. */
  readonly longTexts?: boolean;
}

export interface SchedulingRequest {
  /** Path, percent-decoded. */
  readonly path: string;
  /** From the Basic header; absent without such a header. */
  readonly user?: string;
}

export interface SchedulingTwin {
  readonly url: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly requests: readonly SchedulingRequest[];
  misbehave(faults: SchedulingFaults): Promise<void>;
  arrived(part: string, count?: number): Promise<void>;
  close(): Promise<void>;
}

const ROOT = "/beamline-scheduling/sched-api";
const DAY = 86_400_000;

/** Listens on a free port of 127.0.0.1; its runs and beamtimes move along with the clock. */
export async function startSchedulingTwin(options: { readonly clock: Clock }): Promise<SchedulingTwin> {
  const login = { username: "beamline2bm", password: `sandbox-${randomUUID()}` };
  const requests: SchedulingRequest[] = [];
  let faults: SchedulingFaults = {};
  const twin = await startHttpTwin({
    clock: options.clock,
    onRequest: ({ segments, headers }) => {
      const [username] = basic(headers.authorization);
      requests.push({ path: `/${segments.join("/")}`, ...(username !== undefined && { user: username }) });
    },
    answer: (request) => {
      const [username, password] = basic(request.headers.authorization);
      const known = username === login.username && password === login.password && faults.unauthorized !== true;
      return known ? answer(request, faults, new Date(options.clock.now())) : { status: 401, body: "Unauthorized" };
    },
  });
  return {
    url: twin.url,
    login,
    requests,
    misbehave: (next) => {
      faults = next;
      return twin.misbehave(next);
    },
    arrived: (part, count) => twin.arrived(part, count),
    close: () => twin.close(),
  };
}

function basic(header: string | undefined): readonly string[] {
  const encoded = /^Basic (\S+)$/.exec(header ?? "")?.[1];
  return encoded === undefined ? [] : Buffer.from(encoded, "base64").toString("utf8").split(/:(.*)/s, 2);
}

const NOT_FOUND: TwinAnswer = { status: 404, body: { message: "No such resource" } };

function answer({ method, segments }: TwinRequest, faults: SchedulingFaults, now: Date): TwinAnswer {
  const path = `/${segments.join("/")}`;
  if (method !== "GET") return NOT_FOUND;
  if (path === `${ROOT}/run/getAllRuns`) return { status: 200, body: runs(now) };
  const [run = "", beamline] = segments.slice(-2);
  const call = path.slice(ROOT.length + 1, -`/${run}/${beamline}`.length);
  if (faults.noPermission === true) {
    return { status: 200, body: { message: `User has no authority for beamline ${beamline}` } };
  }
  const here = run === runAt(now).runName && beamline === STATION.beamline && faults.empty !== true;
  if (call === "activity/findByRunNameAndBeamlineId")
    return { status: 200, body: here ? activities(now, faults).slice(0, -1) : [] };
  if (call !== "schedule/findByRunNameAndScheduleName" || faults.noSchedules === true) return NOT_FOUND;
  return {
    status: 200,
    body: here ? [{ scheduleName: beamline, runName: run, activities: activities(now, faults) }] : [],
  };
}

/** The run before, the present run and the next, in no order. */
function runs(now: Date): readonly object[] {
  const current = runAt(now);
  const before = runAt(new Date(current.start.getTime() - DAY));
  const next = runAt(new Date(current.end.getTime() + DAY));
  return [next, current, before].map(({ runName, start, end }, index) => ({
    runId: 100 + index,
    runName,
    startTime: localIso(start, "±hhmm"),
    endTime: localIso(end),
    version: 1,
  }));
}

/** 45 bytes: TomoScan's PV holds 39. */
export const LONG_EMAIL = "emmy.noether.invariant@mathematik.example.org";
/** TomoScan's PV holds 255. */
export const LONG_TITLE = PROPOSAL.title.padEnd(300, ".");

/** Commissioning before, another group after, ours now; the last beamtime is scheduled but not activated. */
function activities(now: Date, { overlapping, longTexts }: SchedulingFaults): readonly object[] {
  const { start, end } = beamtimeAt(now);
  const pi = longTexts === true ? { ...PEOPLE.pi, email: LONG_EMAIL } : PEOPLE.pi;
  const title = longTexts === true ? LONG_TITLE : PROPOSAL.title;
  const day = (offset: number): Date => new Date(start.getTime() + offset * DAY);
  return [
    {
      startTime: localIso(overlapping === true ? start : day(7), "±hhmm"),
      endTime: localIso(overlapping === true ? end : day(9), "±hhmm"),
      experimentId: 302950,
      beamtime: beamtime("1014311", "Insulin under pressure", PEOPLE.others, "N"),
    },
    {
      startTime: localIso(start),
      endTime: localIso(end),
      experimentId: Number(PROPOSAL.esafId),
      beamtime: beamtime(PROPOSAL.gupId, title, [...PEOPLE.experimenters, pi], "Y"),
    },
    {
      startTime: localIso(day(-3), "±hh"),
      endTime: localIso(day(-1), "±hh"),
      experimentId: null,
      beamtime: beamtime("", "Commissioning", PEOPLE.contacts.slice(0, 1), "N"),
    },
  ];
}

/** The principal investigator need not come first. @param flag what the PI's piFlag says; `N`: nobody is marked */
function beamtime(gupId: string, proposalTitle: string, people: readonly SimulatedPerson[], flag: "Y" | "N"): object {
  return {
    grantedShifts: 15,
    scheduledShifts: 15,
    proposal: {
      gupId,
      proposalTitle,
      submittedDate: "2026-03-06T10:15:00-06:00",
      proprietaryFlag: "N",
      mailInFlag: "N",
      proposalType: { display: "General User" },
      experimenters: people.map((person) => ({
        badge: Number(person.badge),
        firstName: person.firstName,
        lastName: person.lastName,
        institution: person.institution,
        email: person.email ?? null,
        piFlag: person.badge === PEOPLE.pi.badge ? flag : "N",
      })),
    },
  };
}
