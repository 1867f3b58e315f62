/**
 * Commands through the PVs of a running IOC, which a test plays: what is written there, and what the failures of the
 * client become.
 */
import { expect, test } from "vitest";
import { RESPONSES } from "../../src/ca/wire/messages.ts";
import { IocRunner } from "../../src/cli/ioc-runner.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { RejectedError } from "../../src/controller/run/outcome.ts";
import { type Scene, scene } from "../ca/client/client-fixture.ts";
import type { Served } from "../support/engine/scripted-server.ts";
import { failureOf } from "../support/failure-of.ts";

const CHAR = 4;
const DOUBLE = 6;
const READ_ONLY = 1;
const PVS: Readonly<Record<string, Served>> = {
  "p:Init": { native: DOUBLE, count: 1 },
  "p:Set": { native: DOUBLE, count: 1 },
  "p:Message": { native: CHAR, count: 256 },
};

interface Stage extends Scene {
  readonly stop: AbortController;
  readonly runner: IocRunner;
  readonly said: readonly string[];
}

/** An IOC with these PVs that tells the value of each that is subscribed to, and confirms no put. */
async function stage(pvs: Readonly<Record<string, Served>> = PVS, prefix = "p:"): Promise<Stage> {
  const one = await scene(pvs);
  const react = one.server.react.bind(one.server);
  one.server.react = (circuit, request) => {
    react(circuit, request);
    const { subscriptionId = 0, dbr = 0 } = request.words;
    if (request.name === "eventAdd")
      circuit.sayValue(RESPONSES.eventAdd, subscriptionId, dbr, (sample) => sample.setArray(Uint8Array.of(0)));
  };
  const stop = new AbortController();
  const said: string[] = [];
  const runner = new IocRunner({
    client: one.client,
    prefix,
    watched: [],
    signal: stop.signal,
    say: (sentence) => said.push(sentence),
    began: () => {},
    ended: () => {},
    changed: () => {},
  });
  return { ...one, stop, runner, said };
}

/** Lets a call come to its end while time passes. */
async function ended<T>({ pass }: Scene, call: Promise<T>, seconds = 6): Promise<T> {
  call.catch(() => {});
  await pass(seconds);
  return call;
}

test("a command that is stopped while its PVs connect is not started", async () => {
  const one = await stage();
  const run = one.runner.run("Init");
  one.stop.abort(new Error("Ended by SIGINT."));
  expect(await ended(one, run)).toEqual({ state: "Cancelled", message: "Ended by SIGINT." });
  expect(one.server.circuit.count("writeNotify")).toBe(0);
});

test("a command that runs is stopped by a 0", async () => {
  const one = await stage();
  void one.runner.run("Init");
  await one.pass(1);
  one.stop.abort(new Error("Ended by SIGINT."));
  await one.pass();
  const { requests } = one.server.circuit;
  expect(requests.filter(({ name }) => name === "writeNotify").map(({ payload }) => payload.readDoubleBE())).toEqual([
    1,
  ]);
  expect(requests.filter(({ name }) => name === "write").map(({ payload }) => payload.readDoubleBE())).toEqual([0]);
});

test("a PV that may not be written is rejected: an input as well as the command", async () => {
  const rights = READ_ONLY;
  const one = await stage({
    ...PVS,
    "p:Init": { native: DOUBLE, count: 1, rights },
    "p:Set": { native: DOUBLE, count: 1, rights },
  });
  const failure = await failureOf(ended(one, one.runner.set("Set", 1)), RejectedError);
  expect(failure.message).toBe(
    "PV p:Set cannot be put: the server gives this user and host no write access (ECA_NOWTACCESS)",
  );
  expect(await ended(one, one.runner.run("Init"))).toEqual({
    state: "Rejected",
    message: "PV p:Init cannot be put: the server gives this user and host no write access (ECA_NOWTACCESS).",
  });
});

test("an input whose put is not confirmed is a failure, and it may have been taken", async () => {
  const one = await stage();
  const failure = await failureOf(ended(one, one.runner.set("Set", 1), 12), UnavailableError);
  expect(failure.message).toMatch(/^PV p:Set: the put was not confirmed within 5 s/);
  expect(failure.mayHaveHappened).toBe(true);
});

test("an IOC that goes away while the command runs is a failure, and no bug of ours", async () => {
  const one = await stage();
  const run = one.runner.run("Init");
  await one.pass(1);
  one.server.circuit.stream.destroy();
  const outcome = await ended(one, run);
  expect(outcome).toMatchObject({
    state: "Failed",
    message: expect.stringMatching(/^PV p:Init is not connected/) as unknown,
  });
  expect(one.said).toEqual([]);
});

test.each([
  ["an array of characters with one in it is a text", { native: CHAR, count: 256 }, [65], "A"],
  ["an array of characters is a text", { native: CHAR, count: 256 }, [67, 195, 169], "Cé"],
  ["one character is a number", { native: CHAR, count: 1 }, [65], 65],
  ["an array of numbers is one", { native: DOUBLE, count: 3 }, [1.5, 2], [1.5, 2]],
])("of what is read %s", async (_, served, bytes, value) => {
  const one = await stage({ "p:Message": served });
  const read = one.runner.value("Message");
  await one.pass(1);
  const { dbr = -1, ioid = -1 } = one.server.circuit.last("readNotify")?.words ?? {};
  one.server.circuit.sayValue(RESPONSES.readNotify, ioid, dbr, (sample) =>
    sample.setArray(served.native === CHAR ? Uint8Array.from(bytes) : Float64Array.from(bytes)),
  );
  expect(await ended(one, read)).toEqual(value);
});

test("a prefix that can begin no name is a rejection", async () => {
  const one = await stage(PVS, "p".repeat(500));
  await failureOf(ended(one, one.runner.set("Set", 1)), RejectedError);
});

test("a bug of ours is told as one, with the place where it is", async () => {
  const one = await stage();
  const client = {
    ...one.client,
    pv: () => {
      throw new TypeError("pv is not a function");
    },
  };
  const events = { began: () => {}, ended: () => {}, changed: () => {} };
  const said: string[] = [];
  const runner = new IocRunner({
    client,
    prefix: "p:",
    watched: [],
    signal: one.stop.signal,
    say: (sentence) => said.push(sentence),
    ...events,
  });
  expect(await runner.run("Init")).toMatchObject({ state: "Failed", message: "Internal error: pv is not a function." });
  expect(said).toEqual([expect.stringMatching(/^TypeError: pv is not a function\n +at /)]);
});
