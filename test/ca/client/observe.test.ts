import { expect, test } from "vitest";
import { connected$, text$, value$ } from "../../../src/ca/client/observe.ts";
import { DBR } from "../../../src/ca/wire/dbr-layout.ts";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { ScriptedServer } from "../../support/engine/scripted-server.ts";
import { PORT, scene } from "./client-fixture.ts";

test("connected$ says the present state and each change", async () => {
  const { client, server, network, pass } = await scene({ a: { native: 6, count: 1 } });
  const pv = client.pv("a");
  const states: boolean[] = [];
  const subscription = connected$(pv).subscribe((isConnected) => states.push(isConnected));
  await pass(5);
  server.stop();
  await pass();
  await ScriptedServer.start(network, { a: { native: 6, count: 1 } }, PORT);
  await pass(5);
  expect(states).toEqual([false, true, false, true]);
  subscription.unsubscribe();
  client.pv("a");
  pv.close();
  expect(states.length).toBe(4);
});

test("value$ begins with its subscriber and leaves no subscription behind", async () => {
  const { client, server, pass } = await scene({ a: { native: 6, count: 1 } });
  const readings$ = value$(client.pv("a"), { mask: 1 });
  await pass();
  expect(server.circuit.count("eventAdd")).toBe(0);
  const values: unknown[] = [];
  const subscription = readings$.subscribe((reading) => values.push(reading.value));
  await pass();
  const id = server.circuit.last("eventAdd")?.words["subscriptionId"] ?? 0;
  server.circuit.sayValue(RESPONSES.eventAdd, id, 20, (sample) => sample.setNumber(5));
  await pass();
  subscription.unsubscribe();
  await pass();
  expect(values).toEqual([5]);
  expect(server.circuit.count("eventCancel")).toBe(1);
});

test.each([
  ["a string", { native: 0, count: 1 }, "TIME_STRING"],
  ["a CHAR array", { native: 4, count: 256 }, "TIME_CHAR"],
  ["an ENUM", { native: 3, count: 1 }, "TIME_STRING"],
  ["a number", { native: 6, count: 1 }, "TIME_STRING"],
] as const)("text$ gives the text of %s", async (_name, served, wanted) => {
  const { client, server, pass } = await scene({ a: served });
  const texts: string[] = [];
  const subscription = text$(client.pv("a")).subscribe((text) => texts.push(text));
  await pass();
  const request = server.circuit.last("eventAdd");
  expect(request?.words["dbr"]).toBe(DBR[wanted]);
  server.circuit.sayValue(
    RESPONSES.eventAdd,
    request?.words["subscriptionId"] ?? 0,
    request?.words["dbr"] ?? 0,
    (sample) => {
      if (wanted === "TIME_CHAR") sample.setArray(Uint8Array.from(Buffer.from("Unknown\0rest")));
      else sample.setText("Unknown");
    },
  );
  await pass();
  expect(texts).toEqual(["Unknown"]);
  subscription.unsubscribe();
});
