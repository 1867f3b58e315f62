/** The web page of a whole IOC, over HTTP, beside clients of Channel Access. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMAND_STATES } from "../../src/controller/pvs/commands.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { configure } from "../support/peers/site-conf.ts";
import { type WebPage, webPageOf } from "../support/peers/web-page.ts";
import { readPrometheus } from "../support/prometheus.ts";
import { eventsOf } from "../support/web-app.ts";

let simulated: SimulatedBeamline;
let page: WebPage;
const operator = operatorOf(() => simulated);

beforeAll(async () => {
  simulated = await startSimulatedBeamline({ webPort: 0 });
  page = await webPageOf(simulated.ioc);
});
afterAll(async () => {
  await operator.close();
  await simulated.stop();
});

async function put(pv: string, value: unknown, token = page.token) {
  const { statusCode, body } = await request(`${page.url}/api/put`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ pv, value }),
  });
  return { statusCode, ...((await body.json()) as { readonly message?: string }) };
}

/** Resolves with the first event of the stream in which a PV has a value that is wanted. */
async function until(events: ReturnType<typeof eventsOf>, suffix: string, wanted: unknown): Promise<void> {
  for (let one = await events.next(); one.done !== true; one = await events.next())
    if ((one.value.data.values as Record<string, unknown>)[suffix] === wanted) return;
  throw new Error(`the stream ended before ${suffix} was ${String(wanted)}`);
}

const openEvents = async (): Promise<ReturnType<typeof eventsOf>> => eventsOf(await fetch(`${page.url}/api/events`));

test("the model is that of this IOC", async () => {
  const { body } = await request(`${page.url}/api/model`);
  expect(await body.json()).toMatchObject({ prefix: simulated.prefix, tomoscan: simulated.beamline.tomoScanPrefix });
});

test("the page sees what a client of Channel Access puts, and the client what the page puts", async () => {
  const events = await openEvents();
  await operator.put("ManualTitle", "Über 4 °C");
  await until(events, "ManualTitle", "Über 4 °C");
  expect(await put("ManualTitle", "from the page: ü")).toEqual({ statusCode: 200 });
  await operator.until("ManualTitle", (text) => text === "from the page: ü");
  expect(await put("Init", 1)).toEqual({ statusCode: 200 });
  await until(events, "InitStatus", COMMAND_STATES.indexOf("Done"));
  await events.return(undefined);
});

test("the token of the start writes what managers write, and the log tells who did, and no token", async () => {
  expect(await put("EmailTo", "Schedule")).toEqual({ statusCode: 200 });
  await simulated.ioc.said(/web:start@127\.0\.0\.1:\d+ wrote 1 to \S+EmailTo\./);
  expect(await put("EmailTo", "Shedule")).toMatchObject({ statusCode: 400 });
  expect((await put("EmailTo", 0, "wrong-token-of-nobody")).statusCode).toBe(401);
  const { body } = await request(`${page.url}/metrics`);
  const all = [simulated.ioc.stdout, simulated.ioc.stderr, await body.text()].join("\n");
  expect(all.split(page.token)).toHaveLength(2); // where the start has printed it
  expect(all).not.toContain("wrong-token-of-nobody");
});

test("a refusal's reason reaches who asked", async () => {
  const { statusCode, message } = await put("PruneDays", 1e9);
  expect(statusCode).toBe(409);
  expect(message).toMatch(/^PruneDays takes whole numbers/);
});

test("metrics of an IOC that works are well-formed, and tell what it has done", async () => {
  const text = await operator.use("Heartbeat", async () => (await request(`${page.url}/metrics`)).body.text());
  const samples = readPrometheus(text);
  const valueOf = (name: string, command?: string): number | undefined =>
    samples.find(
      (one) => one.name === name && one.labels["command"] === command && (one.labels["state"] ?? "Done") === "Done",
    )?.value;
  expect(valueOf("globus_command_outcomes_total", "Init")).toBe(1);
  expect(valueOf("globus_ca_clients")).toBeGreaterThan(0);
  expect(valueOf("globus_heartbeat_age_seconds")).toBeLessThan(60);
  expect((await request(`${page.url}/healthz`)).statusCode).toBe(200);
});

test("a token of the file is an operator's, unless GLOBUS_MANAGERS names it", async () => {
  const { configFile } = simulated.beamline;
  const [alpha, beta] = ["alpha-has-this-token", "beta-has-another-one"];
  writeFileSync(join(dirname(configFile), "web-tokens"), `alpha ${alpha}\nbeta ${beta}\n`, { mode: 0o600 });
  await configure(configFile, { web: ["tokens-file = web-tokens"] });
  await simulated.restartIoc(undefined, "SIGTERM", { env: { GLOBUS_MANAGERS: "web:alpha" } });
  const [, url = ""] = await simulated.ioc.said(/in a browser: (http:\S+)\//);
  page = { url, token: alpha };
  expect(await put("EmailTo", "Experiment")).toEqual({ statusCode: 200 });
  expect(await put("EmailTo", "Experiment", beta)).toEqual({
    statusCode: 403,
    message: expect.stringMatching(
      /^web:beta@127\.0\.0\.1:\d+ may not write \S+EmailTo, and was refused: .*globus\.acf/,
    ) as unknown,
  });
  expect(await put("ManualTitle", "an operator's", beta)).toEqual({ statusCode: 200 });
});

test("SIGTERM ends open pages at once, and the IOC in order", async () => {
  const events = await openEvents();
  expect((await events.next()).value?.name).toBe("snapshot");
  const ended = (async () => {
    for await (const _ of events);
  })();
  simulated.ioc.kill("SIGTERM");
  await ended;
  expect(await simulated.ioc.exited).toMatchObject({ code: 0 });
});
