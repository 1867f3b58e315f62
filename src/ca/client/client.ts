/**
 * A Channel Access client: PVs by name, one search for all of them, one circuit a server and priority, beacons. It owns
 * everything that is open; `close` leaves nothing behind. What is done with one PV is in remote-pv.ts.
 * channel-access.md §1.13.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf, stackOf } from "../../base/errors.ts";
import { Listeners } from "../../base/listeners.ts";
import type { Log } from "../../base/log.ts";
import { type Address, addressText, type DatagramSocket, type Network } from "../../net/transport.ts";
import type { CaClientConfig } from "../ca-config.ts";
import { type Cid, IdSequence } from "../session/ids.ts";
import { MAX_NAME_BYTES, MAX_PRIORITY } from "../wire/constants.ts";
import { Frame } from "../wire/frame.ts";
import { ClientChannel } from "./channel.ts";
import { type CaException, exceptionText, PvNameError } from "./errors.ts";
import { IdTable } from "./id-table.ts";
import { mayBeHost } from "./ipv4.ts";
import { NameSearch } from "./name-search.ts";
import type { OperationServices, Operations } from "./operations.ts";
import { RemotePv } from "./remote-pv.ts";
import { RepeaterClient } from "./repeater-client.ts";
import { readSearchReplies } from "./search-reply.ts";
import { type CircuitOwner, ServerConnection } from "./server-connection.ts";

/** Whom a client asks. */
export type Servers = Pick<CaClientConfig, "searchAddresses" | "nameServers">;

export interface CaClientOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly config: CaClientConfig;
  /** User and host name, as servers' access security sees them. */
  readonly user: string;
  readonly host: string;
  readonly log: Log;
}

export interface PvOptions {
  /** Circuit priority, 0 to 99; default 0. Servers may prefer higher priorities. */
  readonly priority?: number;
}

export interface CaClient extends AsyncDisposable {
  /**
   * A use of this PV; it begins to look for its server at once. Close it when it is no longer needed.
   * @throws PvNameError
   */
  pv(name: string, options?: PvOptions): RemotePv;
  /**
   * Calls `listener` for complaints of servers that nobody waits for, e.g. of a refused plain put. Without a listener
   * they are logged.
   */
  onException(listener: (exception: CaException) => void): () => void;
  /**
   * Asks these servers too; what has not been found yet is asked for at once. Those that are asked already are not
   * asked twice.
   */
  askAlso(servers: Servers): void;
  /** Closes every PV and connection; what was asked before is still sent. */
  close(): Promise<void>;
}

export const createCaClient = (options: CaClientOptions): CaClient => new Client(options);

class Client implements CaClient, CircuitOwner, OperationServices {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly user: string;
  readonly host: string;
  readonly connectionTimeoutSeconds: number;
  readonly operations: Operations = new IdTable();
  #searchAddresses: readonly Address[] = [];
  #nameServers: readonly Address[] = [];
  readonly #cids = new IdSequence<Cid>((cid) => this.#search.has(cid), 1);
  readonly #pvs = new Set<RemotePv>();
  readonly #circuitByKey = new Map<string, ServerConnection>();
  /** Every circuit that is not closed, also while it ends. */
  readonly #open = new Set<ServerConnection>();
  readonly #connectedAt = new WeakMap<ClientChannel, number>();
  readonly #exceptions = new Listeners<[CaException]>();
  readonly #search: NameSearch;
  readonly #repeater: RepeaterClient | undefined;
  #socketOpened: Promise<void>;
  readonly #frame = new Frame();
  readonly #nameServerTimers = new Set<() => void>();
  /** Name servers that are known not to answer. */
  readonly #lostNameServers = new Set<string>();
  #socket: DatagramSocket | undefined;
  #isClosed = false;

