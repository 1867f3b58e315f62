/** Each template of flows/, deployed and run by the commands of flows against the simulated Globus. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openFlowDesk } from "../../src/assemble/flow-desk.ts";
import { runFlow } from "../../src/cli/flow-command.ts";
import type { FlowRequest } from "../../src/cli/flow-request.ts";
import type { RunReport } from "../../src/controller/ports/flows.ts";
import type { SimulatedFunction } from "../../src/sandbox/globus/compute/room.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import {
  AUTH_SERVER,
  FLOWS_SERVER,
  flowScope,
  TRANSFER_SCOPE,
  TRANSFER_SERVER,
  usualScopes,
} from "../../src/services/globus/scopes.ts";
import { createTokenStore } from "../../src/services/globus/token-store.ts";
import { globusServiceUrls } from "../../src/services/globus/transport.ts";
import { swiftClock } from "../support/fakes/swift-clock.ts";
import { definitionOf } from "../support/flow-templates.ts";
import { ROOT } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 60_000 });
const clock = swiftClock(20);
let globus: GlobusService;
let home: string;
beforeEach(async () => {
  globus = await startGlobusService({
    clock,
    queuedSeconds: 0.1,
    collections: [
      { name: "ffs", files: { "/scan/a.h5": 5000, "/scan/below/b.h5": 300 } },
      { name: "backup", folders: ["/backup"] },
    ],
    endpoints: [{ name: "theta", runSeconds: 0.5 }],
  });
  onTestFinished(() => globus.close());
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  home = made.path;
  const { clientId, secret } = globus.serviceAccount;
  writeFileSync(join(home, "secret"), secret, { mode: 0o600 });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  writeFileSync(
    join(home, "globus.conf"),
    `[globus-auth]\nclient-id = ${clientId}\nclient-secret-file = ${home}/secret\nauth-url = ${url}\ntransfer-url = ${url}\nflows-url = ${url}\n[general]\nlog-directory = ${home}/logs\n`,
  );
});

interface Ended {
  readonly status: number;
  readonly document: Readonly<Record<string, unknown>> & { readonly run?: RunReport; readonly message: string };
}

async function flow(request: FlowRequest): Promise<Ended> {
  let out = "";
  const environment: Record<string, string | undefined> = process.env;
  const status = await runFlow(
    { config: join(home, "globus.conf"), json: true, ...request },
    {
      environment: { HOME: home },
      setZone: () => {},
      clock,
      signal: AbortSignal.timeout(50_000),
      isTerminal: false,
      out: (text) => {
        out += text;
      },
      err: () => {},
      commandLine: "",
      dialogue: { isTerminal: false, write: () => {}, ask: () => Promise.resolve(undefined) },
      templates: join(ROOT, "flows"),
      open: (options) => openFlowDesk({ ...options, environment, clock }),
    },
  );
  return { status, document: JSON.parse(out) as Ended["document"] };
}

const source = (name: string): string => join(globus.collection("ffs").folder, name);
const arrived = (name: string): string => join(globus.collection("backup").folder, name);

async function run(name: string, more: Partial<FlowRequest> = {}): Promise<Ended> {
  const deployed = await flow({ what: "deploy", name, subscriptionId: globus.flows.subscription });
  expect(deployed.document).toMatchObject({ state: "Done" });
  return await start(name, more);
}

async function start(name: string, more: Partial<FlowRequest> = {}): Promise<Ended> {
  return await flow({
    what: "run",
    flow: name,
    sourceCollection: globus.collection("ffs").id,
    sourcePath: "/scan",
    destCollection: globus.collection("backup").id,
    destPath: "/backup/scan",
    wait: true,
    ...more,
  } as FlowRequest);
}

/** Starts a run, and does something while it is in a state. */
async function runHeld(
  name: string,
  state: string,
  meanwhile: () => void,
  more: Partial<FlowRequest> = {},
): Promise<Ended> {
  const letGo = globus.flows.holdState(state);
  const ended = run(name, more);
  await vi.waitFor(() => expect(globus.flows.runs.at(-1)?.state).toBe(state), { timeout: 20_000 });
  meanwhile();
  letGo();
  return await ended;
}

