/** The token files that Python's SDK writes, as PAL-XFEL's scripts leave them, are taken over by the login. */
import { readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { FLOWS_SERVER } from "../../src/services/globus/scopes.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";
import { SignInBench } from "../support/sign-in-bench.ts";

/** As PAL-XFEL's globus_auth asks for them. */
const SCOPES = ["manage_flows", "run", "run_status", "run_manage", "view_flows"].map(
  (name) => `https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/${name}`,
);

describe.skipIf(needPeers("globus-sdk").missing)("PAL-XFEL's token file", () => {
  let globus: GlobusService;
  beforeAll(async () => {
    globus = await startGlobusService({ clock: systemClock, collections: [{ name: "ffs" }] });
    for (const name of ["AUTH", "TRANSFER", "FLOWS"]) vi.stubEnv(`GLOBUS_SDK_SERVICE_URL_${name}`, globus.url);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await globus.close();
  });

  test.each(["sdk3", "sdk4"] as const)("as %s writes it is taken over, and stays as it is", async (kind) => {
    const bench = new SignInBench(globus);
    const written = { sdk3: join(bench.folder, "3.json"), sdk4: join(bench.folder, "4.json") };
    const request = { native_client_id: globus.nativeClientId, scopes: SCOPES, ...written };
    const env = { ...inheritedEnvironment(), GLOBUS_SDK_SERVICE_URL_AUTH: globus.url };
    await runPythonJson("globus_token_files.py", [JSON.stringify(request)], env);
    const file = join(bench.home, ".globus-flows-tokens.json");
    renameSync(written[kind], file);
    const before = readFileSync(file, "utf8");
    const said: string[] = [];
    const { auth } = bench.open((sentence) => said.push(sentence));
    expect(await auth.token(FLOWS_SERVER, {})).toMatch(/^Ag/);
    expect(said).toEqual([`The login for Globus Flows was taken over from ${file}, which stays as it is.`]);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(statSync(bench.store.path).mode & 0o777).toBe(0o600);
  });
});
