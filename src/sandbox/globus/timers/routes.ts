/**
 * Globus Timers, simulated: timers of transfers and of flows are made, told of, paused, resumed and deleted. They run
 * in timer-runs.ts. The shapes are those of Globus' published samples. Timers of the first kind (`POST /jobs/`), which
 * call any address, are not made here, and of a timer nothing but its name can be changed.
 */

import { randomUUID } from "node:crypto";
import { isJsonObject } from "../../../base/json-object.ts";
import type { TwinAnswer } from "../../http-twin.ts";
import type { AccessToken } from "../auth/auth-state.ts";
import { TIMERS_SERVER } from "../auth/known-scopes.ts";
import { type Fields, textOf, timeOf } from "../documents.ts";
import { type Asked, bearerOf, RefusedAnswer, type Route } from "../world.ts";
import { jobDocument, newTimerDocument } from "./documents.ts";
import type { Timer, TimerSchedule } from "./timer-room.ts";
import { consentRequired, lackingScopes, schedule } from "./timer-runs.ts";

export const TIMER_ROUTES: readonly Route[] = [
  { method: "POST", path: "/v2/timer", answer: create },
  { method: "GET", path: "/jobs/", answer: list },
  { method: "POST", path: "/jobs/", answer: createOfFirstKind },
  { method: "GET", path: "/jobs/:timer", answer: show },
  { method: "PATCH", path: "/jobs/:timer", answer: rename },
  { method: "DELETE", path: "/jobs/:timer", answer: remove },
  { method: "POST", path: "/jobs/:timer/pause", answer: pause },
  { method: "POST", path: "/jobs/:timer/resume", answer: resume },
];

const refuse = (status: number, code: string, detail: string, more: Fields = {}): RefusedAnswer =>
  new RefusedAnswer({ status, body: { error: { code, detail, status }, ...more } });

/** Every problem of a document at once, by where it is. */
const refuseFields = (problems: readonly (readonly [where: readonly string[], says: string])[]): RefusedAnswer =>
  new RefusedAnswer({
    status: 422,
    body: { detail: problems.map(([loc, msg]) => ({ loc: ["body", ...loc], msg, type: "value_error" })) },
  });

function requireBearer(asked: Asked): AccessToken {
  const token = bearerOf(asked, TIMERS_SERVER);
  if (token === undefined) throw refuse(401, "UNAUTHORIZED", "Token is not active");
  return token;
}

function bodyOf({ request }: Asked): Fields {
  if (request.body === "") return {};
  try {
    return JSON.parse(request.body) as Fields;
  } catch {
    throw refuseFields([[[], "the body is not JSON"]]);
  }
}

/** Of the bearer's timers. */
function timerOf(asked: Asked): Timer {
  const { identity } = requireBearer(asked);
  const timer = asked.world.timers.timerById.get(asked.part("timer"));
  if (timer?.ownerId !== identity.id) throw refuse(404, "NOT_FOUND", `Timer ${asked.part("timer")} was not found`);
  return timer;
}

function create(asked: Asked): TwinAnswer {
  const token = requireBearer(asked);
  const { world } = asked;
  const { timer: document } = bodyOf(asked);
  if (!isJsonObject(document)) throw refuseFields([[["timer"], "field required"]]);
  const { timer_type: type, name, body, flow_id: flow } = document;
  const at = (...names: readonly string[]): readonly string[] => ["timer", ...names];
  if (type !== "transfer" && type !== "flow") throw refuseFields([[at("timer_type"), "must be transfer or flow"]]);
  if (!isJsonObject(body)) throw refuseFields([[at("body"), "field required"]]);
  if (type === "flow" && world.flows.flow(textOf(flow), world.clock.now()) === undefined)
    throw refuse(404, "FLOW_NOT_FOUND", `No Flow exists with id value ${textOf(flow)}`);
  const made: Timer = {
    id: randomUUID(),
    name: textOf(name),
    ownerId: token.identity.id,
    token,
    schedule: readSchedule(asked, document["schedule"]),
    flow: type === "flow" ? textOf(flow) : undefined,
    body,
    submitted: world.clock.now(),
    nextRun: undefined,
    lastRun: undefined,
    runs: 0,
    errors: 0,
    results: [],
    inactiveReason: undefined,
    cancel: () => {},
  };
  const scopes = lackingScopes(world, token, made);
  if (scopes.length > 0) throw refuse(403, "ConsentRequired", "Missing required consent", consentRequired(scopes));
  world.timers.timerById.set(made.id, made);
  schedule(world, made);
  return { status: 201, body: { timer: newTimerDocument(made) } };
}

