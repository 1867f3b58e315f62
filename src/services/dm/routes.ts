/**
 * THE table of DM's routes: operation → service, method, path and query, with where each is known from
 * (data-management.md §5, §6). A template is the path as it goes on the wire: `<name>` is an argument in DM's encoding,
 * `{name}` an argument that is percent-encoded; `?` inside marks an argument that may be left out, its segment or query
 * pair with it. Rows of provenance `guess` are off: asking for such an operation fails with its name and what to do. A
 * site switches them on, or corrects any row, in its dm-routes.json.
 */

import * as z from "zod";
import { oneLine } from "../../base/clean-text.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { NotOfferedError } from "../../controller/ports/call.ts";
import { dmEncode } from "./encoding.ts";

/**
 * DM's web services; each has a URL and a session of its own: its key in globus.conf, and its name in the site's
 * dm.setup.sh.
 */
export const DM_SERVICES = {
  ds: { name: "DM storage service", key: "ds-url", variable: "DM_DS_WEB_SERVICE_URL" },
  daq: { name: "DM acquisition service", key: "daq-url", variable: "DM_DAQ_WEB_SERVICE_URL" },
  cat: { name: "DM catalogue service", key: "cat-url", variable: "DM_CAT_WEB_SERVICE_URL" },
  proc: { name: "DM processing service", key: "proc-url", variable: "DM_PROC_WEB_SERVICE_URL" },
  apsDb: { name: "DM APS database service", key: "aps-db-url", variable: "DM_APS_DB_WEB_SERVICE_URL" },
} as const;
export type DmServiceKey = keyof typeof DM_SERVICES;

/**
 * For a service whose URL is not set: DM's own client then logs in at a port of 127.0.0.1, with any program that
 * listens there.
 */
export function noUrl(key: DmServiceKey): ActionError {
  const service = DM_SERVICES[key];
  return new ActionError(`The ${service.name} has no URL; set [dm] ${service.key} (${service.variable})`);
}

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;

/**
 * `wire`: seen on the wire. `code`: a working public client sends it. `inferred`: follows from those. `guess`: a
 * pattern at best. `site`: a site's file vouches for it. `sandbox`: the simulated service has it so, and says nothing
 * about the real one.
 */
export type Provenance = "wire" | "code" | "inferred" | "guess" | "site" | "sandbox";

export interface DmRoute {
  readonly service: DmServiceKey;
  readonly method: (typeof METHODS)[number];
  /** The template; undefined where nobody has even a guess. */
  readonly path: string | undefined;
  /** Names of the operation's arguments, as the Python methods call them; a template uses no others. */
  readonly takes: readonly string[];
  readonly provenance: Provenance;
  /** Off: asking for it is refused and nothing is sent. */
  readonly enabled: boolean;
  /** Answers that are known to be slow get longer than the usual time. */
  readonly timeoutSeconds?: number;
}

const row = (
  service: DmServiceKey,
  provenance: Provenance,
  method: DmRoute["method"],
  path: string | undefined,
  takes: string,
  timeoutSeconds?: number,
): DmRoute => ({
  service,
  method,
  path,
  takes: takes.split(" ").filter((name) => name !== ""),
  provenance,
  enabled: provenance !== "guess",
  ...(timeoutSeconds !== undefined && { timeoutSeconds }),
});

const NEW_EXPERIMENT =
  "experimentName stationName typeName description rootPath storageName globusGroupId startDate endDate " +
  "managedDirectoryStructure beamlineUserAccount beamlineAdminAccount";
const ROLE = "username roleName experimentName stationName";

/** Seconds for a page of the catalogue, and for lists that were seen to take more than 30 s. */
const CATALOGUE = 180;
const LONG_LIST = 90;

