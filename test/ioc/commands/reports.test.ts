/** What the shell reports of the server, and what it prints: the sentences that softIoc has, at each level. */
import { expect, test } from "vitest";
import type { ClientReport, ServerReport } from "../../../src/ca/server/server.ts";
import { environmentCommands } from "../../../src/ioc/commands/environment.ts";
import { reportCommands } from "../../../src/ioc/commands/reports.ts";
import type { CommandSession } from "../../../src/ioc/commands/session.ts";
import { Shell } from "../../../src/iocsh/shell.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const at = (port: number) => ({ host: "127.0.0.1", port });
const ONE: ClientReport = {
  peer: "127.0.0.1:40001",
  user: "op1",
  host: "desk",
  minor: 13,
  priority: 20,
  channels: ["x:a", "x:b"],
  subscriptions: 1,
};
const OTHER: ClientReport = { ...ONE, peer: "127.0.0.1:40002", user: "op2", minor: 11, priority: 0, channels: ["x:c"] };
const QUIET: ServerReport = { clients: [], tcp: [at(5070)], nameServers: [], beaconTargets: [] };

/** What a line prints while the server has this to tell; undefined: no server runs. */
async function printed(line: string, server: Partial<ServerReport> | undefined): Promise<string> {
  const said: string[] = [];
  const shell = new Shell(
    {},
    {
      print: (text) => said.push(text),
      printError: (text) => said.push(text),
      readScript: () => "",
      openOutput: () => ({ write: () => undefined, close: () => Promise.resolve() }),
      clock: new FakeClock(),
      signal: new AbortController().signal,
    },
  );
  const running = server === undefined ? undefined : { report: () => ({ ...QUIET, ...server }) };
  const session = { ioc: { server: running } } as unknown as CommandSession;
  shell.register([...reportCommands(session), ...environmentCommands(session)]);
  await shell.runCommand(line);
  return said.join("").replace(/\n$/, "");
}
const lines = async (line: string, server?: Partial<ServerReport>): Promise<string[]> =>
  (await printed(line, server)).split("\n");

const CLIENTS = { clients: [ONE, OTHER] };
const ADDRESSES = ["CAS-TCP server on 127.0.0.1:5070 with", "Sending CAS-beacons to no address."];

test.each(["casr", "casr 1", "casr 2", "dbsr 2"])("%s before iocInit says that no server runs", async (line) => {
  expect(await lines(line)).toEqual(["The Channel Access server does not run: iocInit starts it."]);
});

test("casr counts the clients", async () => {
  const version = "Channel Access Server V4.13";
  expect(await lines("casr", {})).toEqual([version, "No clients connected."]);
  expect(await lines("casr", { clients: [ONE] })).toEqual([version, "1 client connected."]);
  expect(await lines("dbsr 0", CLIENTS)).toEqual([version, "2 clients connected."]);
});

test("casr 1 names the clients, with how many channels each has", async () => {
  expect((await lines("casr 1", CLIENTS)).slice(1)).toEqual([
    "2 clients connected:",
    "    TCP client at 127.0.0.1:40001 'desk':",
    "        User 'op1', V4.13, Priority = 20, 2 Channels",
    "    TCP client at 127.0.0.1:40002 'desk':",
    "        User 'op2', V4.11, Priority = 0, 1 Channel",
    ...ADDRESSES,
  ]);
});

test("casr 2 names their channels, too", async () => {
  expect((await lines("casr 2", CLIENTS)).slice(2, -2)).toEqual([
    "    TCP client at 127.0.0.1:40001 'desk':",
    "        User 'op1', V4.13, Priority = 20, 2 Channels",
    "            Channel: 'x:a'",
    "            Channel: 'x:b'",
    "    TCP client at 127.0.0.1:40002 'desk':",
    "        User 'op2', V4.11, Priority = 0, 1 Channel",
    "            Channel: 'x:c'",
  ]);
});

test("casr shows what a client claims on its own line, whatever is in it", async () => {
  const hostile = { ...ONE, user: "J\xc3\xbcrgen\x1b[31m", host: "h'\r\nNo clients", channels: ['x:a.{"ts":\n{}}'] };
  expect((await lines("casr 2", { clients: [hostile] })).slice(2, -2)).toEqual([
    "    TCP client at 127.0.0.1:40001 'h'\\u000d\\u000aNo clients':",
    "        User 'J\xc3\xbcrgen\\u001b[31m', V4.13, Priority = 20, 1 Channel",
    "            Channel: 'x:a.{\"ts\":\\u000a{}}'",
  ]);
});

test("each TCP address has the name servers of its host, the first one also those of no host; level 2 has who asked last", async () => {
  const server = {
    tcp: [at(5070), { host: "10.0.0.1", port: 5070 }],
    nameServers: [
      { address: at(5071), broadcast: false, lastRequester: at(40001) },
      { address: { host: "10.0.0.1", port: 5071 }, broadcast: false, lastRequester: undefined },
      { address: { host: "10.0.0.255", port: 5071 }, broadcast: true, lastRequester: undefined },
    ],
    beaconTargets: [at(5065)],
  };
  const all = [
    "CAS-TCP server on 127.0.0.1:5070 with",
    "    CAS-UDP unicast name server on 127.0.0.1:5071",
    "        Last name requested by 127.0.0.1:40001",
    "    CAS-UDP broadcast name server on 10.0.0.255:5071",
    "CAS-TCP server on 10.0.0.1:5070 with",
    "    CAS-UDP unicast name server on 10.0.0.1:5071",
    "Sending CAS-beacons to 1 address:",
    "    127.0.0.1:5065",
  ];
  expect((await lines("casr 2", server)).slice(2)).toEqual(all);
  expect((await lines("casr 1", server)).slice(2)).toEqual(all.filter((line) => !line.includes("requested")));
  const two = { beaconTargets: [at(5065), at(5066)] };
  expect((await lines("casr 1", two)).slice(-3)).toEqual([
    "Sending CAS-beacons to 2 addresses:",
    "    127.0.0.1:5065",
    "    127.0.0.1:5066",
  ]);
});

test("echo resolves escapes", async () => {
  expect(await printed(String.raw`echo '<\a\b\f\n\r\t\v>'`, {})).toBe("<\x07\b\f\n\r\t\v>");
  expect(await printed(String.raw`echo '\x41\x4g\\\q\''`.replace(String.raw`\''`, "'"), {})).toBe("A\x04g\\q");
  expect(await printed("echo", {})).toBe("");
});
