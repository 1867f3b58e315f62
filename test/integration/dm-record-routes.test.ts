/** Learning a site's routes from its dm package: the stand-in, and packages that do not do what they should. */

import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { type RecordRequest, recordDmRoutes } from "../../src/cli/dm-record-routes.ts";
import { UsageError } from "../../src/cli/exit-status.ts";
import { SANDBOX_DM_ROUTES } from "../../src/sandbox/dm/routes.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { DM_ROUTES, type DmOperation, routesFromFile, routesWith } from "../../src/services/dm/routes.ts";
import { dmSite } from "../support/dm-site.ts";
import { failureOf } from "../support/failure-of.ts";
import { folderWithDm, STAND_IN, testFolder, withDmIn } from "../support/peers/dm-python-site.ts";
import { needPeers } from "../support/peers/real-peers.ts";

const { missing } = needPeers("python3");

/** Runs the command on the package in `folder`. @returns its exit status, what it wrote and the file's path */
async function record(
  folder: string,
  request: Partial<RecordRequest> = {},
  more: Record<string, string | undefined> = {},
) {
  const output = request.output ?? join(await testFolder(), "dm-routes.json");
  const lines: string[] = [];
  const context = {
    environment: { ...withDmIn(folder), ...more },
    clock: systemClock,
    log: silentLog,
    write: (line: string): void => void lines.push(line),
  };
  const status = await recordDmRoutes({ python: "python3", ...request, output }, context);
  return { status, said: lines.join("\n"), output };
}

/** A package whose classes have no methods but one, `getUserByUsername`, of this body; `post` is at hand in it. */
const packageWith = (body: string): string => `
import os, socket, urllib.request
class Nothing: pass
ExperimentDsApi = ExperimentDaqApi = EsafApsDbApi = Nothing
DS = os.environ["DM_DS_WEB_SERVICE_URL"]
def send(url, body=None, method="GET"):
    urllib.request.urlopen(urllib.request.Request(url, body, method=method)).read()
class UserDsApi:
    def getUserByUsername(self, username):
        ${body}
`;