  constructor(options: CaClientOptions) {
    this.network = options.network;
    this.clock = options.clock;
    this.log = options.log;
    this.user = options.user;
    this.host = options.host;
    this.connectionTimeoutSeconds = options.config.connectionTimeoutSeconds;
    this.#search = new NameSearch(this.clock, this.log, options.config.maxSearchPeriodSeconds, (frame) =>
      this.#sendSearch(frame),
    );
    this.#socketOpened = Promise.resolve();
    this.askAlso(options.config);
    if (options.config.repeaterPort > 0) {
      this.#repeater = new RepeaterClient(this.network, this.clock, this.log, options.config.repeaterPort, {
        normal: (server) => this.#beacon(server, false),
        anomaly: (server) => this.#beacon(server, true),
      });
    }
  }

  pv(name: string, options: PvOptions = {}): RemotePv {
    if (this.#isClosed) throw new PvNameError(`PV ${name} was asked for after the client was closed`);
    const { priority = 0 } = options;
    checkName(name);
    if (!Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY) {
      throw new PvNameError(`PV ${name}: priority ${priority} is not 0 to ${MAX_PRIORITY}`);
    }
    const channel = this.#newChannel(name, priority);
    const pv = new RemotePv(channel, this, () => {
      this.#pvs.delete(pv);
      this.#search.remove(channel.cid);
    });
    this.#pvs.add(pv);
    this.#search.add(name, channel.cid, (server) => this.#join(channel, server));
    return pv;
  }

  onException(listener: (exception: CaException) => void): () => void {
    return this.#exceptions.add((exception) => this.guard(() => listener(exception)));
  }

  askAlso({ searchAddresses, nameServers }: Servers): void {
    if (this.#isClosed) return;
    const newAddresses = missingIn(this.#searchAddresses, searchAddresses);
    const newServers = missingIn(this.#nameServers, nameServers);
    this.#searchAddresses = [...this.#searchAddresses, ...newAddresses];
    this.#nameServers = [...this.#nameServers, ...newServers];
    for (const server of newServers) this.#openNameServer(server);
    if (newAddresses.length > 0) this.#socketOpened = this.#socketOpened.then(() => this.#searchByUdp());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pv of this.#pvs) pv.close();
    for (const cancel of this.#nameServerTimers) cancel();
    this.#search.close();
    for (const circuit of this.#open) circuit.end();
    await Promise.all([...this.#open].map((circuit) => circuit.closed));
    await this.#socketOpened;
    this.#socket?.close();
    await this.#repeater?.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /* What the circuits ask (CircuitOwner). */

  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.log.error(`a listener failed: ${stackOf(error)}`);
    }
  }
  searchAgain(channel: ClientChannel): void {
    const connectedAt = this.#connectedAt.get(channel);
    this.#connectedAt.delete(channel);
    const connectedSeconds = connectedAt === undefined ? undefined : this.clock.monotonic() - connectedAt;
    this.#search.again(channel.cid, connectedSeconds);
  }
  found(searchId: number, server: Address): void {
    if (mayBeServer(server)) this.#search.answered(searchId, server);
  }
  exception(exception: CaException): void {
    if (this.#exceptions.size === 0) this.log.warn(exceptionText(exception));
    this.#exceptions.notify(exception);
  }
  circuitUp(circuit: ServerConnection): void {
    if (!circuit.isKept) return;
    this.#lostNameServers.delete(addressText(circuit.address));
    this.#search.restart();
  }
  circuitDown(circuit: ServerConnection, reason?: string): void {
    const key = circuitKey(circuit.address, circuit.priority);
    if (this.#circuitByKey.get(key) === circuit) this.#circuitByKey.delete(key);
    if (!circuit.isKept || this.#isClosed) return;
    if (reason !== undefined) this.#tellLost(addressText(circuit.address), reason);
    const cancel = this.clock.after(this.connectionTimeoutSeconds, () => {
      this.#nameServerTimers.delete(cancel);
      this.#openNameServer(circuit.address);
    });
    this.#nameServerTimers.add(cancel);
  }

  /** Logs that a name server is lost: once, until it answers. */
  #tellLost(nameServer: string, reason: string): void {
    if (this.#lostNameServers.has(nameServer)) return;
    this.#lostNameServers.add(nameServer);
    const again = `it is tried every ${this.connectionTimeoutSeconds} s`;
    this.log.warn(`name server ${nameServer} of EPICS_CA_NAME_SERVERS cannot be asked: ${reason}; ${again}`);
  }

  #newChannel(name: string, priority: number): ClientChannel {
    const channel = new ClientChannel(name, this.#cids.next(), priority);
    channel.connection.add((isConnected) => {
      if (isConnected) this.#connectedAt.set(channel, this.clock.monotonic());
    });
    return channel;
  }

  #join(channel: ClientChannel, server: Address): void {
    this.#circuit(server, channel.priority).join(channel);
  }

  #circuit(server: Address, priority: number): ServerConnection {
    return this.#circuitByKey.get(circuitKey(server, priority)) ?? this.#connect(server, priority, false);
  }

  #connect(server: Address, priority: number, isKept: boolean): ServerConnection {
    const circuit = new ServerConnection(this, server, priority, isKept);
    this.#circuitByKey.set(circuitKey(server, priority), circuit);
    this.#open.add(circuit);
    void circuit.closed.then(() => this.#open.delete(circuit));
    return circuit;
  }

  #openNameServer(server: Address): void {
    // Kept: a circuit that only carries channels would end with its last channel.
    this.#connect(server, 0, true);
  }

  async #searchByUdp(): Promise<void> {
    if (this.#socket === undefined) await this.#openSocket();
    else this.#search.restart();
  }

  async #openSocket(): Promise<void> {
    try {
      this.#socket = await this.network.datagrams({ port: 0, broadcast: true });
    } catch (error) {
      this.log.error(`searches by UDP are impossible: ${messageOf(error)}; only name servers are asked`);
      return;
    }
    let warned = false;
    this.#socket.onError = (error) => {
      if (!warned) this.log.warn(`a search could not be sent: ${messageOf(error)}; check EPICS_CA_ADDR_LIST`);
      warned = true;
    };
    this.#socket.onMessage = (bytes, from) =>
      readSearchReplies(bytes, this.#frame, from, (searchId, server) => this.found(searchId, server));
    this.#search.restart();
  }

  #sendSearch(frame: Buffer): void {
    for (const address of this.#searchAddresses) this.#socket?.send(frame, address);
    for (const circuit of this.#open) if (circuit.isKept) circuit.search(frame);
  }

  #beacon(server: Address, anomalous: boolean): void {
    for (const circuit of this.#circuitByKey.values()) {
      if (addressText(circuit.address) === addressText(server)) circuit.beacon(anomalous);
    }
    if (anomalous) this.#search.hurry();
  }
}

const missingIn = (known: readonly Address[], some: readonly Address[]): readonly Address[] =>
  some.filter((one) => !known.some((other) => addressText(other) === addressText(one)));

/** Waiting for a connection to where no server can be would keep the right answer out. */
const mayBeServer = ({ host, port }: Address): boolean => port !== 0 && mayBeHost(host);

const circuitKey = (server: Address, priority: number): string => `${addressText(server)}/${priority}`;

function checkName(name: string): void {
  const quoted = JSON.stringify(name);
  if (name === "") throw new PvNameError("a PV name is empty; name a record or a field of one");
  if (name.length >= MAX_NAME_BYTES) {
    throw new PvNameError(
      `PV name ${quoted.slice(0, 40)}… has ${name.length} bytes; at most ${MAX_NAME_BYTES - 1} travel`,
    );
  }
  if (/[^\x01-\xff]/.test(name))
    throw new PvNameError(`PV name ${quoted} is not a byte string; encode it as UTF-8 first`);
}
