import { expect, test } from "vitest";
import type { CaException } from "../../../src/ca/client/errors.ts";
import { PvNotConnectedError, ReadRefusedError } from "../../../src/ca/client/errors.ts";
import type { Frame } from "../../../src/ca/wire/frame.ts";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { ECA } from "../../../src/ca/wire/status.ts";
import type { Noted, ScriptedServer } from "../../support/engine/scripted-server.ts";
import { DOUBLE, scene } from "./client-fixture.ts";

/** Lets `answer` see each request of the server's present circuit. */
function onRequest(server: ScriptedServer, answer: (request: Noted, frame: Frame) => void): void {
  server.circuit.onRequest = answer;
}

test("a get asks for the time-stamped native type and as many elements as there are", async () => {
  const { client, server, pass } = await scene({ a: { native: 6, count: 4 } });
  const pv = client.pv("a");
  await pass();
  const got = pv.get();
  await pass();
  const request = server.circuit.last("readNotify");
  expect(request?.words).toMatchObject({ dbr: 20, count: 0, sid: 100 });
  server.circuit.sayValue(RESPONSES.readNotify, request?.words["ioid"] ?? 0, 20, (sample) => {
    sample.setArray(new Float64Array([1, 2.5]));
    sample.severity = 2;
    sample.status = 3;
    sample.seconds = 1000;
    sample.nanoseconds = 5e8;
  });
  await pass();
  const reading = await got;
  expect(reading.value).toEqual(new Float64Array([1, 2.5]));
  expect(reading.alarm).toEqual({ status: "HIHI", severity: "MAJOR" });
  expect(reading.time?.toISOString()).toBe("1990-01-01T00:16:40.500Z");
});

test("a server before 4.13 is asked for the native count, for it takes 0 for an error", async () => {
  const { client, server, pass } = await scene({ a: { native: 6, count: 4 } });
  server.minor = 12;
  const pv = client.pv("a");
  await pass();
  pv.get().catch(() => undefined);
  await pass();
  expect(server.circuit.last("readNotify")?.words).toMatchObject({ count: 4 });
});

test("requests of one turn travel in one write", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  const before = server.circuit.writes.length;
  void pv.put(1);
  void pv.put(2);
  pv.get().catch(() => undefined);
  await pass();
  expect(server.circuit.writes.slice(before).map((one) => one.map((request) => request.name))).toEqual([
    ["write", "write", "readNotify"],
  ]);
});

test("a read the server refuses is an error that names the PV and the status", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  const failure = pv.get().catch((error: unknown) => error);
  await pass();
  const ioid = server.circuit.last("readNotify")?.words["ioid"] ?? 0;
  server.circuit.sayValue(RESPONSES.readNotify, ioid, 20, () => {}, ECA.NORDACCESS);
  await pass();
  const error = await failure;
  expect(error).toBeInstanceOf(ReadRefusedError);
  expect((error as Error).message).toBe("PV a cannot be read: the server refused (ECA_NORDACCESS)");
});

test("more elements than the PV has are refused here", async () => {
  const { client, pass } = await scene({ a: { native: 6, count: 4 } });
  const pv = client.pv("a");
  await pass();
  await expect(pv.get({ count: 5 })).rejects.toMatchObject({ status: ECA.BADCOUNT });
  await expect(pv.put([1, 2, 3, 4, 5])).rejects.toMatchObject({ status: ECA.BADCOUNT });
  await expect(pv.get({ type: 39 })).rejects.toMatchObject({ status: ECA.BADTYPE });
});

test("an ERROR is told to the request that it echoes", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  onRequest(server, (request, frame) => {
    if (request.name === "readNotify") server.circuit.complain(frame, 1, ECA.TOLARGE, "too large for me");
    if (request.name === "writeNotify") server.circuit.complain(frame, 1, ECA.BADTYPE, "no such type");
  });
  const got = pv.get().catch((error: unknown) => error);
  const put = pv.putCallback(1);
  await pass();
  expect(((await got) as Error).message).toBe("PV a cannot be read: too large for me (ECA_TOLARGE)");
  expect(await put).toBe(ECA.BADTYPE);
});

