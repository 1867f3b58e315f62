/**
 * Host names in the address lists of the environment, looked up before the lists are read. A name that cannot be found
 * is left out and told with its variable: it must not keep a server from starting. epics-base:
 * addAddrToChannelAccessAddressList, which does the same.
 */

import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import type { Environment } from "../base/environment.ts";
import { codeOf } from "../base/errors.ts";
import { type CaClientConfig, clientConfig, type ParsedConfig } from "./ca-config.ts";

/** Variables that hold `host` or `host:port`, with blanks between. */
const SERVER_LISTS = ["EPICS_CAS_INTF_ADDR_LIST", "EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CAS_IGNORE_ADDR_LIST"];
const CLIENT_LISTS = ["EPICS_CA_ADDR_LIST", "EPICS_CA_NAME_SERVERS"];

/** No name server has answered: what a name stands for may be known later. */
const UNANSWERED = "EAI_AGAIN";

/**
 * @returns the dotted address
 * @throws when the name has no address; an error with the code EAI_AGAIN when no name server answers
 */
export type Lookup = (host: string) => Promise<string>;

/** A dotted address is its own. */
export const systemLookup: Lookup = async (host) => (isIPv4(host) ? host : (await lookup(host, { family: 4 })).address);

/** @returns the dotted address of a host, an address as it is; undefined: it has none that can be found now */
export async function addressOfHost(host: string): Promise<string | undefined> {
  if (isIP(host) !== 0) return host;
  try {
    return await systemLookup(host);
  } catch {
    return undefined;
  }
}

/** A server's addresses cannot change while it runs. */
const LEFT_OUT_UNTIL = { server: "until the IOC is started again", client: "until one answers" } as const;

export interface ResolvedEnvironment {
  /** The environment with addresses instead of names in the lists. */
  readonly environment: Environment;
  /** One sentence for each name that was not found. */
  readonly warnings: readonly string[];
  /** Whether a name was left out that may be found later. */
  readonly mayFindMore: boolean;
}

/** As `ResolvedEnvironment`, for the configuration that was read from it. */
export type ResolvedConfig<T> = ParsedConfig<T> & Pick<ResolvedEnvironment, "mayFindMore">;

/** The lists of a server, or of a client. */
export async function resolveHosts(
  of: "server" | "client",
  environment: Environment,
  find: Lookup = systemLookup,
): Promise<ResolvedEnvironment> {
  const warnings: string[] = [];
  let mayFindMore = false;
  const resolved: Record<string, string | undefined> = { ...environment };
  const resolveOne = async (variable: string, word: string): Promise<string> => {
    const [host = "", ...rest] = word.split(":");
    if (host === "" || isIPv4(host)) return word;
    try {
      return [await find(host), ...rest].join(":");
    } catch (error) {
      const isUnanswered = codeOf(error) === UNANSWERED;
      mayFindMore ||= isUnanswered;
      warnings.push(
        isUnanswered
          ? `${variable}: no name server answers for the host "${host}" (${UNANSWERED}); it is left out ${LEFT_OUT_UNTIL[of]}`
          : `${variable}: there is no host "${host}"; it is left out`,
      );
      return "";
    }
  };
  for (const variable of of === "server" ? SERVER_LISTS : CLIENT_LISTS) {
    const words = (environment[variable] ?? "").split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) continue;
    const found = await Promise.all(words.map((word) => resolveOne(variable, word)));
    resolved[variable] = found.filter((word) => word !== "").join(" ");
  }
  return { environment: resolved, warnings, mayFindMore };
}

/** A client's configuration, its host names looked up; the warnings are of both. */
export async function resolvedClientConfig(
  environment: Environment,
  find: Lookup = systemLookup,
): Promise<ResolvedConfig<CaClientConfig>> {
  const resolved = await resolveHosts("client", environment, find);
  const { config, warnings } = clientConfig(resolved.environment);
  return { config, warnings: [...resolved.warnings, ...warnings], mayFindMore: resolved.mayFindMore };
}