describe.skipIf(missing)("dm-record-routes", () => {
  test("learns every route of the stand-in as its service has it, without a login and with everything said", async () => {
    const real = {
      DM_LOGIN_FILE: "/nowhere/login",
      DM_DS_WEB_SERVICE_URL: "https://127.0.0.1:9",
      DM_STATION_NAME: "9ID",
    };
    const { status, said, output } = await record(STAND_IN, {}, real);
    expect(said).toMatch(/^getUserByUsername +GET \/dm\/usersByUsername\/\{username\}$/m);
    expect(said).toMatch(/^28 of 28 routes written to .*dm-routes\.json: name it in \[dm\] routes-file\.$/m);
    expect(status).toBe(0);
    const text = await readFile(output, "utf8");
    expect(text).not.toMatch(/recorder|marked|9ID|login/i);
    expect((await stat(output)).mode & 0o777).toBe(0o644);
    const learned = routesFromFile(text, output);
    const sandbox = routesWith(SANDBOX_DM_ROUTES, "sandbox");
    for (const operation of Object.keys(JSON.parse(text) as object) as DmOperation[]) {
      const { service, method, path } = sandbox[operation];
      expect([operation, learned[operation]]).toMatchObject([
        operation,
        { service, method, path, provenance: "site", enabled: true },
      ]);
    }
    expect(Object.keys(SANDBOX_DM_ROUTES).filter((one) => !text.includes(`"${one}"`))).toEqual([]);
  });

  test("a package finds neither a cache of real sessions nor the home they may lie in, and its user's packages all the same", async () => {
    const shown = `json.dumps([sorted(one for one in os.environ if one.startswith("DM_") or "CACHE" in one), os.path.expanduser("~"), site.getuserbase()])`;
    const body = `send(DS + "/dm/" + username + "/" + ${shown}.encode().hex())`;
    const real = {
      HOME: "/home/real",
      PYTHONUSERBASE: undefined,
      DM_SESSION_FILE: "/home/real/session",
      DM_CAT_WEB_SERVICE_URL: "https://127.0.0.1:9",
      CDB_SESSION_CACHE_FILE: "/home/real/cache",
    };
    const { said } = await record(await folderWithDm(`import json, site\n${packageWith(body)}`), {}, real);
    const [names, home, userBase] = JSON.parse(
      Buffer.from(/getUserByUsername .*\/([0-9a-f]+)$/m.exec(said)?.[1] ?? "", "hex").toString(),
    ) as [string[], string, string];
    expect(names.filter((name) => !name.endsWith("_WEB_SERVICE_URL"))).toEqual(["DM_LOGIN_FILE", "DM_STATION_NAME"]);
    expect(home).toMatch(/globus-ioc-record-/);
    expect(userBase).toBe("/home/real/.local");
  });

  test("what it has learned lets our own client do everything", async () => {
    const { output } = await record(STAND_IN);
    const routes = routesFromFile(await readFile(output, "utf8"), output);
    expect(DM_ROUTES.addExperiment.enabled).toBe(false);
    const { dm, twin } = await dmSite({ routes });
    const [name, user, call] = ["2026-03-Noether-1014288", `d${PEOPLE.pi.badge}`, {}];
    await dm.addExperiment({ name, typeName: "2BM", description: "a & ä", rootPath: "" }, call);
    await dm.addUserToExperiment(user, name, call);
    await dm.setExperimentMetadata(name, "emailedUsers", "", call);
    expect(await dm.experimentByName(name, call)).toMatchObject({ usernames: [user], description: "a & ä" });
    await dm.startDaq(name, "/data/x y", { processExistingFiles: true }, call);
    await dm.stopDaq(name, "/data/x y", call);
    const { id } = await dm.startUpload(name, "/data", {}, call);
    expect(await dm.upload(id, call)).toMatchObject({ experimentName: name });
    expect(await dm.daqs(call)).toHaveLength(1);
    expect(await dm.esafs(2026, call)).not.toEqual([]);
    await dm.removeUserFromExperiment(user, name, call);
    await dm.deleteExperiment(name, call);
    expect(twin.experiments.size).toBe(0);
  });

  test("a method that is missing, or sends what a route cannot say, is said by name, and the others are learned", async () => {
    const { status, said, output } = await record(await folderWithDm(packageWith(`send(DS + "/dm/who/" + username)`)));
    expect(status).toBe(3);
    expect(said).toMatch(/^startDaq +not learned: this package has no ExperimentDaqApi\.startDaq$/m);
    expect(said).toMatch(/^1 of 28 routes written/m);
    expect(JSON.parse(await readFile(output, "utf8"))).toEqual({
      getUserByUsername: { service: "ds", method: "GET", path: "/dm/who/{username}", provenance: "site" },
    });
  });

  test.each([
    [`send(DS + "/dm/who", username.encode(), "POST")`, /POST \/dm\/who has a body, which a route cannot say/],
    [`send(DS + "/dm/who/somebody")`, /GET \/dm\/who\/somebody does not hold username/],
    [`send(DS + "/dm/" + username + "/marked.user")`, /holds the name of who is logged in/],
    [`send(DS + "/dm/" + username, None, "PATCH")`, /PATCH \/dm\/d987654 is of a method that a route cannot have/],
    [`send(DS + "/dm/{x}/" + username)`, /stray bracket|takes no argument/],
  ])("%s teaches nothing, and no file is written", async (body, why) => {
    const { status, said, output } = await record(await folderWithDm(packageWith(body)));
    expect(said).toMatch(why);
    expect(said).toContain("No route was learned, so nothing was written.");
    expect(status).toBe(1);
    await expect(stat(output)).rejects.toThrow("ENOENT");
  });

  test("a package that goes elsewhere is kept from it and learned nothing from", async () => {
    const requests: string[] = [];
    const real = createServer((request, response) => {
      requests.push(request.url ?? "");
      response.end("{}");
    });
    await new Promise<void>((resolve) => {
      real.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => void real.close());
    const { port } = real.address() as AddressInfo;
    const folder = await folderWithDm(packageWith(`send("http://127.0.0.1:${port}/dm/" + username)`));
    const failure = await failureOf(record(folder), ActionError);
    expect(failure.message).toMatch(
      new RegExp(`^The dm package of python3 wanted to connect to 127\\.0\\.0\\.1:${port} instead of`),
    );
    expect(requests).toEqual([]);
  });

  test("a package that answers without asking anybody is learned nothing from", async () => {
    const failure = await failureOf(
      record(await folderWithDm(packageWith(`return {"username": username}`))),
      ActionError,
    );
    expect(failure.message).toMatch(/did getUserByUsername without asking the recorder/);
  });

  test("a package that raises before it has asked anybody is told with what it raised", async () => {
    const body = 'raise ValueError("no cache for " + username)';
    const failure = await failureOf(record(await folderWithDm(packageWith(body))), ActionError);
    expect(failure.message).toMatch(
      /did getUserByUsername without asking the recorder that DM_\*_WEB_SERVICE_URL name: ValueError says "no cache for d987654"; nothing is learned$/,
    );
  });

  test("a Python without the package is said with what to do", async () => {
    const failure = await failureOf(record(await folderWithDm("import nothing_of_the_kind")), ActionError);
    expect(failure.message).toMatch(
      /^The Python of --python, python3, cannot import the dm package: .*; give --python the Python that has it/,
    );
  });

  test("a file that exists is replaced only when that is asked for", async () => {
    const output = join(await testFolder(), "dm-routes.json");
    await writeFile(output, "mine");
    const failure = await failureOf(record(STAND_IN, { output }), UsageError);
    expect(failure.message).toBe(
      `${output} exists already: name another file with --output, or replace it with --force.`,
    );
    expect(await readFile(output, "utf8")).toBe("mine");
    expect((await record(STAND_IN, { output, force: true })).status).toBe(0);
    expect(await readFile(output, "utf8")).toContain("getUserByUsername");
  });

  test("a setup file tells where the package is", async () => {
    const setupFile = join(await testFolder(), "dm.setup.sh");
    await writeFile(setupFile, `export PYTHONPATH="${STAND_IN}"\nexport DM_DS_WEB_SERVICE_URL=https://127.0.0.1:9\n`);
    expect((await record("/nowhere", { setupFile })).status).toBe(0);
    const failure = await failureOf(record(STAND_IN, { setupFile: "/nowhere/dm.setup.sh" }), ActionError);
    expect(failure.message).toMatch(/^--setup-file \/nowhere\/dm\.setup\.sh does not exist/);
  });
});
