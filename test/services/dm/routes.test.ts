import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { SANDBOX_DM_ROUTES } from "../../../src/sandbox/dm/routes.ts";
import { dmEncode } from "../../../src/services/dm/encoding.ts";
import {
  DM_ROUTES,
  DM_SERVICES,
  type DmOperation,
  type DmRoute,
  DmRoutesError,
  problemsOf,
  RouteNotVerifiedError,
  routesFromFile,
  routesWith,
  targetOf,
} from "../../../src/services/dm/routes.ts";

const rows = Object.entries(DM_ROUTES) as [DmOperation, DmRoute][];
/** What the DataManagement port sends. */
const USED: readonly DmOperation[] = [
  "getExperimentByName",
  "getExperimentsByStation",
  "addExperiment",
  "upsertExperimentMetadata",
  "deleteExperimentByName",
  "getUserByUsername",
  "addUserExperimentRole",
  "deleteUserExperimentRole",
  "startDaq",
  "stopDaq",
  "listDaqs",
  "upload",
  "listUploads",
  "getUploadInfo",
  "stopUpload",
  "listStationEsafs",
];

/** What `routesFromFile` throws. */
function problemsIn(text: string): readonly string[] {
  try {
    routesFromFile(text, "dm-routes.json");
  } catch (thrown) {
    if (thrown instanceof DmRoutesError) return thrown.problems;
    throw thrown;
  }
  return [];
}

