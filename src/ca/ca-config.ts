/**
 * The EPICS_CA_ and EPICS_CAS_ environment variables → one read-only value. channel-access.md §1.12. Nothing below
 * reads an environment; tests use `isolated`.
 */
import type { Environment } from "../base/environment.ts";
import { SERVER_PORT } from "../epics/facts.ts";
import { broadcastAddresses, type Interface, localInterfaces } from "../net/interfaces.ts";
import type { Address } from "../net/transport.ts";

export interface CaClientConfig {
  /** Where searches go: the address list, and the interfaces' broadcast addresses unless switched off. */
  readonly searchAddresses: readonly Address[];
  /** TCP name servers. */
  readonly nameServers: readonly Address[];
  readonly repeaterPort: number;
  /** Seconds of silence before a circuit is probed; at least 0.1. */
  readonly connectionTimeoutSeconds: number;
  /** Slowest search period, seconds; at least 60. */
  readonly maxSearchPeriodSeconds: number;
}

export interface CaServerConfig {
  /** Interfaces to listen on; empty: all. */
  readonly interfaces: readonly string[];
  /**
   * Broadcast addresses of `interfaces`: a socket bound to an interface's own address does not hear searches sent to
   * them.
   */
  readonly searchBroadcasts: readonly string[];
  /** TCP and UDP; 0: any free one. */
  readonly port: number;
  readonly beaconAddresses: readonly Address[];
  /** Longest time between two beacons, seconds. */
  readonly beaconPeriodSeconds: number;
  /** Searches from these hosts are not answered. */
  readonly ignoreSearchesFrom: readonly string[];
  /** Most bytes of one array message; undefined: as large as the PV. */
  readonly maxArrayBytes: number | undefined;
}

export interface ParsedConfig<T> {
  readonly config: T;
  /** One sentence for each value that could not be used. */
  readonly warnings: readonly string[];
}

const DEFAULTS = {
  serverPort: SERVER_PORT,
  repeaterPort: 5065,
  connectionTimeoutSeconds: 30,
  beaconPeriodSeconds: 15,
  maxSearchPeriodSeconds: 300,
  maxArrayBytes: 16384,
} as const;

/** Loopback only, any port, no beacons: a test run can meet no real IOC. */
export function isolatedServer(port = 0): CaServerConfig {
  return {
    interfaces: ["127.0.0.1"],
    searchBroadcasts: [],
    port,
    beaconAddresses: [],
    beaconPeriodSeconds: DEFAULTS.beaconPeriodSeconds,
    ignoreSearchesFrom: [],
    maxArrayBytes: undefined,
  };
}

/** Asks only the servers at these ports of 127.0.0.1. */
export function isolatedClient(...ports: readonly number[]): CaClientConfig {
  return {
    searchAddresses: ports.map((port) => ({ host: "127.0.0.1", port })),
    nameServers: [],
    repeaterPort: 0,
    connectionTimeoutSeconds: DEFAULTS.connectionTimeoutSeconds,
    maxSearchPeriodSeconds: DEFAULTS.maxSearchPeriodSeconds,
  };
}

export function clientConfig(
  environment: Environment,
  broadcasts: readonly string[] = broadcastAddresses(),
): ParsedConfig<CaClientConfig> {
  const read = new EnvironmentReader(environment);
  const serverPort = read.port(["EPICS_CA_SERVER_PORT"], DEFAULTS.serverPort);
  const listed = read.addresses("EPICS_CA_ADDR_LIST", serverPort);
  const automatic = read.automatic(["EPICS_CA_AUTO_ADDR_LIST"])
    ? broadcasts.map((host) => ({ host, port: serverPort }))
    : [];
  const fallback = automatic.length + listed.length === 0 && read.automatic(["EPICS_CA_AUTO_ADDR_LIST"]);
  return read.result({
    searchAddresses: distinct([
      ...automatic,
      ...listed,
      ...(fallback ? [{ host: "127.0.0.1", port: serverPort }] : []),
    ]),
    nameServers: distinct(read.addresses("EPICS_CA_NAME_SERVERS", serverPort)),
    repeaterPort: read.port(["EPICS_CA_REPEATER_PORT"], DEFAULTS.repeaterPort),
    connectionTimeoutSeconds: read.seconds(["EPICS_CA_CONN_TMO"], DEFAULTS.connectionTimeoutSeconds, 0.1),
    maxSearchPeriodSeconds: read.seconds(["EPICS_CA_MAX_SEARCH_PERIOD"], DEFAULTS.maxSearchPeriodSeconds, 60),
  });
}

