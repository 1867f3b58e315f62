/**
 * Shell commands that report on the server and on scanning, and post events. channel-access.md §7.2; forms tried with
 * softIoc 7.0.10.
 */

import type { CaServer, ClientReport, NameServerReport, ServerReport } from "../../ca/server/server.ts";
import { MINOR_VERSION } from "../../ca/wire/constants.ts";
import { menuScan } from "../../database/menus.ts";
import type { ScanList } from "../../database/scan.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import { addressText } from "../../net/transport.ts";
import { claimedText } from "../claimed-text.ts";
import type { CommandSession } from "./session.ts";

/** Columns that a record name takes in `scanppl`. */
const NAME_WIDTH = 28;

export function reportCommands({ ioc }: CommandSession): readonly ShellCommand[] {
  const serverReport = (name: string): ShellCommand =>
    shellCommand({
      name,
      arguments: [{ name: "level", kind: "integer" }],
      help: "Reports on the Channel Access server. Level 1: clients and addresses; 2: channels and searches.",
      run: ({ print }, level) => {
        for (const line of serverLines(ioc.server, level ?? 0)) print(line);
      },
    });
  return [
    serverReport("casr"),
    serverReport("dbsr"),
    shellCommand({
      name: "scanppl",
      arguments: [{ name: "seconds", kind: "number" }],
      help: "Lists the records that scan periodically, or at this period.",
      run: ({ print }, seconds) => {
        for (const list of ioc.database.scanLists().periodic) {
          if (list.records.length > 0 && (seconds === undefined || seconds === list.periodSeconds))
            print(scanText(list));
        }
      },
    }),
    shellCommand({
      name: "scanpel",
      arguments: [{ name: "event", kind: "text" }],
      help: "Lists the records that wait for events, or for this one.",
      run: ({ print }, event) => {
        for (const [name, list] of ioc.database.scanLists().events) {
          if (list.records.length > 0 && (event === undefined || event === name))
            print(`Event "${name}"\n${names(list)}`);
        }
      },
    }),
    shellCommand({
      name: "postEvent",
      arguments: [{ name: "event", kind: "text" }],
      help: "Processes the records that wait for this event.",
      run: (_, event) => {
        if (ioc.state === "loading") throw new ShellError("postEvent needs a running IOC: say iocInit first.");
        ioc.database.postEvent(required(event, "postEvent", "event"));
      },
    }),
  ];
}

const scanText = (list: ScanList): string =>
  `Records with SCAN = '${menuScan.choices[list.scan] ?? ""}' (${list.overruns} over-runs):\n${names(list)}`;

const names = (list: ScanList): string =>
  list.records.map((record) => `    ${record.name.padEnd(NAME_WIDTH)}`).join("\n");

function serverLines(server: CaServer | undefined, level: number): string[] {
  if (server === undefined) return ["The Channel Access server does not run: iocInit starts it."];
  const report = server.report();
  return [
    `Channel Access Server V4.${MINOR_VERSION}`,
    ...clientLines(report.clients, level),
    ...(level >= 1 ? addressLines(report, level) : []),
  ];
}

function clientLines(clients: readonly ClientReport[], level: number): string[] {
  if (clients.length === 0) return ["No clients connected."];
  const end = level >= 1 ? ":" : ".";
  return [
    `${counted(clients.length, "client")} connected${end}`,
    ...(level >= 1 ? clients.flatMap((client) => oneClient(client, level)) : []),
  ];
}

function oneClient(client: ClientReport, level: number): string[] {
  const { peer, host, user, minor, priority, channels } = client;
  return [
    `    TCP client at ${peer} '${claimedText(host)}':`,
    `        User '${claimedText(user)}', V4.${minor}, Priority = ${priority}, ${counted(channels.length, "Channel")}`,
    ...(level >= 2 ? channels.map((name) => `            Channel: '${claimedText(name)}'`) : []),
  ];
}

/** Each TCP address with the name servers of its host; those of no TCP address's host stand with the first. */
function addressLines({ tcp, nameServers, beaconTargets }: ServerReport, level: number): string[] {
  const hosts = new Set(tcp.map((address) => address.host));
  const lines = tcp.flatMap((address, index) => [
    `CAS-TCP server on ${addressText(address)} with`,
    ...nameServers
      .filter((one) => one.address.host === address.host || (index === 0 && !hosts.has(one.address.host)))
      .flatMap((one) => nameServerLines(one, level)),
  ]);
  if (beaconTargets.length === 0) return [...lines, "Sending CAS-beacons to no address."];
  const count = beaconTargets.length === 1 ? "1 address" : `${beaconTargets.length} addresses`;
  return [...lines, `Sending CAS-beacons to ${count}:`, ...beaconTargets.map((one) => `    ${addressText(one)}`)];
}

function nameServerLines({ address, broadcast, lastRequester }: NameServerReport, level: number): string[] {
  const line = `    CAS-UDP ${broadcast ? "broadcast" : "unicast"} name server on ${addressText(address)}`;
  if (level < 2 || lastRequester === undefined) return [line];
  return [line, `        Last name requested by ${addressText(lastRequester)}`];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
