/**
 * A Channel Access server: its listeners, its name responders, its beacons and its clients, started and stopped
 * together. It knows no records and makes no socket; it is handed a source of PVs and a network. channel-access.md §1.5
 * to §1.11.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { rateLimited } from "../../base/rate-limited-log.ts";
import { type Address, addressText, type ByteStream, type Network, type StreamServer } from "../../net/transport.ts";
import type { CaServerConfig } from "../ca-config.ts";
import { IdSequence, type Sid } from "../session/ids.ts";
import { Beacons } from "./beacons.ts";
import type { CircuitServices } from "./circuit.ts";
import { ClientSession } from "./client-session.ts";
import { Clients } from "./clients.ts";
import { ServerCounters } from "./counters.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import { NameResponder } from "./name-responder.ts";
import { openSockets } from "./open-sockets.ts";
import type { PvSource } from "./pv-source.ts";

export interface CaServerOptions {
  readonly source: PvSource;
  readonly config: CaServerConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ServerLimits>;
}

/** What `casr` shows. */
export interface ServerReport {
  readonly clients: readonly ClientReport[];
  readonly tcp: readonly Address[];
  readonly nameServers: readonly NameServerReport[];
  readonly beaconTargets: readonly Address[];
}
export interface ClientReport {
  /** `address:port` */
  readonly peer: string;
  /** As the client says; empty if it did not. */
  readonly user: string;
  readonly host: string;
  /** Minor protocol version; 0 before the client has said it. */
  readonly minor: number;
  readonly priority: number;
  readonly channels: readonly string[];
  readonly subscriptions: number;
}
export interface NameServerReport {
  readonly address: Address;
  /** The socket hears broadcasts only. */
  readonly broadcast: boolean;
  readonly lastRequester: Address | undefined;
}

export class CaServer {
  readonly counters = new ServerCounters();
  readonly #options: CaServerOptions;
  readonly #services: CircuitServices;
  readonly #log: Log;
  readonly #clients: Clients;
  #listeners: readonly StreamServer[] = [];
  #responders: readonly NameResponder[] = [];
  #beacons: Beacons | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: CaServerOptions) {
    this.#options = options;
    this.#log = rateLimited(options.log, options.clock);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clients = new Clients(limits, this.counters, this.#log);
    this.#services = {
      source: options.source,
      limits,
      counters: this.counters,
      log: this.#log,
      sids: new IdSequence<Sid>((sid) => this.#clients.holds(sid)),
      tcpPort: () => this.port,
      maxArrayBytes: options.config.maxArrayBytes,
      boundUnsent: () => this.#clients.boundUnsent(),
      boundUnfinished: () => this.#clients.boundUnfinished(),
    };
  }
  /**
   * Resolves when clients can find and use the PVs. When the configured TCP port is taken another is used, with a
   * warning.
   * @throws the system's error when no socket can be opened
   */
  static async start(options: CaServerOptions): Promise<CaServer> {
    const server = new CaServer(options);
    try {
      await server.#open();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }
  /** The TCP port that clients connect to; may differ from the configured port. */
  get port(): number {
    return this.#listeners[0]?.address.port ?? 0;
  }
  /** The UDP port that searches go to. */
  get searchPort(): number {
    return this.#responders[0]?.address.port ?? 0;
  }
  report(): ServerReport {
    const broadcasts = new Set(this.#options.config.searchBroadcasts);
    return {
      clients: [...this.#clients].map(({ circuit }) => ({
        peer: circuit.peer,
        user: circuit.user,
        host: circuit.host,
        minor: circuit.minor,
        priority: circuit.priority,
        channels: [...circuit.channelBySid.values()].map((channel) => channel.name),
        subscriptions: circuit.subscriptionCount,
      })),
      tcp: this.#listeners.map((listener) => listener.address),
      nameServers: this.#responders.map(({ address, lastRequester }) => ({
        address,
        broadcast: broadcasts.has(address.host),
        lastRequester,
      })),
      beaconTargets: this.#options.config.beaconAddresses,
    };
  }
  /**
   * Stops beacons, searches and listening, sends what is written and closes every circuit; clients that do not take it
   * are cut off.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #close(): Promise<void> {
    this.#beacons?.stop();
    for (const responder of this.#responders) responder.close();
    for (const listener of this.#listeners) listener.close();
    for (const session of this.#clients) session.close();
    return this.#clients.ended();
  }
  async #open(): Promise<void> {
    const { config, network, clock, source } = this.#options;
    const sockets = await openSockets(network, config, this.#log, (stream) => this.#accept(stream));
    this.#listeners = sockets.listeners;
    for (const listener of this.#listeners) listener.onError = (error) => this.#couldNotAccept(listener, error);
    this.#responders = sockets.nameSockets.map(
      (socket) =>
        new NameResponder(socket, {
          source,
          tcpPort: this.port,
          ignore: config.ignoreSearchesFrom,
          counters: this.counters,
          log: this.#log,
        }),
    );
    this.#beacons = new Beacons({
      socket: await network.datagrams({ broadcast: true }),
      targets: config.beaconAddresses,
      tcpPort: this.port,
      periodSeconds: config.beaconPeriodSeconds,
      clock,
      log: this.#log,
    });
    this.#beacons.start();
  }
  #accept(stream: ByteStream): void {
    if (this.#closing !== undefined || !this.#clients.makeRoomFor(stream.peer.host)) return stream.destroy();
    const { clock } = this.#options;
    this.#clients.add(new ClientSession(stream, this.#services, clock, (ended) => this.#clients.remove(ended)));
  }
  #couldNotAccept(listener: StreamServer, error: Error): void {
    const at = addressText(listener.address);
    this.#log.error(
      `a client could not be accepted at ${at}: ${error.message}; if too many files are open, raise that limit (ulimit -n)`,
    );
  }
}
