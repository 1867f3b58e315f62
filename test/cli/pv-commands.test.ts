import { expect, test } from "vitest";
import { RESPONSES } from "../../src/ca/wire/messages.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { getPvs, infoPvs, monitorPvs, type PvCommandContext, putPv } from "../../src/cli/pv-commands.ts";
import { type Scene, scene } from "../ca/client/client-fixture.ts";
import type { Served } from "../support/engine/scripted-server.ts";

interface Run {
  readonly status: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** A server whose PVs are all 7 or "seven", and which completes every put with `putStatus`. */
async function stage(
  pvs: Readonly<Record<string, Served>>,
  putStatus: number | undefined = ECA.NORMAL,
): Promise<Scene> {
  const one = await scene(pvs);
  const react = one.server.react.bind(one.server);
  one.server.react = (circuit, request) => {
    react(circuit, request);
    const { name, words } = request;
    const fill = (sample: { setNumber(value: number): void; setText(value: string): void }): void =>
      [0, 7, 14].includes(words["dbr"] ?? 0) ? sample.setText("seven") : sample.setNumber(7);
    if (name === "readNotify") circuit.sayValue(RESPONSES.readNotify, words["ioid"] ?? 0, words["dbr"] ?? 0, fill);
    if (name === "eventAdd")
      circuit.sayValue(RESPONSES.eventAdd, words["subscriptionId"] ?? 0, words["dbr"] ?? 0, fill);
    if (name !== "writeNotify" || putStatus === undefined) return;
    circuit.say(RESPONSES.writeNotify, {
      dbr: words["dbr"] ?? 0,
      count: 1,
      status: putStatus,
      ioid: words["ioid"] ?? 0,
    });
  };
  return one;
}

async function run(
  one: Scene,
  command: (context: PvCommandContext) => Promise<number>,
  seconds = 3,
  controller = new AbortController(),
): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const running = command({
    client: one.client,
    out: (line) => out.push(line),
    err: (sentence) => err.push(sentence),
    signal: controller.signal,
  });
  await one.pass(seconds);
  controller.abort(new Error("interrupted"));
  await one.pass();
  return { status: await running, out, err };
}

const column = (name: string): string => name.padEnd(30);

test("get prints each PV in the order given and fails if one is not there", async () => {
  const one = await stage({ b: { native: 0, count: 1 }, a: { native: 6, count: 1 } });
  expect(await run(one, (context) => getPvs(["a", "none", "b"], {}, context))).toMatchObject({
    out: [`${column("a")} 7`, `${column("none")} *** Not connected (PV not found)`, `${column("b")} seven`],
    err: [],
  });
});

test("the exit status says whether everything was read", async () => {
  const one = await stage({ a: { native: 6, count: 1 } });
  const statuses: number[] = [];
  for (const names of [["a"], ["a", "none"]]) {
    void getPvs(
      names,
      {},
      { client: one.client, out: () => {}, err: () => {}, signal: new AbortController().signal },
    ).then((status) => statuses.push(status));
    await one.pass(3);
  }
  expect(statuses).toEqual([0, 1]);
});

test("an ENUM is read as its state's text, or as a number", async () => {
  const one = await stage({ e: { native: 3, count: 1 } });
  expect((await run(one, (context) => getPvs(["e"], { terse: true }, context))).out).toEqual(["seven"]);
  expect((await run(one, (context) => getPvs(["e"], { terse: true, numbers: true }, context))).out).toEqual(["7"]);
});

test("put shows the old and the new value", async () => {
  const one = await stage({ a: { native: 6, count: 1 } });
  const { out } = await run(one, (context) => putPv("a", ["8"], {}, context));
  expect(out).toEqual([`Old : ${column("a")} 7`, `New : ${column("a")} 7`]);
  expect(one.server.circuits[0]?.last("write")?.payload.toString("latin1")).toBe("8\0\0\0\0\0\0\0");
});

test("a text for a CHAR waveform is sent as UTF-8 with its NUL", async () => {
  const one = await stage({ w: { native: 4, count: 64 } });
  await run(one, (context) => putPv("w", ["°C"], {}, context));
  expect(one.server.circuits[0]?.last("write")?.words).toMatchObject({ dbr: 4, count: 4 });
});