test.each(rows)("the row of %s is sound", (_, route) => {
  expect(problemsOf(route)).toEqual([]);
  expect(Object.keys(DM_SERVICES)).toContain(route.service);
  if (route.path !== undefined) expect(route.path).toMatch(/^\/dm\//);
});

test("what nobody has seen or used is off, everything else is on and has a path", () => {
  for (const [, route] of rows) {
    expect(route.enabled).toBe(route.provenance !== "guess");
    if (route.enabled) expect(route.path).toBeDefined();
    expect(["wire", "code", "inferred", "guess"]).toContain(route.provenance);
  }
});

test("an operation whose route is off is refused by name, with what to do", () => {
  for (const [operation] of rows.filter(([, route]) => !route.enabled)) {
    expect(() => targetOf(DM_ROUTES, operation, {})).toThrow(RouteNotVerifiedError);
    expect(() => targetOf(DM_ROUTES, operation, {})).toThrow(new RegExp(`${operation}.*dm-routes\\.json.*routes-file`));
  }
});

test("with the sandbox's file every operation of the port has a route, and says that it is the sandbox's", () => {
  const routes = routesWith(SANDBOX_DM_ROUTES, "sandbox");
  for (const operation of USED) expect(routes[operation].enabled).toBe(true);
  for (const operation of Object.keys(SANDBOX_DM_ROUTES) as DmOperation[]) {
    expect(routes[operation].provenance).toBe("sandbox");
    expect(DM_ROUTES[operation].enabled).toBe(false);
  }
});

/** Path and query as public clients were seen to send them (data-management.md §5). */
test.each<[DmOperation, Record<string, unknown>, string]>([
  [
    "getExperimentByName",
    { experimentName: "tomo-2026-1", stationName: "2BM" },
    "/dm/experimentsByName/b'ZEc5dGJ5MHlNREkyTFRFPQo='/2BM",
  ],
  ["getExperimentById", { id: 12 }, "/dm/experimentsById/12"],
  [
    "startDaq",
    { experimentName: "tomo-2026-1", dataDirectory: "25IDC", taskInfo: "{}" },
    "/dm/experimentsByName/b'ZEc5dGJ5MHlNREkyTFRFPQo='/startDaq/b'TWpWSlJFTT0K'?taskInfo=b%27ZTMwPQo%3D%27",
  ],
  ["listStationEsafs", { stationName: "25IDC", year: 2026 }, "/dm/esaf/stationEsafs/b'TWpWSlJFTT0K'?year=2026"],
  [
    "listStationEsafs",
    { stationName: "25IDC", beamlineName: "25-ID-C", year: 2026 },
    "/dm/esaf/stationEsafs/b'TWpWSlJFTT0K'/b'TWpVdFNVUXRRdz09Cg=='?year=2026",
  ],
  // Plain values: our own clients' apostrophes and equals signs are as safe as those of the encoding.
  [
    "listStationEsafs",
    { stationName: "25IDC", year: "'26='" },
    "/dm/esaf/stationEsafs/b'TWpWSlJFTT0K'?year=%2726%3D%27",
  ],
  ["listProcessingJobs", { owner: "user25idc", skip: 5 }, "/dm/processingJobsByOwner/user25idc?skip=5"],
  ["listWorkflows", { owner: "user25idc" }, "/dm/workflowsByOwner/user25idc"],
])("%s %j goes to %s", (operation, args, path) => {
  expect(targetOf(DM_ROUTES, operation, args).path).toBe(path);
});

test("an argument that is no text is sent as JSON", () => {
  const args = { experimentName: "e", dataDirectory: "/d", taskInfo: { processExistingFiles: true } };
  const { path } = targetOf(DM_ROUTES, "startDaq", args);
  const sent = decodeURIComponent(path.split("taskInfo=")[1] ?? "");
  expect(sent).toBe(dmEncode('{"processExistingFiles":true}'));
});

test("sentences show the arguments as people write them", () => {
  const { readable } = targetOf(DM_ROUTES, "getExperimentByName", {
    experimentName: "tomo-2026-1",
    stationName: "2BM",
  });
  expect(readable).toBe("/dm/experimentsByName/tomo-2026-1/2BM");
});

test("an argument that is missing, or would be another path, is refused before anything is sent", () => {
  expect(() => targetOf(DM_ROUTES, "getExperimentById", {})).toThrow("DM's getExperimentById needs id");
  expect(() => targetOf(DM_ROUTES, "getExperimentById", { id: ".." })).toThrow(ActionError);
  expect(targetOf(DM_ROUTES, "getExperimentById", { id: "a/b?c" }).path).toBe("/dm/experimentsById/a%2Fb%3Fc");
});

test("a site's file switches a guess on, corrects a row, or switches one off", () => {
  const routes = routesFromFile(
    JSON.stringify({
      getUsers: {},
      getUserByUsername: { path: "/dm/usersByUsername/<username>" },
      startDaq: { enabled: false },
    }),
    "dm-routes.json",
  );
  expect(routes.getUsers).toMatchObject({ enabled: true, provenance: "site", path: "/dm/users" });
  expect(targetOf(routes, "getUserByUsername", { username: "25IDC" }).path).toBe("/dm/usersByUsername/b'TWpWSlJFTT0K'");
  expect(() => targetOf(routes, "startDaq", {})).toThrow(RouteNotVerifiedError);
  expect(routes.getExperimentById).toBe(DM_ROUTES.getExperimentById);
});

test("everything that is wrong with the names and templates in a site's file is said at once", () => {
  const text = JSON.stringify({
    addExperimnet: {},
    addExperiment: {},
    getUsers: { path: "/dm/users/{name}" },
    stopDaq: { path: "/dm/{experimentName" },
  });
  const problems = problemsIn(text);
  expect(problems).toHaveLength(4);
  expect(problems.join("\n")).toMatch(/addExperimnet: no such operation/);
  expect(problems.join("\n")).toMatch(/addExperiment: path: needed/);
  expect(problems.join("\n")).toMatch(/getUsers: path: takes no argument "name"/);
  expect(problems.join("\n")).toMatch(/stopDaq: path: .* stray bracket/);
});

test("everything that is wrong with the members of a site's file is said at once", () => {
  const problems = problemsIn(
    JSON.stringify({ getUsers: { method: "FETCH", colour: 1 }, stopDaq: { service: "x", path: "dm" } }),
  );
  expect(problems.join("\n")).toMatch(/getUsers\.method/);
  expect(problems.join("\n")).toMatch(/colour/);
  expect(problems.join("\n")).toMatch(/stopDaq\.service/);
  expect(problems.join("\n")).toMatch(/stopDaq\.path/);
});

test("a site's file that is not JSON is said to be so", () => {
  expect(problemsIn("{ getUsers }")).toEqual([expect.stringMatching(/^not JSON/)]);
  expect(problemsIn("[]")).not.toEqual([]);
});