/** What the run's log says last of its data. */
const causeOf = async ({ document }: Ended): Promise<string> => {
  const { document: log } = await flow({ what: "log", run: document.run?.id ?? "" });
  return JSON.stringify(log["entries"]);
};
const SCAN = ["scan/a.h5", "scan/below/b.h5"];
const sourceIsWhole = (): boolean => SCAN.every((name) => existsSync(source(name)));

test("transfer sends a folder, and says with which task", async () => {
  const { status, document } = await run("transfer");
  expect(document).toMatchObject({ state: "Done", run: { state: "SUCCEEDED" } });
  expect(status).toBe(0);
  expect(readFileSync(arrived("backup/scan/below/b.h5"))).toHaveLength(300);
  const [task] = globus.transfers;
  expect(document.run?.output).toMatchObject({ Outcome: { task_id: task?.id } });
  expect(task?.label).toBe(`Flow run ${document.run?.id}`);
  expect(sourceIsWhole()).toBe(true);
});

test("transfer sends a single file under another name", async () => {
  const { status } = await run("transfer", { sourcePath: "/scan/a.h5", destPath: "/backup/other.h5" });
  expect([status, existsSync(arrived("backup/other.h5"))]).toEqual([0, true]);
});

test("a transfer that fails ends the run as failed, with its task in the log", async () => {
  globus.addFault("ffs", { code: "FILE_SIZE_CHANGED", isFatal: true });
  const ended = await run("transfer");
  expect(ended.status).toBe(1);
  const cause = await causeOf(ended);
  expect(cause).toContain("The transfer has failed.");
  expect(cause).toContain(globus.transfers[0]?.id);
});

describe("transfer-share", () => {
  const share = () => ({
    share: { principal_type: "identity", principal: globus.person.id, path: "/backup/scan/", permissions: "r" },
  });
  const shared = (): Promise<Ended> => run("transfer-share", { inputJson: JSON.stringify(share()) });

  test("lets a person read the folder", async () => {
    const { status } = await shared();
    expect(status).toBe(0);
    expect(globus.collection("backup").rules).toEqual([
      expect.objectContaining({ path: "/backup/scan/", permissions: "r", principal: globus.person.id }),
    ]);
  });

  test("says so where the rule is there already; the data have arrived", async () => {
    await shared();
    const again = await shared();
    expect(again.status).toBe(1);
    expect(await causeOf(again)).toContain("they were not shared");
  });
});

describe("transfer-verify-delete", () => {
  test("deletes the source behind a comparison that has found nothing to send", async () => {
    const { status, document } = await run("transfer-verify-delete");
    expect(status).toBe(0);
    expect([existsSync(source("scan")), existsSync(arrived("backup/scan/below/b.h5"))]).toEqual([false, true]);
    expect(document.run?.output).toMatchObject({ Outcome: { compare_task_id: globus.transfers[1]?.id } });
  });

  test("keeps a source that has changed since the transfer", async () => {
    const ended = await runHeld("transfer-verify-delete", "IsTransferred", () =>
      writeFileSync(source("scan/late.h5"), "new"),
    );
    expect(ended.status).toBe(1);
    expect([sourceIsWhole(), existsSync(source("scan/late.h5"))]).toEqual([true, true]);
    expect(await causeOf(ended)).toContain("The second task has found files that the first had not sent");
  });

  test("keeps the source where a file was skipped, whatever a definition lets be skipped", async () => {
    const careless = JSON.stringify(definitionOf("transfer-verify-delete")).replaceAll(
      '"skip_source_errors":false',
      '"skip_source_errors":true',
    );
    writeFileSync(join(home, "careless.json"), careless);
    const files = {
      definition: join(home, "careless.json"),
      inputSchema: join(ROOT, "flows/transfer-verify-delete.schema.json"),
    };
    expect((await flow({ what: "deploy", name: "careless", ...files })).status).toBe(0);
    globus.addFault("ffs", { code: "PERMISSION_DENIED", below: "/scan/below" });
    const ended = await start("careless");
    expect([ended.status, sourceIsWhole()]).toEqual([1, true]);
    expect(await causeOf(ended)).toContain("The transfer has ended without some files.");
  });

  test("keeps the top of a collection", async () => {
    const ended = await run("transfer-verify-delete", { sourcePath: "/" });
    expect([ended.status, sourceIsWhole()]).toEqual([1, true]);
    expect(await causeOf(ended)).toContain("is the top of its collection");
  });

  test("says so where the source cannot be deleted", async () => {
    const ended = await runHeld("transfer-verify-delete", "IsBelowTop", () => {
      globus.addFault("ffs", { code: "PERMISSION_DENIED", isFatal: true });
    });
    expect(ended.status).toBe(1);
    expect(await causeOf(ended)).toContain("the source was not deleted, or not all of it");
  });
});