test.each([
  ["completes", ECA.NORMAL, 0, undefined],
  ["fails", ECA.PUTFAIL, 1, "PV a: the put was completed with an error (ECA_PUTFAIL); see its status and alarm."],
  ["takes too long", undefined, 1, "PV a: the put was not confirmed within 1 s; it may still be under way."],
])("put --wait when the put %s", async (_how, putStatus, status, sentence) => {
  const one = await stage({ a: { native: 6, count: 1 } }, putStatus);
  if (putStatus === undefined) one.server.react = dropPuts(one);
  let result: number | undefined;
  const err: string[] = [];
  void putPv(
    "a",
    ["8"],
    { wait: true },
    {
      client: one.client,
      out: () => {},
      err: (line) => err.push(line),
      signal: new AbortController().signal,
    },
  ).then((exit) => (result = exit));
  await one.pass(3);
  expect([result, err]).toEqual([status, sentence === undefined ? [] : [sentence]]);
});

test("a put that failed is told within seconds, however long it might have taken, where there is no Message to ask", async () => {
  const one = await stage({ "x:a": { native: 6, count: 1 } }, ECA.PUTFAIL);
  const { status, err } = await run(one, (context) => putPv("x:a", ["8"], { wait: true, waitSeconds: 600 }, context));
  expect([status, err]).toEqual([
    1,
    ["PV x:a: the put was completed with an error (ECA_PUTFAIL); see its status and alarm."],
  ]);
});

/** As the server does, but puts are never confirmed. */
function dropPuts(one: Scene): Scene["server"]["react"] {
  const react = one.server.react.bind(one.server);
  return (circuit, request) => {
    if (request.name !== "writeNotify") react(circuit, request);
  };
}

test("a get, an info and a put that are interrupted are exit status 130", async () => {
  const one = await stage({});
  const statusOf = async (command: (context: PvCommandContext) => Promise<number>): Promise<number> =>
    (await run(one, command, 0)).status;
  expect(await statusOf((context) => getPvs(["a"], {}, context))).toBe(130);
  expect(await statusOf((context) => infoPvs(["a"], {}, context))).toBe(130);
  expect(await statusOf((context) => putPv("a", ["1"], {}, context))).toBe(130);
});

test("a command line that makes no sense is exit status 2", async () => {
  const one = await stage({});
  const statusOf = async (command: (context: PvCommandContext) => Promise<number>): Promise<readonly unknown[]> => {
    const { status, err } = await run(one, command, 0);
    return [status, err.length];
  };
  expect(await statusOf((context) => putPv("a", ["3", "1"], { array: true }, context))).toEqual([2, 1]);
  expect(await statusOf((context) => putPv("a", ["1", "2"], {}, context))).toEqual([2, 1]);
  expect(await statusOf((context) => getPvs(["a"], { type: "DBR_WHAT" }, context))).toEqual([2, 1]);
  expect(await statusOf((context) => monitorPvs(["a"], { mask: "q" }, context))).toEqual([2, 1]);
});

test("monitor prints updates, missing PVs and lost connections until it is interrupted", async () => {
  const one = await stage({ a: { native: 6, count: 1 } });
  const controller = new AbortController();
  const out: string[] = [];
  const running = monitorPvs(
    ["a", "none"],
    {},
    { client: one.client, out: (line) => out.push(line), err: () => {}, signal: controller.signal },
  );
  await one.pass(2);
  one.server.circuit.stream.destroy();
  await one.pass(2);
  controller.abort();
  await one.pass();
  expect(await running).toBe(0);
  expect(out).toEqual([
    `${column("a")} <undefined> 7`,
    `${column("none")} *** Not connected (PV not found)`,
    `${column("a")} *** disconnected`,
    `${column("a")} <undefined> 7`,
  ]);
});

test("info says type, size, access and server", async () => {
  const one = await stage({ a: { native: 6, count: 5, rights: 1 } });
  const { out } = await run(one, (context) => infoPvs(["a"], {}, context));
  expect(out).toEqual([
    "a",
    "    State:            connected",
    "    Host:             127.0.0.1:6000",
    "    Access:           read, no write",
    "    Native data type: DBF_DOUBLE",
    "    Request type:     DBR_DOUBLE",
    "    Element count:    5",
  ]);
});