test("a plain put that the server refuses is told to the exception listener, or logged", async () => {
  const { client, server, lines, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  onRequest(server, (request, frame) => {
    if (request.name === "write") server.circuit.complain(frame, request.words["cid"] ?? 0, ECA.PUTFAIL, "not now");
  });
  await pv.put(1);
  await pass();
  expect(lines).toEqual(["warn: ca: PV a at 127.0.0.1:6000: ECA_PUTFAIL: not now"]);
  const seen: CaException[] = [];
  const stop = client.onException((one) => seen.push(one));
  await pv.put(2);
  await pass();
  expect(seen).toMatchObject([{ pv: "a", status: ECA.PUTFAIL, text: "not now" }]);
  expect(lines.length).toBe(1);
  stop();
});

test("a put-callback returns the server's status when the server says so", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  let status: number | undefined;
  void pv.putCallback(3).then((one) => (status = one));
  await pass(7200);
  expect(status).toBeUndefined();
  const ioid = server.circuit.last("writeNotify")?.words["ioid"] ?? 0;
  server.circuit.say(RESPONSES.writeNotify, { dbr: 6, count: 1, status: ECA.PUTFAIL, ioid });
  await pass();
  expect(status).toBe(ECA.PUTFAIL);
});

test("what waits when the connection is lost fails, and late replies find nobody", async () => {
  const { client, server, pass } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  const waiting = [pv.get(), pv.putCallback(1)].map((one) => one.catch((error: unknown) => error));
  await pass();
  const ioid = server.circuit.last("readNotify")?.words["ioid"] ?? 0;
  server.circuit.stream.destroy();
  await pass();
  for (const one of waiting) expect(await one).toBeInstanceOf(PvNotConnectedError);
  await pass(5);
  expect(pv.isConnected).toBe(true);
  server.circuit.sayValue(RESPONSES.readNotify, ioid, 20, (sample) => sample.setNumber(9));
  await pass();
  expect(pv.isConnected).toBe(true);
});

test("a get may be given up by time or by signal", async () => {
  const { client, server, pass, clock } = await scene({ a: DOUBLE });
  const pv = client.pv("a");
  await pass();
  const timers = clock.pending;
  const late = pv.get({ timeoutSeconds: 2 }).catch((error: unknown) => (error as Error).message);
  const controller = new AbortController();
  const aborted = pv.get({ signal: controller.signal }).catch((error: unknown) => (error as Error).message);
  controller.abort(new Error("stop"));
  expect(await aborted).toBe("stop");
  await pass(2);
  expect(await late).toBe("PV a: no value came within 2 s; its server is slow or overloaded");
  expect(clock.pending).toBeLessThanOrEqual(timers);
  const before = server.circuit.requests.length;
  await expect(pv.get({ signal: controller.signal })).rejects.toThrow("stop");
  await pass();
  expect(server.circuit.requests.length).toBe(before);
});

test("without write access a put is refused before it is sent, and again when the rights come back it is not", async () => {
  const { client, server, pass } = await scene({ a: { native: 6, count: 1, rights: 1 } });
  const pv = client.pv("a");
  await pass();
  await expect(pv.put(1)).rejects.toMatchObject({ name: "PutRefusedError", status: ECA.NOWTACCESS });
  const rights: boolean[] = [];
  pv.onRights((info) => rights.push(info.canWrite));
  server.circuit.say(RESPONSES.accessRights, { cid: server.circuit.requests[3]?.words["cid"] ?? 0, rights: 3 });
  await pass();
  await pv.put(1);
  expect(rights).toEqual([true]);
});

test("the state of an ENUM is put by name, its number by number, and other text is refused", async () => {
  const { client, server, pass } = await scene({ e: { native: 3, count: 1 } });
  const pv = client.pv("e");
  await pass();
  onRequest(server, (request) => {
    if (request.name !== "readNotify") return;
    server.circuit.sayValue(RESPONSES.readNotify, request.words["ioid"] ?? 0, request.words["dbr"] ?? 0, (sample) => {
      sample.setNumber(0);
      sample.choices = ["Done", "Busy"];
    });
  });
  const puts = [
    pv.put("Busy"),
    pv.put("1"),
    pv.put(0),
    pv.put("Off").catch((error: unknown) => (error as Error).message),
  ];
  await pass();
  const results = await Promise.all(puts);
  expect(results[3]).toBe('PV e cannot be put: "Off" is none of its states ("Done", "Busy") (ECA_BADSTR)');
  const written = server.circuit.requests.filter((one) => one.name === "write");
  expect(written.map((one) => [one.words["dbr"], one.payload.toString("hex")])).toEqual([
    [0, Buffer.from("Busy\0\0\0\0").toString("hex")],
    [6, "3ff0000000000000"],
    [3, "0000000000000000"],
  ]);
});