export function serverConfig(
  environment: Environment,
  broadcasts: readonly string[] = broadcastAddresses(),
  local: readonly Interface[] = localInterfaces(),
): ParsedConfig<CaServerConfig> {
  const read = new EnvironmentReader(environment);
  const beaconPort = read.port(["EPICS_CAS_BEACON_PORT", "EPICS_CA_REPEATER_PORT"], DEFAULTS.repeaterPort);
  const automatic = read.automatic(["EPICS_CAS_AUTO_BEACON_ADDR_LIST", "EPICS_CA_AUTO_ADDR_LIST"]);
  const unlimited = read.automatic(["EPICS_CA_AUTO_ARRAY_BYTES"]);
  const interfaces = read.hosts("EPICS_CAS_INTF_ADDR_LIST").filter((host) => host !== "0.0.0.0");
  const searchBroadcasts = local
    .filter((one) => interfaces.includes(one.host) && one.broadcast !== one.host)
    .map((one) => one.broadcast);
  const beaconBroadcasts = interfaces.length === 0 ? broadcasts : searchBroadcasts;
  return read.result({
    interfaces,
    searchBroadcasts,
    port: read.port(["EPICS_CAS_SERVER_PORT", "EPICS_CA_SERVER_PORT"], DEFAULTS.serverPort),
    beaconAddresses: distinct([
      ...(automatic ? beaconBroadcasts.map((host) => ({ host, port: beaconPort })) : []),
      ...read.addresses("EPICS_CAS_BEACON_ADDR_LIST", beaconPort),
    ]),
    beaconPeriodSeconds: read.seconds(
      ["EPICS_CAS_BEACON_PERIOD", "EPICS_CA_BEACON_PERIOD"],
      DEFAULTS.beaconPeriodSeconds,
      0.1,
    ),
    ignoreSearchesFrom: read.hosts("EPICS_CAS_IGNORE_ADDR_LIST"),
    maxArrayBytes: unlimited
      ? undefined
      : read.seconds(["EPICS_CA_MAX_ARRAY_BYTES"], DEFAULTS.maxArrayBytes, DEFAULTS.maxArrayBytes),
  });
}

/** Reads typed values; the first name that is set wins. */
class EnvironmentReader {
  readonly #environment: Environment;
  readonly #warnings: string[] = [];
  constructor(environment: Environment) {
    this.#environment = environment;
  }
  result<T>(config: T): ParsedConfig<T> {
    return { config, warnings: this.#warnings };
  }
  port(names: readonly string[], fallback: number): number {
    return this.#number(
      names,
      fallback,
      (value) => Number.isInteger(value) && value > 5000 && value <= 65535,
      "a port from 5001 to 65535",
    );
  }
  seconds(names: readonly string[], fallback: number, least: number): number {
    return Math.max(
      least,
      this.#number(names, fallback, (value) => value >= 0 && value < Number.POSITIVE_INFINITY, "a positive number"),
    );
  }
  /** Anything but a value containing "no" means yes, as libca reads it. */
  automatic(names: readonly string[]): boolean {
    return !(this.#first(names)?.value ?? "").toLowerCase().includes("no");
  }
  hosts(name: string): string[] {
    return this.#words(name).map((word) => word.split(":")[0] ?? word);
  }
  addresses(name: string, defaultPort: number): Address[] {
    return this.#words(name).flatMap((word) => {
      const [host = "", port] = word.split(":");
      const number = port === undefined ? defaultPort : Number(port);
      if (host !== "" && Number.isInteger(number) && number > 0 && number <= 65535) return [{ host, port: number }];
      this.#warnings.push(`${name}: "${word}" is not host or host:port; it is left out`);
      return [];
    });
  }
  #words(name: string): string[] {
    return (this.#environment[name] ?? "").split(/\s+/).filter((word) => word !== "");
  }
  #first(names: readonly string[]): { readonly name: string; readonly value: string } | undefined {
    for (const name of names) {
      const value = this.#environment[name];
      if (value !== undefined && value.trim() !== "") return { name, value };
    }
    return undefined;
  }
  #number(names: readonly string[], fallback: number, valid: (value: number) => boolean, wanted: string): number {
    const found = this.#first(names);
    if (found === undefined) return fallback;
    const value = Number(found.value);
    if (valid(value)) return value;
    this.#warnings.push(`${found.name}="${found.value}" is not ${wanted}; ${fallback} is used`);
    return fallback;
  }
}

function distinct(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((one) => [`${one.host}:${one.port}`, one])).values()];
}
