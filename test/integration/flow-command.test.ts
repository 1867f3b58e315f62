/** `globus-ioc flow …` as a program against the simulated Globus, with the command lines of PAL-XFEL's README. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { PAL_FLOW, PAL_SCHEMA } from "../support/pal-flow.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });
const SCAN = "dat/ue_251023_FXL/rawData/scan001";
const TITLE = "PAL-XFEL Data Transfer Flow";

let globus: GlobusService;
let home: string;
beforeAll(async () => {
  globus = await startGlobusService({
    clock: systemClock,
    queuedSeconds: 0.1,
    collections: [
      { name: "ffs", files: { [`/${SCAN}/a.h5`]: 5000, [`/${SCAN}/detector1/b.h5`]: 300 } },
      { name: "backup", folders: ["/backup"] },
    ],
  });
});
afterAll(() => globus.close());

beforeEach(async () => {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  home = made.path;
  const { clientId, secret } = globus.serviceAccount;
  writeFileSync(join(home, "secret"), secret, { mode: 0o600 });
  const { url } = globus;
  writeFileSync(
    join(home, "globus.conf"),
    `[globus-auth]\nclient-id = ${clientId}\nclient-secret-file = ${home}/secret\nauth-url = ${url}\ntransfer-url = ${url}\nflows-url = ${url}\n`,
  );
  writeFileSync(join(home, "transfer_flow.json"), JSON.stringify(PAL_FLOW, null, 2));
  writeFileSync(join(home, "transfer_schema.json"), JSON.stringify(PAL_SCHEMA, null, 2));
  rmSync(join(globus.collection("backup").folder, "backup"), { recursive: true, force: true });
  mkdirSync(join(globus.collection("backup").folder, "backup"));
});

const place = () => ({ env: { ...inheritedEnvironment(), HOME: home }, cwd: home });
const words = (line: readonly string[]): string[] => [join(ROOT, "dist/main.js"), ...line];
const run = (...line: string[]) => runPeer(process.execPath, words(line), place());
const started = (line: readonly string[], ready: RegExp): Promise<PeerProcess> =>
  spawnPeer(process.execPath, words(line), { ...place(), line: ready });

const DEPLOY = [
  "deploy_flow",
  "--definition",
  "transfer_flow.json",
  "--input-schema",
  "transfer_schema.json",
  "--title",
  TITLE,
  "--info-file",
  "flow_info.json",
];
/** Deploys the flow of PAL-XFEL's files. @returns its id */
async function deployed(): Promise<string> {
  const { code, stderr } = await run(...DEPLOY, "--subscription-id", globus.flows.subscription);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return infoId();
}
const infoId = (): string => (JSON.parse(readFileSync(join(home, "flow_info.json"), "utf8")) as { id: string }).id;
const runLine = (flow: string): string[] => [
  "flow",
  "run",
  "--flow-id",
  flow,
  "--source-collection",
  globus.collection("ffs").id,
  "--source-path",
  `/~/${SCAN}`,
  "--dest-collection",
  globus.collection("backup").id,
  "--dest-path",
  `/backup/${SCAN}`,
];
/** @returns the run's id, as the program has said it */
async function startedRun(flow: string): Promise<string> {
  const { code, stdout, stderr } = await run(...runLine(flow));
  expect([code, stderr]).toEqual([0, ""]);
  return /https:\/\/app\.globus\.org\/runs\/(\S+)/.exec(stdout)?.[1] ?? "";
}

