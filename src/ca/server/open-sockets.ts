/**
 * Opens a server's sockets on the configured interfaces, or on all. channel-access.md §1.11; epics-base:
 * rsrv/caservertask.c.
 */
import { codeOf, messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { ByteStream, DatagramSocket, Network, StreamServer } from "../../net/transport.ts";
import type { CaServerConfig } from "../ca-config.ts";

type Accept = (stream: ByteStream) => void;

const ALL_INTERFACES = ["0.0.0.0"];
/** Attempts to find one port that is free everywhere. */
const ATTEMPTS = 20;

const hosts = (config: CaServerConfig): readonly string[] =>
  config.interfaces.length === 0 ? ALL_INTERFACES : config.interfaces;

export interface ServerSockets {
  readonly listeners: readonly StreamServer[];
  readonly nameSockets: readonly DatagramSocket[];
}

/**
 * Opens all sockets, or none. Where the configured TCP port is taken, all listeners move to another port: searches are
 * still answered on the configured UDP port, with the new TCP port.
 */
export async function openSockets(
  network: Network,
  config: CaServerConfig,
  log: Log,
  accept: Accept,
): Promise<ServerSockets> {
  for (let attempt = 1; ; attempt++) {
    const listeners = await listenOnAll(network, config, log, accept);
    try {
      return { listeners, nameSockets: await openNameSockets(network, config, listeners[0]?.address.port ?? 0, log) };
    } catch (error) {
      for (const listener of listeners) listener.close();
      if (config.port !== 0 || !isTaken(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** One TCP listener an interface, all on one port. */
async function listenOnAll(
  network: Network,
  config: CaServerConfig,
  log: Log,
  accept: Accept,
): Promise<StreamServer[]> {
  try {
    return await listenAt(network, hosts(config), config.port, accept);
  } catch (error) {
    if (config.port === 0 || !isTaken(error)) throw error;
  }
  const listeners = await listenAnywhere(network, hosts(config), accept);
  log.warn(
    `TCP port ${config.port} is in use, probably by another IOC on this host; port ${listeners[0]?.address.port} is used instead. ` +
      `Both now share UDP port ${config.port}, of which searches sent to this host's own address reach only one: ` +
      "give each IOC its own EPICS_CAS_SERVER_PORT, or let clients search by broadcast",
  );
  return listeners;
}

const isTaken = (error: unknown): boolean => ["EADDRINUSE", "EACCES"].includes(codeOf(error) ?? "");

/** The first interface finds a port; another interface may not have it free. */
async function listenAnywhere(network: Network, on: readonly string[], accept: Accept): Promise<StreamServer[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listenAt(network, on, 0, accept);
    } catch (error) {
      if (!isTaken(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** All or none. */
async function listenAt(
  network: Network,
  on: readonly string[],
  port: number,
  accept: Accept,
): Promise<StreamServer[]> {
  const listeners: StreamServer[] = [];
  try {
    for (const host of on) {
      listeners.push(await network.listen({ host, port: listeners[0]?.address.port ?? port }, accept));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}

/**
 * One UDP socket an interface, and another for its broadcasts, which a socket bound to the interface does not hear. The
 * configured port is shared with other IOCs of this host. Port 0 takes the TCP port's number and shares it with nobody.
 */
async function openNameSockets(
  network: Network,
  config: CaServerConfig,
  tcpPort: number,
  log: Log,
): Promise<DatagramSocket[]> {
  const at = config.port === 0 ? { port: tcpPort } : { port: config.port, shared: true };
  const sockets: DatagramSocket[] = [];
  try {
    for (const host of hosts(config)) sockets.push(await network.datagrams({ ...at, host }));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  for (const host of config.searchBroadcasts) {
    try {
      sockets.push(await network.datagrams({ ...at, host }));
    } catch (error) {
      log.warn(`searches sent to the broadcast address ${host} are not heard: ${messageOf(error)}`);
    }
  }
  return sockets;
}
