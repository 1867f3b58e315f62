/** A flow run by a person's login: what an IOC that nobody attends says when the person has to consent again. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { RUN_PV_STATES } from "../../src/controller/pvs/flows.ts";
import { TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import type { Beamline } from "../../src/sandbox/beamline.ts";
import {
  AUTH_SERVER,
  FLOWS_SERVER,
  flowScope,
  TRANSFER_SERVER,
  usualScopes,
} from "../../src/services/globus/scopes.ts";
import { createTokenStore } from "../../src/services/globus/token-store.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let site: SimulatedBeamline;
const { text, put, until, state, close } = operatorOf(() => site);
const runIs = (wanted: string): Promise<string> => until("RunStatus", (one) => RUN_PV_STATES[Number(one)] === wanted);

/** As `globus-ioc login` leaves it; access tokens are over, and renewed when they are needed. */
async function login({ configFile, globus }: Beamline, resourceServer: string, scope: string): Promise<void> {
  const refreshToken = globus.loginFor(scope);
  const store = createTokenStore(join(dirname(configFile), "tokens.json"));
  await store.put([{ resourceServer, accessToken: "over", scope, expires: 0, obtained: Date.now(), refreshToken }]);
}
const TRANSFER = usualScopes(TRANSFER_SERVER).join(" ");
const loginToFlow = (beamline: Beamline): Promise<void> =>
  login(beamline, beamline.flow.id, `${flowScope(beamline.flow.id)}[*${TRANSFER}]`);

beforeAll(async () => {
  const between = async (beamline: Beamline): Promise<{ readonly tomoScanPort: number }> => {
    const { globus, configFile, flow } = beamline;
    const read = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(import.meta.dirname, "../../flows", name), "utf8")) as Record<string, unknown>;
    const [definition, inputSchema] = [read("transfer.json"), read("transfer.schema.json")];
    const id = globus.flows.deploy({ title: "of the person", owner: globus.person, definition, inputSchema });
    writeFileSync(join(dirname(configFile), "flows", `${flow.name}.json`), JSON.stringify({ id }));
    Object.assign(flow, { id });
    await configure(configFile, {
      "globus-auth": [`client-id = ${globus.nativeClientId}`, "client-secret-file ="],
    });
    for (const server of [TRANSFER_SERVER, AUTH_SERVER, FLOWS_SERVER])
      await login(beamline, server, usualScopes(server).join(" "));
    return { tomoScanPort: beamline.tomoScanPort };
  };
  site = await startSimulatedBeamline({ between });
  await runIs("None");
});
afterAll(async () => {
  await close();
  await site?.stop();
});

test("FlowRun, and FlowResume behind a withdrawn consent, wait for `globus-ioc login --flow NAME`, and go on behind it", async () => {
  const { globus, flow } = site.beamline;
  const command = `\`globus-ioc login --flow ${flow.name}\``;
  expect(await put("FlowRun", 1)).toBe(ECA.PUTFAIL);
  expect(await text("FlowRunMessage")).toContain(command);
  expect(globus.flows.runs).toEqual([]);
  await loginToFlow(site.beamline);
  const goOn = globus.pauseCollection("petrel", "maintenance");
  expect(await put("FlowRun", 1), await text("FlowRunMessage")).toBe(ECA.NORMAL);
  await until("RunTransferStatus", (one) => TASK_PV_STATES[Number(one)] === "ACTIVE");
  globus.flows.revokeConsent(await text("RunId"));
  await runIs("INACTIVE");
  expect(await text("RunMessage")).toContain(`run ${command}, then \`globus-ioc flow resume ${await text("RunId")}\``);
  goOn();
  expect(await put("FlowResume", 1)).toBe(ECA.PUTFAIL);
  expect([await state("FlowResume"), await text("FlowResumeMessage")]).toEqual([
    "Rejected",
    expect.stringContaining(command),
  ]);
  await loginToFlow(site.beamline);
  expect(await put("FlowResume", 1), await text("FlowResumeMessage")).toBe(ECA.NORMAL);
  await runIs("SUCCEEDED");
  expect(globus.flows.runs).toHaveLength(1);
});