// biome-ignore format: one row a line
export const DM_ROUTES = {
  login: row("ds", "wire", "POST", "/dm/login", ""),
  getExperimentByName: row("ds", "wire", "GET", "/dm/experimentsByName/<experimentName>/{stationName}", "experimentName stationName"),
  getExperimentById: row("ds", "wire", "GET", "/dm/experimentsById/{id}", "id"),
  getExperimentsByStation: row("ds", "wire", "GET", "/dm/experimentsByStation/{stationName}", "stationName", LONG_LIST),
  getExperiments: row("ds", "guess", "GET", "/dm/experiments", "", LONG_LIST),
  addExperiment: row("ds", "guess", "POST", undefined, NEW_EXPERIMENT),
  updateExperiment: row("ds", "guess", "PUT", undefined, "experimentId experimentName startDate endDate typeName description rootPath"),
  upsertExperimentMetadata: row("ds", "guess", "PUT", undefined, "key value experimentName"),
  deleteExperimentByName: row("ds", "guess", "DELETE", "/dm/experimentsByName/<experimentName>/{stationName}", "experimentName stationName"),
  getUsers: row("ds", "guess", "GET", "/dm/users", "", LONG_LIST),
  getUserByUsername: row("ds", "guess", "GET", "/dm/usersByUsername/{username}", "username"),
  addUserExperimentRole: row("ds", "guess", "POST", undefined, ROLE),
  deleteUserExperimentRole: row("ds", "guess", "DELETE", undefined, ROLE),
  statFile: row("ds", "guess", "GET", undefined, "path experimentName compression retrieveMd5Sum"),
  startDaq: row("daq", "wire", "POST", "/dm/experimentsByName/<experimentName>/startDaq/<dataDirectory>?taskInfo=<taskInfo>", "experimentName dataDirectory taskInfo"),
  stopDaq: row("daq", "guess", "POST", "/dm/experimentsByName/<experimentName>/stopDaq/<dataDirectory>", "experimentName dataDirectory"),
  listDaqs: row("daq", "guess", "GET", undefined, ""),
  getDaqInfo: row("daq", "guess", "GET", undefined, "id"),
  upload: row("daq", "guess", "POST", "/dm/experimentsByName/<experimentName>/upload/<dataDirectory>?taskInfo=<taskInfo>", "experimentName dataDirectory taskInfo"),
  listUploads: row("daq", "guess", "GET", undefined, "", LONG_LIST),
  getUploadInfo: row("daq", "guess", "GET", undefined, "id"),
  stopUpload: row("daq", "guess", "POST", undefined, "id"),
  listUploadRecords: row("daq", "guess", "GET", undefined, "queryDict", LONG_LIST),
  listProcessingPlugins: row("daq", "guess", "GET", undefined, ""),
  getExperimentFiles: row("cat", "guess", "GET", undefined, "experimentName skip limit", CATALOGUE),
  getExperimentFile: row("cat", "guess", "GET", undefined, "experimentName path"),
  deleteExperimentFileCollection: row("cat", "guess", "DELETE", undefined, "experimentName", CATALOGUE),
  listStationEsafs: row("apsDb", "code", "GET", "/dm/esaf/stationEsafs/<stationName>/<beamlineName?>?year={year}", "stationName beamlineName year"),
  getStationEsaf: row("apsDb", "code", "GET", "/dm/esaf/stationEsafsById/<stationName>/{esafId}", "stationName esafId"),
  listStationProposals: row("apsDb", "code", "GET", "/dm/bss/stationProposals/<stationName>/<beamlineName?>?runName={runName}", "stationName beamlineName runName"),
  getStationProposal: row("apsDb", "code", "GET", "/dm/bss/stationProposalsById/<stationName>/{proposalId}?runName={runName}", "stationName proposalId runName"),
  getCurrentRun: row("apsDb", "code", "GET", "/dm/bss/runs/current", ""),
  listWorkflows: row("proc", "wire", "GET", "/dm/workflowsByOwner/{owner}?queryDict=<queryDict?>", "owner queryDict"),
  getWorkflow: row("proc", "code", "GET", "/dm/workflowsByOwner/{owner}/<name>", "owner name"),
  addWorkflow: row("proc", "wire", "POST", "/dm/workflows/addWorkflow?allowCurrentUsername=0&workflow=<spec>", "spec"),
  updateWorkflow: row("proc", "code", "PUT", "/dm/workflows/updateWorkflow?allowCurrentUsername=0&workflow=<spec>", "spec"),
  listProcessingJobs: row("proc", "wire", "GET", "/dm/processingJobsByOwner/{owner}?queryDict=<queryDict?>&skip={skip?}&limit={limit?}&keyList=<keyList?>", "owner queryDict skip limit keyList", LONG_LIST),
  getProcessingJob: row("proc", "wire", "GET", "/dm/processingJobsByOwner/{owner}/{id}", "owner id"),
  startProcessingJob: row("proc", "wire", "POST", "/dm/processingJobsByWorkflow/{owner}/<workflow>/startProcessingJob?argsDict=<argsDict>", "owner workflow argsDict"),
  stopProcessingJob: row("proc", "guess", "POST", undefined, "owner id"),
} as const satisfies Record<string, DmRoute>;

