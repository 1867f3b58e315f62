/**
 * Our DM client against the simulated DM services: what goes on with an experiment that exists, its DAQs, its uploads,
 * its safety forms.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  AccessDeniedError,
  NotFoundError,
  NotOfferedError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import { type DataManagement, type DmTransfer, isUnderWay } from "../../src/controller/ports/data-management.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { DM_ROUTES, RouteNotVerifiedError } from "../../src/services/dm/routes.ts";
import { type DmSite, dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";

const NAME = "2026-03-Noether-1014288";
const PI = `d${PEOPLE.pi.badge}`;
const EXISTING = { processExistingFiles: true };

/** With the experiment, and a data host on which `write` makes files of `/data`. */
async function siteWithData(): Promise<
  DmSite & { readonly root: string; readonly write: (...files: string[]) => void }
> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "globus-ioc-dm-")));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const site = await dmSite({}, root);
  await addExperiment(site.dm);
  const write = (...files: string[]): void => {
    for (const file of files) {
      mkdirSync(join(root, "data", file, ".."), { recursive: true });
      writeFileSync(join(root, "data", file), "x");
    }
  };
  return { ...site, root, write };
}

const addExperiment = (dm: DataManagement, name = NAME): Promise<unknown> =>
  dm.addExperiment({ name, typeName: "2BM", description: "", rootPath: "2026-03" }, {});
const only = async (dm: DataManagement): Promise<DmTransfer | undefined> => (await dm.daqs({}))[0];

describe("experiments", () => {
  test("those of the station are listed with their dates and without their users", async () => {
    const { dm } = await dmSite();
    await dm.addExperiment(
      { name: NAME, typeName: "2BM", description: "a", rootPath: "2026-03", start: new Date("2026-03-03T14:00:00Z") },
      {},
    );
    await addExperiment(dm, "2026-03-Wu-2");
    expect(await dm.stationExperiments({})).toEqual([
      { name: NAME, description: "a", rootPath: "2026-03", startDate: new Date("2026-03-03T06:00:00Z") },
      { name: "2026-03-Wu-2", rootPath: "2026-03" },
    ]);
  });

  test("a key of the site's own is kept beside DM's, and may be emptied", async () => {
    const { dm, twin } = await dmSite();
    await addExperiment(dm);
    const addresses = "emmy@example.org,ä@example.org";
    await dm.setExperimentMetadata(NAME, "emailedUsers", addresses, {});
    expect(await dm.experimentByName(NAME, {})).toMatchObject({ emailedUsers: addresses });
    await dm.setExperimentMetadata(NAME, "pinnedAtTime", "1.5", {});
    expect(twin.experiments.get(NAME)?.metadata).toEqual({ emailedUsers: addresses, pinnedAtTime: "1.5" });
    await dm.setExperimentMetadata(NAME, "emailedUsers", "", {});
    expect(await dm.experimentByName(NAME, {})).not.toHaveProperty("emailedUsers");
    await failureOf(dm.setExperimentMetadata("2026-03-Nobody-1", "a", "b", {}), NotFoundError);
  });

  test("a user is taken off an experiment, and one who is not on it is said not to be", async () => {
    const { dm, twin } = await dmSite();
    await addExperiment(dm);
    await dm.addUserToExperiment(PI, NAME, {});
    await dm.removeUserFromExperiment(PI, NAME, {});
    expect(twin.experiments.get(NAME)?.usernames).toEqual([]);
    await failureOf(dm.removeUserFromExperiment(PI, NAME, {}), NotFoundError);
    await failureOf(dm.removeUserFromExperiment(PI, "2026-03-Nobody-1", {}), NotFoundError);
  });

  test("an experiment is deleted, and one that is not there is said not to be", async () => {
    const { dm, twin } = await dmSite();
    await addExperiment(dm);
    await dm.deleteExperiment(NAME, {});
    expect(twin.experiments.size).toBe(0);
    await failureOf(dm.deleteExperiment(NAME, {}), NotFoundError);
  });
});