describe("transfer-approve-delete", () => {
  /** Runs until it asks, then does something to the question. */
  async function asked(decide: (question: string) => Promise<void> | void): Promise<Ended> {
    const approve = { approve: { respondents: [`urn:globus:auth:identity:${globus.serviceAccount.clientId}`] } };
    const ended = run("transfer-approve-delete", { inputJson: JSON.stringify(approve) });
    await vi.waitFor(() => expect(globus.flows.questions).toHaveLength(1), { timeout: 20_000 });
    expect(sourceIsWhole()).toBe(true);
    await decide(globus.flows.questions[0]?.id ?? "");
    return await ended;
  }
  const answering = (answer: string) => async () => {
    const { status } = await flow({ what: "respond", run: globus.flows.runs.at(-1)?.id ?? "", answer });
    expect(status).toBe(0);
  };

  test("deletes the source where a person says so", async () => {
    const { status } = await asked(answering("Delete"));
    expect([status, existsSync(source("scan")), existsSync(arrived("backup/scan/a.h5"))]).toEqual([0, false, true]);
  });

  test("keeps it where the person says no: the run has succeeded", async () => {
    const { status, document } = await asked(answering("Keep"));
    expect([status, sourceIsWhole()]).toEqual([0, true]);
    expect(JSON.stringify(document.run?.output)).toContain("a person has kept the source");
  });

  test("keeps it where nobody answers in time: the run has failed", async () => {
    const ended = await asked((id) => globus.flows.expireQuestion(id));
    expect([ended.status, sourceIsWhole()]).toEqual([1, true]);
    expect(await causeOf(ended)).toContain("nobody has answered in time");
  });
});