export type DmOperation = keyof typeof DM_ROUTES;
export type DmRoutes = Readonly<Record<DmOperation, DmRoute>>;

/** The operation's route is a guess or not known at all, and no site file vouches for a route: nothing was sent. */
export class RouteNotVerifiedError extends NotOfferedError {
  readonly operation: DmOperation;
  constructor(operation: DmOperation) {
    super(
      `DM's route for ${operation} is not verified, so nothing was sent; give it as "${operation}" in the site's dm-routes.json, ` +
        `which globus-ioc dm-record-routes makes and [dm] routes-file names`,
    );
    this.operation = operation;
  }
}

/** A file of routes that cannot be used: every problem in it. */
export class DmRoutesError extends ActionError {
  readonly problems: readonly string[];
  constructor(file: string, problems: readonly string[]) {
    super(`DM routes in ${file}: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/* ── A site's own file ────────────────────────────────────────────────── */

const overrideSchema = z.strictObject({
  service: z.enum(Object.keys(DM_SERVICES) as DmServiceKey[]).optional(),
  method: z.enum(METHODS).optional(),
  path: z.string().startsWith("/").optional(),
  provenance: z.enum(["site", "sandbox"]).optional(),
  enabled: z.boolean().optional(),
  timeoutSeconds: z.number().positive().optional(),
});
/**
 * What dm-routes.json holds: per operation the members that differ. A row that is named is vouched for, even as `{}`.
 */
const overridesSchema = z.record(z.string(), overrideSchema);

/**
 * The shipped table with a site's file laid over it.
 * @param file for sentences
 * @throws DmRoutesError with everything that is wrong
 */
export function routesFromFile(text: string, file: string): DmRoutes {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new DmRoutesError(file, [`not JSON (${messageOf(cause)})`]);
  }
  return routesWith(parsed, file);
}

/** As `routesFromFile`, for what is JSON already. */
export function routesWith(overrides: unknown, file: string): DmRoutes {
  const checked = overridesSchema.safeParse(overrides);
  if (!checked.success) {
    throw new DmRoutesError(
      file,
      checked.error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`),
    );
  }
  const problems: string[] = [];
  const routes: Record<string, DmRoute> = { ...DM_ROUTES };
  for (const [operation, override] of Object.entries(checked.data)) {
    const shipped = routes[operation];
    if (shipped === undefined) {
      problems.push(`${operation}: no such operation; there are ${Object.keys(DM_ROUTES).join(", ")}`);
      continue;
    }
    const given = Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
    const route: DmRoute = { ...shipped, provenance: "site", enabled: true, ...given };
    routes[operation] = route;
    problems.push(...problemsOf(route).map((problem) => `${operation}: ${problem}`));
  }
  if (problems.length > 0) throw new DmRoutesError(file, problems);
  return routes as DmRoutes;
}

