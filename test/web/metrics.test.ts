/** What Prometheus and a supervisor read. */
import { expect, test } from "vitest";
import { Listeners } from "../../src/base/listeners.ts";
import type { CommandName } from "../../src/controller/pvs/commands.ts";
import { HEALTH_STATES } from "../../src/controller/pvs/health.ts";
import { statesOf } from "../../src/controller/pvs/index.ts";
import { metricsText } from "../../src/web/metric-text.ts";
import { type PromSample, readPrometheus } from "../support/prometheus.ts";
import { webAppOn } from "../support/web-app.ts";

async function scrape({ ask }: Pick<ReturnType<typeof webAppOn>, "ask">): Promise<readonly PromSample[]> {
  const answer = await ask("/metrics");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return readPrometheus(await answer.text());
}
const valueOf = (samples: readonly PromSample[], name: string, labels: object = {}): number | undefined =>
  samples.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value;

test("what is served is well-formed, in base units, and what nobody knows is left out", async () => {
  const app = webAppOn({
    iocFigures: () => ({
      clients: 3,
      channels: 9,
      subscriptions: 8,
      updates: 7,
      bytesReceived: 6,
      bytesSent: 5,
      denied: 4,
    }),
  });
  app.pvs.post("QueueDepth", 4);
  app.pvs.post("QueueOldest", -1);
  app.pvs.post("TokenExpires", 2);
  app.pvs.post("Dest0Name", 'tape "B"\\');
  app.pvs.post("Dest0Queued", 5);
  app.pvs.post("Dest1Name", "");
  app.pvs.post("LastError", "full", 2);
  const samples = await scrape(app);
  expect(valueOf(samples, "globus_queue_scans")).toBe(4);
  expect(valueOf(samples, "globus_queue_oldest_seconds")).toBeUndefined();
  expect(valueOf(samples, "globus_token_remaining_seconds")).toBe(7200);
  expect(valueOf(samples, "globus_destination_queued_scans", { destination: 'tape "B"\\' })).toBe(5);
  expect(samples.filter(({ name }) => name === "globus_destination_queued_scans")).toHaveLength(1);
  expect(valueOf(samples, "globus_alarms", { severity: "MAJOR" })).toBe(1);
  expect(valueOf(samples, "globus_ca_clients")).toBe(3);
});

test("ends of commands are counted by their state, and begin at 0", async () => {
  const commandEnds = new Listeners<[command: CommandName, state: string]>();
  const app = webAppOn({ commandEnds });
  commandEnds.notify("Init", "Done");
  commandEnds.notify("Init", "Done");
  commandEnds.notify("Init", "Refused");
  const samples = await scrape(app);
  const of = (state: string): number | undefined =>
    valueOf(samples, "globus_command_outcomes_total", { command: "Init", state });
  expect(["Done", "Refused", "Failed"].map(of)).toEqual([2, 1, 0]);
});

test("the age of the heartbeat grows until it beats", async () => {
  const app = webAppOn();
  app.clock.advance(7);
  expect(valueOf(await scrape(app), "globus_heartbeat_age_seconds")).toBe(7);
  app.pvs.post("Heartbeat", 1);
  expect(valueOf(await scrape(app), "globus_heartbeat_age_seconds")).toBe(0);
});

test("puts, wrong tokens and requests are counted by their answer", async () => {
  const app = webAppOn();
  await app.put("Init", 1);
  await app.put("Intit", 1);
  await app.put("Init", 1, { headers: { authorization: "Bearer wrong" } });
  const samples = await scrape(app);
  expect(["200", "404", "401"].map((code) => valueOf(samples, "globus_web_puts_total", { code }))).toEqual([1, 1, 1]);
  expect(valueOf(samples, "globus_web_wrong_tokens_total")).toBe(1);
  expect(valueOf(samples, "globus_web_requests_total", { code: "200" })).toBe(1);
});

test("values that are no finite number, and labels with a line end, are written as Prometheus wants", () => {
  const text = metricsText([
    {
      name: "a",
      type: "gauge",
      help: "A\nb\\",
      samples: [
        [{ x: 'q"\n' }, Number.NaN],
        [{}, Number.POSITIVE_INFINITY],
      ],
    },
    { name: "b", type: "gauge", help: "Nothing.", samples: [] },
  ]);
  expect(text).toBe('# HELP a A\\nb\\\\\n# TYPE a gauge\na{x="q\\"\\n"} NaN\na +Inf\n');
});

test("the reader of the tests refuses what is not well-formed", () => {
  const head = "# HELP a_total A.\n# TYPE a_total counter\n";
  for (const wrong of [
    "a 1\n",
    `${head}a_total x\n`,
    `${head}a_total 1`,
    `${head}a_total 1\na_total 1\n`,
    head,
    "# HELP a A.\n# TYPE a counter\na 1\n",
    "# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n",
    `${head}a_total{b="} 1\n`,
  ])
    expect(() => readPrometheus(wrong), wrong).toThrow();
  expect(readPrometheus(`${head}a_total{b="c"} 1\n`)).toEqual([{ name: "a_total", labels: { b: "c" }, value: 1 }]);
});

test("healthz is 200 while data management runs, and else says what is wrong to who may read", async () => {
  const { ask, pvs } = webAppOn();
  pvs.post("ServerRunning", statesOf("ServerRunning")!.indexOf("Running"));
  const works = await ask("/healthz");
  expect([works.status, await works.json()]).toEqual([200, { status: "ok" }]);
  pvs.post("ServerRunning", statesOf("ServerRunning")!.indexOf("Stopped"));
  const stopped = await ask("/healthz");
  expect([stopped.status, await stopped.json()]).toEqual([
    503,
    { status: "failing", problems: [expect.stringMatching(/^ServerRunning is not Running/)] },
  ]);
  pvs.post("ServerRunning", statesOf("ServerRunning")!.indexOf("Running"));
  pvs.post("HealthLedger", HEALTH_STATES.indexOf("Down"), 2);
  pvs.post("HealthLedgerMessage", "The disk is full.", 2);
  expect(await (await ask("/healthz")).json()).toEqual({ status: "failing", problems: ["The disk is full."] });
  const elsewhere = await webAppOn({ isOpen: false }).ask("/healthz", { from: "10.0.0.7" });
  expect(await elsewhere.json()).toEqual({ status: "failing" });
});

test("the history has a step every five seconds, for a quarter of an hour, and null where nobody knew", async () => {
  const { ask, pvs, clock } = webAppOn();
  pvs.post("Rate", -1);
  pvs.post("EventLoopLag", -1);
  clock.advance(5);
  pvs.post("Rate", 12.5);
  pvs.post("EventLoopLag", 7);
  clock.advance(5);
  const read = async () =>
    (await (await ask("/api/history")).json()) as {
      stepSeconds: number;
      end: number;
      values: Record<string, unknown[]>;
    };
  const history = await read();
  expect(history).toMatchObject({
    stepSeconds: 5,
    end: clock.now(),
    values: { Rate: [null, 12.5], EventLoopLag: [null, 7] },
  });
  expect(Object.keys(history.values)).toEqual(expect.arrayContaining(["DaqRawRate", "RunRate", "Dest0Rate"]));
  clock.advance(3600);
  expect((await read()).values["Rate"]).toHaveLength(180);
});