function readSchedule({ world }: Asked, asked: unknown): TimerSchedule {
  const at = (...names: readonly string[]): readonly string[] => ["timer", "schedule", ...names];
  if (!isJsonObject(asked)) throw refuseFields([[at(), "field required"]]);
  const { type, interval_seconds: interval, end } = asked;
  const time = (value: unknown, where: readonly string[]): number => {
    if (value === undefined || value === null) return world.clock.now();
    const read = timeOf(textOf(value));
    if (Number.isNaN(read)) throw refuseFields([[where, "invalid datetime format"]]);
    return read;
  };
  if (type === "once") {
    const start = time(asked["datetime"], at("datetime"));
    return { start, intervalSeconds: undefined, mostRuns: 1, until: Infinity, document: asked };
  }
  if (type !== "recurring") throw refuseFields([[at("type"), "must be once or recurring"]]);
  if (typeof interval !== "number" || interval < 60)
    throw refuseFields([[at("interval_seconds"), "must be a number, at least 60"]]);
  const bounds = isJsonObject(end) ? end : {};
  // Published examples have both words for the number of runs.
  const count = bounds["count"] ?? bounds["iterations"];
  const mostRuns = typeof count === "number" ? count : Infinity;
  const until = bounds["datetime"] === undefined ? Infinity : time(bounds["datetime"], at("end", "datetime"));
  const start = time(asked["start"], at("start"));
  return { start, intervalSeconds: interval, mostRuns, until, document: asked };
}

function createOfFirstKind(asked: Asked): TwinAnswer {
  requireBearer(asked);
  throw refuse(400, "NOT_SIMULATED", "This simulated Globus makes timers of transfers and flows, by POST /v2/timer");
}

function list(asked: Asked): TwinAnswer {
  const { identity } = requireBearer(asked);
  const own = [...asked.world.timers.timerById.values()].filter(({ ownerId }) => ownerId === identity.id);
  const isLatestFirst = /^submitted_at desc$/i.test(asked.request.query.get("order") ?? "");
  return { status: 200, body: { jobs: (isLatestFirst ? own.toReversed() : own).map(jobDocument) } };
}

function show(asked: Asked): TwinAnswer {
  return { status: 200, body: jobDocument(timerOf(asked)) };
}

function rename(asked: Asked): TwinAnswer {
  const timer = timerOf(asked);
  const { name, ...others } = bodyOf(asked);
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuseFields([[[other], "this simulated Globus changes the name alone"]]);
  timer.name = textOf(name);
  return { status: 200, body: jobDocument(timer) };
}

function remove(asked: Asked): TwinAnswer {
  const timer = timerOf(asked);
  timer.cancel();
  asked.world.timers.timerById.delete(timer.id);
  return { status: 200, body: jobDocument(timer) };
}

function pause(asked: Asked): TwinAnswer {
  const timer = timerOf(asked);
  timer.cancel();
  timer.inactiveReason = { cause: "user", detail: null };
  return { status: 200, body: { message: `Successfully paused job ${timer.id}.` } };
}

/** With the credentials of who resumes it, where those of the timer were what it lacked. */
function resume(asked: Asked): TwinAnswer {
  const timer = timerOf(asked);
  const wanted = bodyOf(asked)["update_credentials"];
  const lacked = timer.inactiveReason?.["cause"] === "globus_auth_requirements";
  if (typeof wanted === "boolean" ? wanted : lacked) timer.token = requireBearer(asked);
  timer.inactiveReason = undefined;
  schedule(asked.world, timer);
  return { status: 200, body: { message: `Successfully resumed job ${timer.id}.` } };
}