describe("DAQs", () => {
  test("takes only what comes after its start, at the service's pace, until it is stopped", async () => {
    const { dm, clock, write } = await siteWithData();
    write("a/1.h5", "a/2.h5");
    const started = await dm.startDaq(NAME, "/data/a", {}, {});
    expect(started).toMatchObject({ experimentName: NAME, dataDirectory: "/data/a", filesTotal: 0, filesDone: 0 });
    expect(started.startedAt).toMatch(/^2026\/03\/01 06:00:00 C[SD]T$/);
    expect(isUnderWay(started)).toBe(true);
    write(...Array.from({ length: 8 }, (_, index) => `a/scan/${index}.h5`));
    expect(await only(dm)).toMatchObject({ id: started.id, filesTotal: 8, filesDone: 0, percent: 0 });
    clock.advance(1);
    expect(await only(dm)).toMatchObject({ filesDone: 5, percent: 62.5, runSeconds: 1, errors: 0 });
    await dm.stopDaq(NAME, "/data/a", {});
    expect(await only(dm)).toMatchObject({ status: "finalizing" });
    write("a/late.h5");
    clock.advance(1);
    expect(await only(dm)).toMatchObject({ status: "done", filesDone: 8, filesTotal: 8, percent: 100, runSeconds: 2 });
  });

  test("takes what was there too when it is asked to, and a file that was there and changes in any case", async () => {
    const { dm, clock, root, write } = await siteWithData();
    write("a/1.h5", "a/2.h5");
    expect(await dm.startDaq(NAME, "/data/a", EXISTING, {})).toMatchObject({ filesTotal: 2 });
    await dm.startDaq(NAME, "/data/a/", {}, {});
    clock.advance(1);
    utimesSync(join(root, "data/a/2.h5"), 1, 1);
    const [existing, fresh] = await dm.daqs({});
    expect(existing).toMatchObject({ filesTotal: 2, filesDone: 2 });
    expect(fresh?.filesTotal).toBe(1);
  });

  test.each(["/data/a", "@pc1:/data/a", "@data.example.org:/data/x/../a/"])(
    "finds its data as %s",
    async (directory) => {
      const { dm, write } = await siteWithData();
      write("a/1.h5");
      expect(await dm.startDaq(NAME, directory, EXISTING, {})).toMatchObject({
        filesTotal: 1,
        dataDirectory: directory,
      });
    },
  );

  test.each(["/data/nowhere", "data/a", "@pc1:/../../etc", "@pc1:"])(
    "from %j is accepted, and moves nothing",
    async (directory) => {
      const { dm, clock } = await siteWithData();
      await dm.startDaq(NAME, directory, EXISTING, {});
      clock.advance(10);
      await dm.stopDaq(NAME, directory, {});
      expect(await only(dm)).toMatchObject({ status: "done", filesTotal: 0, filesDone: 0 });
    },
  );

  test("is stopped by the very text of its directory, and only once", async () => {
    const { dm } = await siteWithData();
    await dm.startDaq(NAME, "@pc1:/data/2026-03 ä/", {}, {});
    await failureOf(dm.stopDaq(NAME, "/data/2026-03 ä/", {}), NotFoundError);
    await failureOf(dm.stopDaq("2026-03-Nobody-1", "@pc1:/data/2026-03 ä/", {}), NotFoundError);
    await dm.stopDaq(NAME, "@pc1:/data/2026-03 ä/", {});
    await failureOf(dm.stopDaq(NAME, "@pc1:/data/2026-03 ä/", {}), NotFoundError);
  });

  test("of an experiment that does not exist is refused", async () => {
    const { dm } = await dmSite();
    await failureOf(dm.startDaq(NAME, "/data/a", {}, {}), NotFoundError);
    await failureOf(dm.startUpload(NAME, "/data/a", {}, {}), NotFoundError);
  });

  test("of other stations are not ours", async () => {
    const { dm, twin, clock } = await dmSite();
    const { dm: of99id } = await dmSite({ urls: twin.urls, login: twin.login, station: "99ID" });
    await addExperiment(of99id, "2026-03-Lonsdale-3");
    await of99id.startDaq("2026-03-Lonsdale-3", "/data/a", {}, {});
    clock.advance(1);
    expect(await dm.daqs({})).toEqual([]);
    expect(await of99id.daqs({})).toHaveLength(1);
  });

  test("the analysis directory is the target where the task says so, and the task goes over word by word", async () => {
    const { dm, twin } = await siteWithData();
    const task = { useAnalysisDirectoryAsRoot: true, processExistingFiles: true };
    await dm.startDaq(NAME, "/data/a_rec", task, {});
    const sent = twin.requests.find(({ path }) => path.includes("startDaq"));
    expect(JSON.parse(sent?.query["taskInfo"] ?? "")).toEqual(task);
    expect((await dm.way.ask("listDaqs", {}, {})).json).toEqual([
      expect.objectContaining({ ...task, storageDirectory: `/gdata/dm/2BM/2026-03/${NAME}/analysis` }),
    ]);
  });

  test.each([
    ["end", { status: "done" }],
    ["fail", { status: "failed", problem: "Lost the connection to the data host." }],
    ["stall", { status: "running", filesTotal: 3, filesDone: 0 }],
    ["spoil", { status: "running", filesTotal: 3, filesDone: 3, errors: 3 }],
  ] as const)("that %s without our doing are seen to", async (daqs, seen) => {
    const { dm, twin, clock, write } = await siteWithData();
    write("a/1.h5", "a/2.h5", "a/3.h5");
    await dm.startDaq(NAME, "/data/a", EXISTING, {});
    await twin.misbehave({ daqs });
    clock.advance(1);
    expect(await only(dm)).toMatchObject(seen);
  });
});