describe("PAL-XFEL's README", () => {
  test("./deploy_flow.sh: its files are deployed, and flow_info.json has the id", async () => {
    const { code, stdout, stderr } = await run(...DEPLOY);
    expect(code).toBe(0);
    expect(stdout).toContain("is out of service");
    expect(stderr).toContain("gives its action up after 300 s (WaitTime)");
    expect(stdout).toContain("deletes it after 30 days");
    const shown = await run("flow", "show", "flow_info.json", "--json");
    const document = JSON.parse(shown.stdout) as { flow: { id: string; title: string; definition: unknown } };
    expect(document.flow).toMatchObject({ id: infoId(), title: TITLE });
    expect(JSON.stringify(document.flow.definition)).toContain("https://transfer.actions.globus.org/transfer");
    const other = await run("flow", "deploy", "transfer");
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining(`has "${TITLE}" (${infoId()}) already`)]);
    expect((await run("flow", "delete", infoId(), "--yes")).code).toBe(0);
  });

  test("weakness 22: deployed again it is the same flow, and a failure leaves flow_info.json as it was", async () => {
    const id = await deployed();
    const before = readFileSync(join(home, "flow_info.json"), "utf8");
    expect(await deployed()).toBe(id);
    rmSync(join(home, "flow_info.json"));
    expect(await deployed()).toBe(id); // found by its title
    writeFileSync(join(home, "transfer_flow.json"), '{ "StartAt": "TransferData",');
    const broken = await run(...DEPLOY);
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining("transfer_flow.json")]);
    expect(JSON.parse(readFileSync(join(home, "flow_info.json"), "utf8"))).toMatchObject({ id });
    expect(JSON.parse(before)).toMatchObject({ id });
    const listed = await run("flow", "list", "--json");
    const titles = (JSON.parse(listed.stdout) as { flows: { title: string }[] }).flows.map(({ title }) => title);
    expect(titles.filter((title) => title === TITLE)).toHaveLength(1);
  });

  test("run_transfer_flow, then monitor_flow: the run is followed to its end, with lines that have the time, and a log file", async () => {
    const { run: id, letGo } = await startedRunHeld();
    const watcher = await started(
      ["monitor_flow", "--run-id", id, "--flow-id", infoId(), "--interval", "1"],
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}The run /m,
    );
    letGo();
    expect((await watcher.exited).code).toBe(0);
    expect(watcher.stdout).toMatch(
      /flow monitor: Done\. The run \S+ of the flow \S+ has succeeded\. 5\.3 kB in 2 files went over\.\n$/,
    );
    expect(existsSync(join(globus.collection("backup").folder, "backup", SCAN, "detector1/b.h5"))).toBe(true);
    const logs = readdirSync(join(home, "logs")).map((name) => readFileSync(join(home, "logs", name), "utf8"));
    expect(logs.join("\n")).toContain("monitor: Done. The run ");
  });

  test("a run that failed: monitor_flow ends with 1, and flow log and flow show tell more", async () => {
    const flow = await deployed();
    const mend = globus.addFault("ffs", { code: "FILE_SIZE_CHANGED", isFatal: true });
    onTestFinished(mend);
    const id = await startedRun(flow);
    const monitored = await run("monitor_flow", "--run-id", id);
    expect([monitored.code, monitored.stderr]).toEqual([
      1,
      expect.stringContaining(`\`globus-ioc flow log ${id}\` tells more`),
    ]);
    const log = await run("flow", "log", id);
    expect([log.code, log.stdout]).toEqual([0, expect.stringContaining(globus.transfers.at(-1)?.id ?? "no task")]);
    expect((await run("flow", "show", flow)).stdout).toContain(
      "TransferData: Action https://transfer.actions.globus.org/transfer",
    );
  });
});

test("weakness 11: a run that lost its consent is not over: what helps is said, and resumed it goes on", async () => {
  const id = await startedRunHeld();
  const watcher = await started(
    ["flow", "monitor", id.run, "--interval", "1"],
    /is at its step TransferData|is under way/,
  );
  globus.flows.revokeConsent(id.run);
  await vi.waitFor(() => expect(watcher.stdout).toContain("waits at its step TransferData for a consent"), {
    timeout: 30_000,
  });
  const inactive = await run("flow", "monitor", id.run, "--until-inactive");
  expect([inactive.code, inactive.stderr]).toEqual([3, expect.stringContaining(`globus-ioc flow resume ${id.run}`)]);
  id.letGo();
  const resumed = await run("flow", "resume", id.run);
  expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
  expect((await watcher.exited).code).toBe(0);
});

test("Ctrl-C ends the watching alone; flow cancel ends the run, and the watcher with 1", async () => {
  const id = await startedRunHeld();
  const first = await started(["flow", "monitor", id.run], /The run /);
  first.kill("SIGINT");
  expect((await first.exited).code).toBe(130);
  expect(first.stderr).toContain(`\`globus-ioc flow monitor ${id.run}\` follows it again`);
  const second = await started(["flow", "monitor", id.run, "--interval", "1"], /The run /);
  const cancelled = await run("flow", "cancel", id.run);
  expect([cancelled.code, cancelled.stdout]).toEqual([0, expect.stringContaining("was cancelled")]);
  expect((await second.exited).code).toBe(1);
  expect(second.stderr).toContain("flow monitor: Cancelled.");
  id.letGo();
});

/** A run whose transfer does not begin before it is let go. */
async function startedRunHeld(): Promise<{ readonly run: string; readonly letGo: () => void }> {
  const flow = await deployed();
  const release = globus.pauseCollection("backup", "Maintenance");
  onTestFinished(release);
  return { run: await startedRun(flow), letGo: release };
}

test("a start whose answer is lost is one run", async () => {
  const flow = await deployed();
  const before = globus.flows.runs.length;
  await globus.misbehave({ on: "/run", answerLost: true, times: 1 });
  const { code, stdout } = await run(...runLine(flow));
  expect([code, stdout]).toEqual([0, expect.stringContaining("was started")]);
  expect(globus.flows.runs).toHaveLength(before + 1);
});

test("flow run --ioc lets the IOC run its flow, and flow-monitor --ioc ends as the run does", async () => {
  await using site = await startSimulatedBeamline();
  const { beamline, env, prefix } = site;
  const onIoc = (...line: string[]) =>
    runPeer(process.execPath, words([...line, "--ioc", prefix, "--config", beamline.configFile]), { env });
  const began = await onIoc("flow", "run", "--json");
  expect(began, began.stdout + began.stderr).toMatchObject({ code: 0 });
  const { results } = JSON.parse(began.stdout) as { readonly results: Readonly<Record<string, string>> };
  expect(beamline.globus.flows.runs.map(({ id }) => id)).toEqual([results["RunId"]]);
  const over = await onIoc("flow-monitor");
  expect([over.code, over.stdout]).toEqual([
    0,
    expect.stringMatching(/RunStatus: SUCCEEDED\n(.*\n)+flow-monitor: Done\. The run .* has succeeded\./),
  ]);
});
