/** Globus Flows, simulated: many runs at once, as a list and as a change of all of them. globus.md §3.4. */
import { isJsonObject } from "../../../base/json-object.ts";
import type { TwinAnswer } from "../../http-twin.ts";
import type { TwinIdentity } from "../auth/auth-state.ts";
import { type Fields, textOf, timeOf } from "../documents.ts";
import { ordered } from "../list-query.ts";
import type { Asked, Route } from "../world.ts";
import {
  flowsBody,
  pageByMarker,
  pageSize,
  queryValues,
  refuseFlows,
  refuseProblems,
  requireFlowsBearer,
} from "./answers.ts";
import { runDocument } from "./documents.ts";
import { cancelRun } from "./engine.ts";
import { hasEnded, type TwinRun } from "./flow.ts";
import { forbidden } from "./flow-routes.ts";
import { type RunSettings, readRunSettings } from "./flow-settings.ts";
import { mayManage, runRoles } from "./roles.ts";

const PAGE = { usual: 20, most: 100 };

export const RUN_LIST_ROUTES: readonly Route[] = [
  { method: "GET", path: "/runs", answer: listRuns },
  { method: "POST", path: "/batch/runs", answer: updateRuns },
];

/** A run that somebody may see. @throws RefusedAnswer 404 */
export function visibleRun(asked: Asked, id: string, identity: TwinIdentity): TwinRun {
  const run = asked.world.flows.run(id, asked.world.clock.now());
  if (run === undefined || runRoles(run, identity).length === 0)
    throw refuseFlows(404, "NOT_FOUND", `No Run exists with id value ${id}`);
  return run;
}

/** Changes what is given. */
export function applySettings(run: TwinRun, { label, tags, managers, monitors }: RunSettings): void {
  Object.assign(run, {
    ...(label !== undefined && { label }),
    ...(tags !== undefined && { tags }),
    ...(managers !== undefined && { managers }),
    ...(monitors !== undefined && { monitors }),
  });
}

/** Without roles asked for: those that the bearer owns. */
function listRuns(asked: Asked): TwinAnswer {
  const { identity } = requireFlowsBearer(asked, "run_status");
  const rowsFor = (query: URLSearchParams): Fields[] => {
    const roles = queryValues(query, "filter_roles").map((role) => role.replace(/s$/, ""));
    const wanted = roles.length === 0 ? ["run_owner"] : roles;
    const found = asked.world.flows
      .runs(asked.world.clock.now())
      .filter((run) => runRoles(run, identity).some((role) => wanted.includes(role)))
      .map((run) => runDocument(run, identity, true))
      .filter((run) => isFound(run, query));
    const orderby = query
      .getAll("orderby")
      .join(",")
      .replaceAll(/\bid\b/g, "run_id");
    return ordered(found, orderby);
  };
  const { rows, limit, marker } = pageByMarker(
    asked,
    rowsFor,
    (run) => textOf(run["run_id"]),
    (query) => pageSize(query, "per_page", PAGE.usual, PAGE.most),
  );
  return { status: 200, body: { runs: rows, limit, has_next_page: marker !== null, marker } };
}

function isFound(run: Fields, query: URLSearchParams): boolean {
  const isOneOf = (filter: string, field: string, isLike: (text: string, wanted: string) => boolean): boolean => {
    const wanted = queryValues(query, filter);
    return wanted.length === 0 || wanted.some((one) => isLike(textOf(run[field]), one));
  };
  const equals = (text: string, wanted: string): boolean => text === wanted;
  const contains = (text: string, wanted: string): boolean => text.toLowerCase().includes(wanted.toLowerCase());
  return (
    isOneOf("filter_status", "status", equals) &&
    isOneOf("filter_flow_id", "flow_id", equals) &&
    isOneOf("filter_label", "label", contains) &&
    isOneOf("filter_flow_title", "flow_title", contains) &&
    isWithin(run["start_time"], query.get("filter_start_time")) &&
    isWithin(run["completion_time"], query.get("filter_completion_time"))
  );
}

/** From the first time on, up to the second; each may be missing. What has no time is outside. */
function isWithin(value: unknown, range: string | null): boolean {
  if (range === null) return true;
  const [from = "", to = ""] = range.split(",");
  const time = timeOf(textOf(value));
  return !Number.isNaN(time) && (from === "" || time >= timeOf(from)) && (to === "" || time < timeOf(to));
}

/** Changes many runs at once: all of them, or none where the bearer may not change one. */
function updateRuns(asked: Asked): TwinAnswer {
  const { identity } = requireFlowsBearer(asked, "run_manage");
  const { filters, set = {}, add = {}, remove = {} } = flowsBody(asked);
  const ids = isJsonObject(filters) && Array.isArray(filters["run_ids"]) ? (filters["run_ids"] as unknown[]) : [];
  if (ids.length === 0 || !isJsonObject(set) || !isJsonObject(add) || !isJsonObject(remove))
    throw refuseFlows(422, "UNPROCESSABLE_ENTITY", [
      { loc: ["filters", "run_ids"], msg: "field required", type: "value_error.missing" },
    ]);
  const { status, ...fields } = set;
  const read = (body: Fields): RunSettings => {
    const { settings, problems } = readRunSettings(body, ["tags", "run_managers", "run_monitors"]);
    refuseProblems(problems);
    return settings;
  };
  const [whole, more, fewer] = [read(fields), read(add), read(remove)];
  if (status !== undefined && status !== "cancel")
    throw refuseFlows(422, "UNPROCESSABLE_ENTITY", [
      { loc: ["set", "status"], msg: "unexpected value; permitted: 'cancel'", type: "value_error.const" },
    ]);
  const runs = ids.map((id) => visibleRun(asked, textOf(id), identity));
  const foreign = runs.find((run) => !mayManage(run, identity));
  if (foreign !== undefined) throw forbidden("run", foreign.id, "UPDATE");
  for (const run of runs) {
    applySettings(run, whole);
    for (const list of ["tags", "managers", "monitors"] as const) {
      const kept = run[list].filter((one) => fewer[list]?.includes(one) !== true);
      run[list] = [...new Set([...kept, ...(more[list] ?? [])])];
    }
    if (status === "cancel" && !hasEnded(run)) cancelRun(asked.world, run);
  }
  return { status: 202, body: {} };
}