describe("with a function of Globus Compute", () => {
  const registered = (name: string, callback: SimulatedFunction) => {
    globus.compute.simulate(name, callback);
    const owner = globus.serviceAccount.clientId;
    const fn = globus.compute.register({ name, code: "", description: null, meta: null, owner, isPublic: true });
    return { endpoint_id: globus.compute.endpoint("theta").id, function_id: fn.id };
  };

  test("tar-transfer sends the archive that the function has made", async () => {
    const tar = registered("tar_folder", ({ kwargs }) => {
      writeFileSync(source("scan.tar"), `archive of ${String(kwargs["folder"])}`);
      return { archive: kwargs["archive"] };
    });
    const inputJson = JSON.stringify({ tar: { ...tar, folder: "/data/scan", archive: "/data/scan.tar" } });
    const { status } = await run("tar-transfer", {
      inputJson,
      sourcePath: "/scan.tar",
      destPath: "/backup/scan.tar",
      recursive: false,
    });
    expect(status).toBe(0);
    expect(readFileSync(arrived("backup/scan.tar"), "utf8")).toBe("archive of /data/scan");
  });

  test("tar-transfer sends nothing where the function fails", async () => {
    const tar = registered("tar_folder", () => {
      throw new Error("no room");
    });
    const inputJson = JSON.stringify({ tar: { ...tar, folder: "/data/scan", archive: "/data/scan.tar" } });
    const ended = await run("tar-transfer", { inputJson, sourcePath: "/scan.tar", recursive: false });
    expect([ended.status, globus.transfers]).toEqual([1, []]);
    expect(await causeOf(ended)).toContain("The archive was not made, and nothing was sent.");
  });

  test("transfer-compute has the function work on what has arrived", async () => {
    const compute = registered("look", ({ kwargs }) => readFileSync(arrived(String(kwargs["path"]))).length);
    const inputJson = JSON.stringify({ compute: { ...compute, kwargs: { path: "backup/scan/a.h5" } } });
    const { status, document } = await run("transfer-compute", { inputJson });
    expect(status).toBe(0);
    expect(document.run?.output).toMatchObject({ ComputeResult: { details: { result: [5000] } } });
  });

  test("transfer-compute says so where the function fails; the data have arrived", async () => {
    const compute = registered("look", () => {
      throw new Error("no such detector");
    });
    const ended = await run("transfer-compute", { inputJson: JSON.stringify({ compute: { ...compute, kwargs: {} } }) });
    expect([ended.status, existsSync(arrived("backup/scan/a.h5"))]).toEqual([1, true]);
    const cause = await causeOf(ended);
    expect(cause).toContain("the function has failed");
    expect(cause).toContain("no such detector");
  });
});

describe("beamline", () => {
  test("is a transfer where nothing else is said, and takes PAL-XFEL's input", async () => {
    const { status } = await run("beamline");
    expect([status, sourceIsWhole(), existsSync(arrived("backup/scan/a.h5"))]).toEqual([0, true, true]);
  });

  test("is what `action` says", async () => {
    const inputJson = JSON.stringify({ action: "transfer-verify-delete" });
    const { status } = await run("beamline", { inputJson });
    expect([status, existsSync(source("scan"))]).toEqual([0, false]);
  });

  test("refuses what it does not know, before anything is sent", async () => {
    const { status, document } = await run("beamline", { inputJson: '{"action":"transfer-burn"}' });
    expect(status).toBe(1);
    expect(document.message).toContain("does not take this input ($.action: 'transfer-burn' is not one of");
    expect(globus.transfers).toEqual([]);
  });
});

test("a person's run wants one consent behind the deployment: the command for it is said, and with it the run goes", async () => {
  const store = createTokenStore(join(home, "tokens.json"));
  const login = async (resourceServer: string, scope: string) => {
    const [now, refreshToken] = [clock.now(), globus.loginFor(scope)];
    const record = { resourceServer, accessToken: "over", scope, expires: now, obtained: now, refreshToken };
    await store.put([record]);
  };
  const conf = readFileSync(join(home, "globus.conf"), "utf8");
  writeFileSync(
    join(home, "globus.conf"),
    conf
      .replace(/client-id = .*/, `client-id = ${globus.nativeClientId}`)
      .replace(/client-secret-file = .*/, `token-store = ${join(home, "tokens.json")}`),
  );
  for (const server of [AUTH_SERVER, TRANSFER_SERVER, FLOWS_SERVER]) await login(server, usualScopes(server).join(" "));
  const deployed = await flow({ what: "deploy", name: "transfer" });
  expect(deployed.document.message).toContain("Before its next run: `globus-ioc login --flow transfer`.");
  const refused = await start("transfer");
  expect([refused.status, refused.document.message]).toEqual([
    1,
    expect.stringContaining("`globus-ioc login --flow transfer`"),
  ]);
  const id =
    globus.flows.runs.length === 0
      ? ((await flow({ what: "show", flow: "transfer" })).document["flow"] as { id: string }).id
      : "";
  await login(id, `${flowScope(id)}[*${TRANSFER_SCOPE}]`);
  expect(await start("transfer")).toMatchObject({ status: 0 });
});
