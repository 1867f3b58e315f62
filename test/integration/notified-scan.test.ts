/** A scan of the simulated beamline, of which the webhook, the mail server and the log are told. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { startHttpTwin } from "../../src/sandbox/http-twin.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

const IDLE = String(TRIGGER_STATES.indexOf("Idle"));
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

test("a scan that is proven is told to the webhook, in order, and to the log; the summary of the day is mailed", async () => {
  const lines: Record<string, unknown>[] = [];
  const hook = await startHttpTwin({
    clock: systemClock,
    answer: () => ({ status: 204, body: "" }),
    onRequest: ({ body }) => lines.push(JSON.parse(body) as Record<string, unknown>),
  });
  onTestFinished(() => hook.close());
  await using site = await startSimulatedBeamline({
    between: async ({ configFile, tomoScanPort }) => {
      const conf = readFileSync(configFile, "utf8").replace("[email]\n", "[email]\nfrom = ioc@x.example\n");
      writeFileSync(configFile, conf);
      // At midnight: whenever the test runs, today's is due.
      const notify = `webhook-url = ${hook.url}/hook\nmail-to = anne@x.example\nsummary-at = 00:00\n`;
      appendFileSync(configFile, `\n[notify]\n${notify}`);
      return { tomoScanPort };
    },
  });
  const { beamline } = site;
  beamline.tomoScan.plan = { seconds: 0.4, bytes: 50_000 };
  const { until, close } = operatorOf(() => site);
  onTestFinished(close);
  await vi.waitFor(() => expect(beamline.mail.messages).toHaveLength(1), { timeout: 30_000 });
  expect(beamline.mail.messages[0]?.source).toMatch(/^Subject: .*: transfers until \d{4}-\d\d-\d\d \d\d:\d\d\r$/m);

  await until("Trigger0State", (state) => state === IDLE);
  await using theirs = openClient(beamline.tomoScanPort);
  const start = theirs.client.pv(`${beamline.tomoScanPrefix}StartScan`);
  await start.connected({ timeoutSeconds: 20 });
  await start.putCallback(1, { timeoutSeconds: 30 });
  await hook.arrived("/hook", 3);
  expect(lines.map(({ event, state }) => [event, state])).toEqual([
    ["transfer", "verified"],
    ["transfer", "verified"],
    ["scan", "verified"],
  ]);
  expect(lines[2]).toMatchObject({ destinations: ["archive", "petrel"], experiment: site.experimentName });
  expect(site.ioc.stdout.match(/globus: \{"event":"transfer"/g)).toHaveLength(2);
});
