/** How clients find a server: searches over UDP and TCP, beacons, ports that are taken. */
import { expect, test } from "vitest";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { readDatagram } from "../../../src/ca/wire/framing.ts";
import type { Address, DatagramSocket } from "../../../src/net/transport.ts";
import { requestBytes } from "../../support/engine/raw-circuit.ts";
import { FakePv } from "../../support/fakes/fake-pvs.ts";
import { type ServerFixture, startServer } from "./server-fixture.ts";

const ANY = 0xffffffff;

/** Sends datagrams to the server and shows the messages of each answer. */
async function asker(fixture: ServerFixture): Promise<{ ask: (bytes: Buffer) => string[][]; socket: DatagramSocket }> {
  const socket = await fixture.network.datagrams({ host: "127.0.0.1" });
  const to: Address = { host: "127.0.0.1", port: fixture.server.searchPort };
  let answers: string[][] = [];
  socket.onMessage = (bytes) => {
    const messages: string[] = [];
    expect(readDatagram(bytes, new Frame(), (frame) => messages.push(shown(frame)) > 0)).toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(1024);
    answers.push(messages);
  };
  return {
    socket,
    ask: (bytes) => {
      answers = [];
      socket.send(bytes, to);
      fixture.clock.settle();
      return answers;
    },
  };
}
const shown = (frame: Frame): string =>
  `${frame.command}: ${frame.dataType} ${frame.dataCount} ${frame.p1} ${frame.p2} ${frame.payload().toString("hex")}`.trim();

const version = (sequence: number, minor = 13): Buffer => requestBytes("version", { priority: 1, minor, sequence });
const search = (name: string, id: number, minor = 13, replyFlag = 5): Buffer =>
  requestBytes("search", { replyFlag, minor, searchId: id, searchIdAgain: id }, name);

test("a search is answered with our port, the sender's address and our version, after the datagram's own number", async () => {
  await using fixture = await startServer({ x: new FakePv(1), y: new FakePv(1) });
  const { ask } = await asker(fixture);
  const port = fixture.server.port;
  expect(ask(Buffer.concat([version(77), search("x", 1), search("no", 2), search("y", 3)]))).toEqual([
    ["0: 1 13 77 0", `6: ${port} 0 ${ANY} 1 000d000000000000`, `6: ${port} 0 ${ANY} 3 000d000000000000`],
  ]);
  expect(fixture.server.counters).toMatchObject({ searches: 3, searchHits: 2 });
});

test.each([
  ["unknown names, even when an answer is wanted", Buffer.concat([version(1), search("no", 1, 13, 10)])],
  ["a VERSION alone", version(1)],
  ["an ECHO", requestBytes("echo", {})],
  ["an empty datagram", Buffer.alloc(0)],
  ["half a header", version(1).subarray(0, 9)],
  ["an empty name", Buffer.concat([version(1), search("\0", 1)])],
  ["a name of 501 bytes", Buffer.concat([version(1), search("n".repeat(501), 1)])],
  ["a client older than version 4", Buffer.concat([version(1, 3), search("x", 1, 3)])],
  [
    "a search behind a message that does not belong there",
    Buffer.concat([version(1), requestBytes("echo"), search("x", 1)]),
  ],
])("there is no answer to %s", async (_, datagram) => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const { ask } = await asker(fixture);
  expect(ask(datagram)).toEqual([]);
});

test("what stands before a bad message is answered", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const { ask } = await asker(fixture);
  expect(ask(Buffer.concat([version(5), search("x", 1), search("x", 2).subarray(0, 20)]))[0]?.length).toBe(2);
});

test.each([
  [12, true],
  [11, true],
  [10, false],
])("a client of version %i gets its number back: %s", async (minor, numbered) => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const { ask } = await asker(fixture);
  const [answer = []] = ask(Buffer.concat([version(9, minor), search("x", 1, minor)]));
  expect(answer[0]?.startsWith("0: 1 13 9")).toBe(numbered);
  expect(answer.at(-1)).toMatch(/^6:/);
});

test("a search without VERSION is answered without one: never more bytes than were asked with", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const { ask } = await asker(fixture);
  expect(ask(search("x", 1))).toEqual([[`6: ${fixture.server.port} 0 ${ANY} 1 000d000000000000`]]);
});

test("many answers fill several datagrams of at most 1024 bytes, each numbered", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const { ask } = await asker(fixture);
  const answers = ask(Buffer.concat([version(3), ...Array.from({ length: 100 }, (_, id) => search("x", id))]));
  expect(answers.map((messages) => messages.length)).toEqual([43, 43, 17]);
  expect(answers.every((messages) => messages[0] === "0: 1 13 3 0")).toBe(true);
});

test("hosts on the ignore list are not answered over UDP", async () => {
  await using fixture = await startServer({ x: new FakePv(1) }, { config: { ignoreSearchesFrom: ["127.0.0.1"] } });
  const { ask } = await asker(fixture);
  expect(ask(Buffer.concat([version(1), search("x", 1)]))).toEqual([]);
  const circuit = await fixture.client();
  circuit.send("search", { replyFlag: 5, minor: 13, searchId: 1, searchIdAgain: 1 }, "x");
  await circuit.reply("searchOverTcp", { searchId: 1 });
});