describe("uploads", () => {
  test("take what is there and end by themselves", async () => {
    const { dm, clock, write } = await siteWithData();
    write("a/1.h5", "a/b/2.h5");
    const { id, status } = await dm.startUpload(NAME, "/data/a", EXISTING, {});
    expect(status).toBe("running");
    write("a/3.h5");
    clock.advance(1);
    expect(await dm.upload(id, {})).toMatchObject({ id, status: "done", filesDone: 2, filesTotal: 2, percent: 100 });
    expect(await dm.uploads({})).toContainEqual(await dm.upload(id, {}));
  });

  test("from a directory that does not exist are accepted, and end with no file and DM's words", async () => {
    const { dm } = await siteWithData();
    const upload = await dm.startUpload(NAME, "/data/nowhere", EXISTING, {});
    expect(upload).toMatchObject({ status: "done", filesTotal: 0, problem: "no new files for upload" });
  });

  test("are stopped by their id, and one that does not exist is said not to", async () => {
    const { dm, write } = await siteWithData();
    write("a/1.h5");
    const { id } = await dm.startUpload(NAME, "/data/a", EXISTING, {});
    await dm.stopUpload(id, {});
    expect(await dm.upload(id, {})).toMatchObject({ status: "aborted", filesDone: 0 });
    await failureOf(dm.upload("no-such-id", {}), NotFoundError);
    await failureOf(dm.stopUpload("no-such-id", {}), NotFoundError);
  });
});

test("the safety forms of a year are listed, with users of whom some have no address", async () => {
  const { dm } = await dmSite();
  const forms = await dm.esafs(2026, {});
  expect(forms.map(({ esafId, status }) => [esafId, status])).toEqual([
    ["302950", "Pending"],
    [PROPOSAL.esafId, "Approved"],
    ["302874", "Approved"],
  ]);
  const ours = forms.find(({ esafId }) => esafId === PROPOSAL.esafId);
  expect(ours).toMatchObject({
    title: PROPOSAL.title,
    startDate: "2026-03-01",
    endDate: "2026-03-06",
    doi: "10.99999/sandbox/302911",
  });
  expect(ours?.users.filter(({ isPi }) => isPi)).toEqual([
    { badge: PEOPLE.pi.badge, firstName: "Emmy", lastName: "Noether", email: PEOPLE.pi.email, isPi: true },
  ]);
  const [, leavitt] = PEOPLE.esafOnly;
  expect(ours?.users.find(({ badge }) => badge === leavitt?.badge)).not.toHaveProperty("email");
  expect((await dm.esafs(2025, {})).map(({ esafId }) => esafId)).toEqual(["285102"]);
  expect(await dm.esafs(1999, {})).toEqual([]);
});

