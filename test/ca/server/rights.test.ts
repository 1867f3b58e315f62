/** How a client learns of rights that change. */
import { expect, test } from "vitest";
import { RESPONSES } from "../../../src/ca/wire/messages.ts";
import { maskPayload } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { startServer } from "./server-fixture.ts";

const RIGHTS = RESPONSES.accessRights.command;

test("rights that change while a client reads are told each time, and before what the client may read by them", async () => {
  const x = new FakePv(1);
  await using fixture = await startServer({ x });
  const circuit = await fixture.client();
  const { sid } = await circuit.open("x", 5);
  circuit.send("eventAdd", { dbr: 6, count: 1, sid, subscriptionId: 9 }, maskPayload(1));
  circuit.takeAll();
  x.setRights(0);
  x.setRights(3);
  const heard = circuit.takeAll().map(({ command, p1, p2 }) => (command === RIGHTS ? `rights ${p2}` : `update ${p1}`));
  expect(heard).toEqual(["rights 0", "update 368", "rights 3", "update 1"]);
});

test("to a client that does not read, rights that change a thousand times are told once, as they are when it reads", async () => {
  const [x, big] = [new FakePv(1), new FakePv(Array.from({ length: 5000 }, () => 1))];
  await using fixture = await startServer({ x, big });
  const circuit = await fixture.client();
  await circuit.open("x", 5);
  const { sid } = await circuit.open("big", 6);
  circuit.stream.pause();
  for (let count = 0; count < 20; count++) circuit.send("readNotify", { dbr: 6, count: 5000, sid, ioid: count });
  fixture.clock.settle();
  const before = fixture.server.counters.bytesSent;
  for (let count = 0; count < 1000; count++) {
    x.setRights(count % 2 === 0 ? 0 : 3);
    fixture.clock.settle();
  }
  x.setRights(1);
  expect(fixture.server.counters.bytesSent - before).toBe(0);
  circuit.stream.resume();
  const told = circuit.takeAll().filter(({ command }) => command === RIGHTS);
  expect(told.map(({ p1, p2 }) => [p1, p2])).toEqual([[5, 1]]);
});
