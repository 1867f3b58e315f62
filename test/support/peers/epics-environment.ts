/**
 * A private corner of Channel Access for real processes: free ports, random prefixes, and the environment that keeps
 * clients and servers of a test on 127.0.0.1 and away from every other IOC. Starts nothing.
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const HOST = "127.0.0.1";

/**
 * Below Linux's range for outgoing connections (32768 up), so that no other socket takes the port between the look and
 * the use.
 */
const FIRST_PORT = 20000;
const LAST_PORT = 32000;

/**
 * Whoever listens this much below a port has claimed the port: tests of other processes, which run at the same time,
 * must not choose it before a server has bound it. Servers of Channel Access share a UDP port without a word.
 */
const CLAIM_BELOW = 12000;

/**
 * A port of 127.0.0.1 that is free for TCP and UDP, and that no other test gets as long as this process runs; the port
 * above it is this test's, too. Never 5064 or 5065.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 2 * randomInt(FIRST_PORT / 2, LAST_PORT / 2);
    if ((await canListen(port)) && (await canBind(port)) && (await claimPort(port))) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT} after 100 attempts`);
}

/** @returns whether nobody else has claimed the port; the claim ends with the process */
export function claimPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const claim = createServer();
    claim.once("error", () => resolve(false));
    claim.listen(port - CLAIM_BELOW, HOST, () => {
      claim.unref();
      resolve(true);
    });
  });
}

/** A prefix no other test or IOC has: `t4f2a91c3:`. */
export function randomPrefix(): string {
  return `t${randomInt(0x10000000, 0x7fffffff).toString(16)}:`;
}

/** The EPICS variables alone, for a server on `port` and for clients of the servers on `port` and `more`. */
export function epicsVariables(port: number, ...more: readonly number[]): Record<string, string> {
  return {
    EPICS_CA_AUTO_ADDR_LIST: "NO",
    EPICS_CA_ADDR_LIST: [port, ...more].map((one) => `${HOST}:${one}`).join(" "),
    EPICS_CA_SERVER_PORT: String(port),
    // A port where nothing listens and where this user's own repeater does not run.
    EPICS_CA_REPEATER_PORT: String(port + 1),
    EPICS_CA_MAX_ARRAY_BYTES: "10000000",
    EPICS_CAS_SERVER_PORT: String(port),
    EPICS_CAS_INTF_ADDR_LIST: HOST,
    EPICS_CAS_BEACON_ADDR_LIST: HOST,
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: "NO",
    EPICS_CAS_BEACON_PORT: String(port + 1),
    EPICS_PVA_AUTO_ADDR_LIST: "NO",
    EPICS_PVA_ADDR_LIST: HOST,
    EPICS_PVAS_INTF_ADDR_LIST: HOST,
  };
}

/** The environment for a child process: `inheritedEnvironment()` and the private EPICS variables. */
export function epicsEnvironment(port: number, ...more: readonly number[]): Record<string, string> {
  return { ...inheritedEnvironment(), ...epicsVariables(port, ...more) };
}

/**
 * This process's environment without the variables that change what programs say or do: EPICS, pyepics, Python's own
 * settings, colours.
 */
export function inheritedEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^((EPICS|PYEPICS|PYTHON|CAPROTO|GLOBUS)_?|(NO|FORCE)_COLOR$)/.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, HOST, () => socket.close(() => resolve(true)));
  });
}
