/**
 * Host names in the address lists of the environment, looked up once, before the lists are read. A name that cannot be found is left out and told with its
 * variable: it must not keep a server from starting. epics-base: addAddrToChannelAccessAddressList, which does the same.
 */
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { type CaClientConfig, clientConfig, type Environment, type ParsedConfig } from "./ca-config.ts";

/** Variables that hold `host` or `host:port`, with blanks between. */
const SERVER_LISTS = ["EPICS_CAS_INTF_ADDR_LIST", "EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CAS_IGNORE_ADDR_LIST"];
const CLIENT_LISTS = ["EPICS_CA_ADDR_LIST", "EPICS_CA_NAME_SERVERS"];

/** @returns the dotted address @throws when there is none */
export type Lookup = (host: string) => Promise<string>;

const systemLookup: Lookup = async (host) => (await lookup(host, { family: 4 })).address;

export interface ResolvedEnvironment {
  /** The same, with addresses for names in the lists. */
  readonly environment: Environment;
  /** One sentence for each name that was not found. */
  readonly warnings: readonly string[];
}

/** The lists of a server, or of a client. */
export async function resolveHosts(
  of: "server" | "client",
  environment: Environment,
  find: Lookup = systemLookup,
): Promise<ResolvedEnvironment> {
  const warnings: string[] = [];
  const resolved: Record<string, string | undefined> = { ...environment };
  const resolveOne = async (variable: string, word: string): Promise<string> => {
    const [host = "", ...rest] = word.split(":");
    if (host === "" || isIPv4(host)) return word;
    try {
      return [await find(host), ...rest].join(":");
    } catch {
      warnings.push(`${variable}: there is no host "${host}"; it is left out`);
      return "";
    }
  };
  for (const variable of of === "server" ? SERVER_LISTS : CLIENT_LISTS) {
    const words = (environment[variable] ?? "").split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) continue;
    const found = await Promise.all(words.map((word) => resolveOne(variable, word)));
    resolved[variable] = found.filter((word) => word !== "").join(" ");
  }
  return { environment: resolved, warnings };
}

/** A client's configuration, its host names looked up; the warnings are of both. */
export async function resolvedClientConfig(
  environment: Environment,
  find: Lookup = systemLookup,
): Promise<ParsedConfig<CaClientConfig>> {
  const resolved = await resolveHosts("client", environment, find);
  const { config, warnings } = clientConfig(resolved.environment);
  return { config, warnings: [...resolved.warnings, ...warnings] };
}