/* ── Templates ────────────────────────────────────────────────────────── */

const PLACEHOLDER = /<(\w+)(\??)>|\{(\w+)(\??)\}/g;

/** What is wrong with a row, in words. */
export function problemsOf(route: DmRoute): readonly string[] {
  if (route.path === undefined) return route.enabled ? ["path: needed, since none is known"] : [];
  const names = [...route.path.matchAll(PLACEHOLDER)].map((match) => match[1] ?? match[3] ?? "");
  const strange = names.filter((name) => !route.takes.includes(name));
  const rest = route.path.replace(PLACEHOLDER, "");
  return [
    ...strange.map((name) => `path: takes no argument "${name}"; it takes ${route.takes.join(", ") || "none"}`),
    ...(/[<>{}\s]/.test(rest) ? [`path: "${route.path}" has a stray bracket or blank`] : []),
  ];
}

/** Texts and numbers as they are; anything else as JSON. */
export type DmArguments = Readonly<Record<string, unknown>>;

/** A route ready to send: raw path and query, and the readable form for sentences. */
export interface DmTarget {
  readonly route: DmRoute;
  readonly path: string;
  readonly readable: string;
}

/**
 * @throws RouteNotVerifiedError for a route that is off, ActionError for an argument that is missing or cannot stand in
 * a path
 */
export function targetOf(routes: DmRoutes, operation: DmOperation, args: DmArguments): DmTarget {
  const route = routes[operation];
  if (route.path === undefined || !route.enabled) throw new RouteNotVerifiedError(operation);
  const [template = "", queryTemplate = ""] = route.path.split(QUERY);
  const segments = template.split("/").map((part) => fill(part, args, operation));
  const pairs = queryTemplate.split("&").map((part) => fill(part, args, operation));
  const path = segments.filter((part) => part !== undefined).join("/");
  // In a query the apostrophes and equals signs of the encoding are percent-encoded; in a path DM's own clients leave
  // them.
  const query = pairs
    .filter((part) => part !== undefined)
    .filter((part) => part !== "")
    .map(encodePair);
  const readable = template.replace(PLACEHOLDER, (_, ...found: string[]) => oneLine(textOf(args, found) ?? ""));
  return { route, path: query.length === 0 ? path : `${path}?${query.join("&")}`, readable };
}

/** Where the query begins: a `?` that is not the mark of an argument that may be left out. */
const QUERY = /\?(?=\w+=)/;

/** One segment or query pair with its arguments; undefined when an argument is left out that may be. */
function fill(part: string, args: DmArguments, operation: DmOperation): string | undefined {
  let missing = false;
  const filled = part.replace(PLACEHOLDER, (_, ...found: string[]) => {
    const [encoded, , plain] = found;
    const text = textOf(args, found);
    if (text !== undefined) return encoded === undefined ? plainSegment(text, plain ?? "", operation) : dmEncode(text);
    if (found[1] !== "?" && found[3] !== "?") throw new ActionError(`DM's ${operation} needs ${encoded ?? plain}`);
    missing = true;
    return "";
  });
  return missing ? undefined : filled;
}

function encodePair(pair: string): string {
  const at = pair.indexOf("=") + 1;
  return pair.slice(0, at) + pair.slice(at).replaceAll("'", "%27").replaceAll("=", "%3D");
}

/** The argument's text, by the groups of PLACEHOLDER; undefined when it is not given or empty. */
function textOf(args: DmArguments, [encoded, , plain]: readonly string[]): string | undefined {
  const value = args[encoded ?? plain ?? ""];
  if (value === undefined || value === "") return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Percent-encoded. A dot or two would be another path to the server. */
function plainSegment(text: string, name: string, operation: DmOperation): string {
  if (text === "." || text === "..") throw new ActionError(`DM's ${operation} cannot take "${text}" as its ${name}`);
  return encodeURIComponent(text);
}