/** Each change that must not happen twice, and what its path contains that no other of these tests does. */
const CHANGES: readonly (readonly [string, string, (dm: DataManagement) => Promise<unknown>])[] = [
  ["startDaq", "startDaq", (dm) => dm.startDaq(NAME, "/data/a", EXISTING, {})],
  ["startUpload", "/upload/", (dm) => dm.startUpload(NAME, "/data/a", EXISTING, {})],
  ["deleteExperiment", "experimentsByName", (dm) => dm.deleteExperiment(NAME, {})],
];

describe.each(CHANGES)("%s", (_, on, change) => {
  test("that times out may have happened, and is not sent again", async () => {
    const { dm, twin, clock, count } = await siteWithData();
    await twin.misbehave({ on, slowSeconds: 3600 });
    const failed = failureOf(change(dm), UnavailableError);
    await twin.arrived(on);
    clock.advance(60);
    const failure = await failed;
    expect(failure.message).toMatch(/no answer within 60 s$/);
    expect(failure.mayHaveHappened).toBe(true);
    expect(count(on)).toBe(1);
  });

  test("whose session has expired since the call before is sent again with a new one, and happens once", async () => {
    for (const fault of [{ unauthorized: "once" }, { invalidSession: "once" }] as const) {
      const { dm, twin, count } = await siteWithData();
      await dm.daqs({});
      await twin.misbehave({ on, ...fault });
      await change(dm);
      expect(count(on)).toBe(2);
      const deleted = twin.experiments.size === 0 ? 1 : 0;
      expect(twin.transfers("daq").length + twin.transfers("upload").length + deleted).toBe(1);
    }
  });

  test("that the account may not do is refused, without another login", async () => {
    const { dm, twin, count } = await siteWithData();
    await dm.daqs({});
    const logins = count("/dm/login");
    await twin.misbehave({ on, forbidden: true });
    await failureOf(change(dm), AccessDeniedError);
    expect(count("/dm/login")).toBe(logins);
    expect(count(on)).toBe(1);
  });

  test("to a service that is down did nothing", async () => {
    const { twin } = await siteWithData();
    const { dm } = await dmSite({ urls: twin.urls, login: twin.login });
    await twin.misbehave({ down: "refused" });
    expect((await failureOf(change(dm), UnavailableError)).mayHaveHappened).toBe(false);
  });
});

test("what no public source shows is refused without the site's file, and nothing is sent", async () => {
  const { dm, twin } = await dmSite({ routes: DM_ROUTES });
  for (const call of [
    dm.setExperimentMetadata(NAME, "emailedUsers", "a", {}),
    dm.deleteExperiment(NAME, {}),
    dm.removeUserFromExperiment(PI, NAME, {}),
    dm.stopDaq(NAME, "/data", {}),
    dm.daqs({}),
    dm.startUpload(NAME, "/data", {}, {}),
    dm.uploads({}),
    dm.upload("1", {}),
    dm.stopUpload("1", {}),
  ])
    expect(await failureOf(call, RouteNotVerifiedError)).toBeInstanceOf(NotOfferedError);
  expect(twin.requests).toEqual([]);
});

test("a service without a URL is named by its setting, and no address is made up for it", async () => {
  const { twin } = await dmSite();
  const { dm } = await dmSite({ urls: { ds: twin.urls.ds, daq: "", apsDb: undefined } });
  await expect(dm.startDaq(NAME, "/data", {}, {})).rejects.toThrow(
    "The DM acquisition service has no URL; set [dm] daq-url (DM_DAQ_WEB_SERVICE_URL)",
  );
  await expect(dm.esafs(2026, {})).rejects.toThrow("set [dm] aps-db-url (DM_APS_DB_WEB_SERVICE_URL)");
});
