/**
 * How the simulated Globus Timers runs its timers, by the clock alone: a transfer is submitted, a flow is started, in
 * the name of the timer's owner. A consent that is missing makes the timer inactive until it is resumed; any other
 * refusal is counted and kept, and the next run is tried.
 */
import { randomUUID } from "node:crypto";
import { askInside, dependentToken, type InsideAnswer } from "../ask-inside.ts";
import type { AccessToken } from "../auth/auth-state.ts";
import { dataAccessScope, flowScope, TIMER_SCOPE, TRANSFER_SCOPE } from "../auth/known-scopes.ts";
import { type Fields, iso, textOf } from "../documents.ts";
import { FLOWS_ROUTES } from "../flows/routes.ts";
import { SUBMIT_ROUTES } from "../submit-routes.ts";
import { type GlobusWorld, hasConsent, hasDataAccess } from "../world.ts";
import type { Timer } from "./timer-room.ts";

/** What a run of the timer needs beside the scope of Timers itself, as scopes that a login can ask for. */
export function lackingScopes(world: GlobusWorld, token: AccessToken, { flow, body }: Timer): readonly string[] {
  if (flow !== undefined)
    return hasConsent(token, [TIMER_SCOPE, flowScope(flow)]) ? [] : [`${TIMER_SCOPE}[${flowScope(flow)}]`];
  if (!hasConsent(token, [TIMER_SCOPE, TRANSFER_SCOPE])) return [`${TIMER_SCOPE}[${TRANSFER_SCOPE}]`];
  return [body["source_endpoint"], body["destination_endpoint"]].map(textOf).flatMap((id) => {
    const collection = world.collectionById.get(id);
    if (collection === undefined || !hasDataAccess(world, collection)) return [];
    const scope = dataAccessScope(id);
    return hasConsent(token, [TIMER_SCOPE, TRANSFER_SCOPE, scope])
      ? []
      : [`${TIMER_SCOPE}[${TRANSFER_SCOPE}[*${scope}]]`];
  });
}

/** A document of Globus Auth's requirements, for a timer or for who makes one. */
export const consentRequired = (scopes: readonly string[]): Fields => ({
  code: "ConsentRequired",
  authorization_parameters: { session_message: "Missing required consent", required_scopes: scopes },
});

/** Waits for the next run that is due now or later; ends the timer where there is none. */
export function schedule(world: GlobusWorld, timer: Timer): void {
  timer.cancel();
  const { start, intervalSeconds, mostRuns, until } = timer.schedule;
  const now = world.clock.now();
  const step = (intervalSeconds ?? Infinity) * 1000;
  const following = start + Math.max(Math.floor((now - start) / step) + 1, 0) * step;
  const next = timer.lastRun === undefined ? Math.max(start, now) : following;
  if (timer.runs >= mostRuns || !Number.isFinite(next) || next > until) {
    timer.nextRun = undefined;
    return;
  }
  timer.nextRun = next;
  timer.cancel = world.clock.after((next - now) / 1000, () => run(world, timer));
}

function run(world: GlobusWorld, timer: Timer): void {
  const scopes = lackingScopes(world, timer.token, timer);
  if (scopes.length > 0) {
    timer.inactiveReason = { cause: "globus_auth_requirements", detail: consentRequired(scopes) };
    return;
  }
  timer.runs++;
  timer.lastRun = world.clock.now();
  const { status, body } = timer.flow === undefined ? submitTransfer(world, timer) : startFlow(world, timer);
  const isWell = status < 300;
  if (!isWell) timer.errors++;
  const ranAt = new Date(timer.lastRun).toISOString().replace("Z", "000");
  timer.results.push({
    data: isWell ? action(timer, body) : null,
    errors: isWell ? null : body,
    status,
    ran_at: ranAt,
  });
  schedule(world, timer);
}

const REFUSED: InsideAnswer = { status: 403, body: { code: "ConsentRequired" } };

function submitTransfer(world: GlobusWorld, { token, name, runs, body }: Timer): InsideAnswer {
  const transfer = dependentToken(world, token, [TIMER_SCOPE, TRANSFER_SCOPE]);
  if (transfer === undefined) return REFUSED;
  const label = `${(textOf(body["label"]) || name).slice(0, 100)}, run ${runs}`;
  const document = { ...body, submission_id: randomUUID(), label };
  return askInside(world, SUBMIT_ROUTES, transfer, { method: "POST", path: "/v0.10/transfer", body: document });
}

function startFlow(world: GlobusWorld, { token, flow = "", name, body }: Timer): InsideAnswer {
  const user = dependentToken(world, token, [TIMER_SCOPE, flowScope(flow)]);
  if (user === undefined) return REFUSED;
  const document = { label: name.slice(0, 64), ...body };
  return askInside(world, FLOWS_ROUTES, user, { method: "POST", path: `/flows/${flow}/run`, body: document });
}

/** What a run began, as the action that it is. */
function action({ ownerId, lastRun }: Timer, details: Fields): Fields {
  return {
    action_id: textOf(details["task_id"]) || textOf(details["run_id"]),
    completion_time: null,
    creator_id: `urn:globus:auth:identity:${ownerId}`,
    details,
    display_status: "ACTIVE",
    label: null,
    manage_by: [],
    monitor_by: [],
    release_after: "P30D",
    start_time: iso(lastRun),
    status: "ACTIVE",
  };
}