test("a source that fails on a name is not found, logged, and asked again", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const claims = fixture.pvs.claims.bind(fixture.pvs);
  fixture.pvs.claims = (name) => {
    if (name === "bad") throw new Error("broken");
    return claims(name);
  };
  const { ask } = await asker(fixture);
  expect(ask(Buffer.concat([version(1), search("bad", 1), search("x", 2)]))[0]?.length).toBe(2);
  expect(fixture.logged.join()).toContain("broken");
  const circuit = await fixture.client();
  circuit.send("search", { replyFlag: 10, minor: 13, searchId: 3, searchIdAgain: 3 }, "bad");
  await circuit.reply("notFound", { searchId: 3 });
  expect(fixture.logged.filter((line) => line.includes("broken")).length).toBe(2);
});

test("over TCP a search is answered without payload, an unknown name only when an answer is wanted", async () => {
  await using fixture = await startServer({ x: new FakePv(1) });
  const circuit = await fixture.client();
  circuit.send("search", { replyFlag: 5, minor: 13, searchId: 1, searchIdAgain: 1 }, "x");
  const { payload } = await circuit.reply("searchOverTcp", { tcpPort: fixture.server.port, address: ANY, searchId: 1 });
  expect(payload.length).toBe(0);
  circuit.send("search", { replyFlag: 5, minor: 13, searchId: 2, searchIdAgain: 2 }, "no");
  await circuit.silence();
  circuit.send("search", { replyFlag: 10, minor: 13, searchId: 3, searchIdAgain: 3 }, "no");
  await circuit.reply("notFound", { replyFlag: 10, minor: 13, searchId: 3, searchIdAgain: 3 });
});

test("beacons come fast at first, then every 15 s, numbered, with our TCP port, until the server stops", async () => {
  const targets = [
    { host: "127.0.0.1", port: 5 },
    { host: "127.0.0.1", port: 6 },
  ];
  const fixture = await startServer({}, { config: { beaconAddresses: targets } });
  const sent = (): readonly string[] =>
    fixture.network.datagramsSent.filter(({ to }) => to.port === 5).map(({ bytes }) => bytes.toString("hex"));
  const beacon = (count: number): string =>
    `000d0000000d${fixture.server.port.toString(16).padStart(4, "0")}${count.toString(16).padStart(8, "0")}00000000`;
  expect(sent()).toEqual([beacon(0)]);
  fixture.clock.advance(0.02 + 0.04 + 0.08 + 0.001);
  expect(sent()).toEqual([0, 1, 2, 3].map(beacon));
  fixture.clock.advance(60);
  const count = sent().length;
  fixture.clock.advance(150);
  expect(sent().length - count).toBe(10);
  expect(fixture.network.datagramsSent.filter(({ to }) => to.port === 6).length).toBe(sent().length);
  await fixture.server.close();
  fixture.clock.advance(60);
  expect(sent().length).toBe(count + 10);
  expect(fixture.clock.pending).toBe(0);
});

test("a taken TCP port: another is used, searches and beacons name it, and the log tells what to do", async () => {
  const config = { port: 6001, beaconAddresses: [{ host: "127.0.0.1", port: 5 }] };
  await using fixture = await startServer({ x: new FakePv(1) }, { config, takenPorts: [6001] });
  expect(fixture.server.port).not.toBe(6001);
  expect(fixture.server.searchPort).toBe(6001);
  expect(fixture.logged.join()).toMatch(/TCP port 6001 is in use.*EPICS_CAS_SERVER_PORT/);
  const { ask } = await asker(fixture);
  expect(ask(Buffer.concat([version(1), search("x", 1)]))[0]?.[1]).toContain(`6: ${fixture.server.port} `);
  expect(fixture.network.datagramsSent[0]?.bytes.readUInt16BE(6)).toBe(fixture.server.port);
});

test("on several interfaces one TCP port is used for all, with a name server for each and its broadcasts", async () => {
  const config = { interfaces: ["127.0.0.1", "127.0.0.2"], searchBroadcasts: ["127.255.255.255"] };
  await using fixture = await startServer({ x: new FakePv(1) }, { config });
  const report = fixture.server.report();
  expect(report.tcp.map((address) => address.host)).toEqual(["127.0.0.1", "127.0.0.2"]);
  expect(new Set(report.tcp.map((address) => address.port)).size).toBe(1);
  expect(report.nameServers.map(({ address, broadcast }) => [address.host, broadcast])).toEqual([
    ["127.0.0.1", false],
    ["127.0.0.2", false],
    ["127.255.255.255", true],
  ]);
});

test("the report shows who is connected, what they use, and who asked last", async () => {
  await using fixture = await startServer({ x: new FakePv(1), y: new FakePv(2) });
  const { ask, socket } = await asker(fixture);
  ask(Buffer.concat([version(1), search("x", 1)]));
  const circuit = await fixture.connect();
  await circuit.reply("version");
  circuit.send("version", { priority: 20, minor: 12 });
  circuit.send("clientName", {}, "op1");
  circuit.send("hostName", {}, "hs");
  await circuit.open("x", 1);
  await circuit.open("y", 2);
  const report = fixture.server.report();
  expect(report.clients).toEqual([
    {
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      user: "op1",
      host: "hs",
      minor: 12,
      priority: 20,
      channels: ["x", "y"],
      subscriptions: 0,
    },
  ]);
  expect(report.nameServers[0]?.lastRequester).toEqual(socket.address);
});
