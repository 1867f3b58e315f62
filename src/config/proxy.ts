/**
 * The proxy that the environment names, as other programs read it: https_proxy or HTTPS_PROXY, else all_proxy or
 * ALL_PROXY; no_proxy or NO_PROXY says for which hosts there is none. For https alone: plain http is for this machine.
 */
import { visible } from "../base/clean-text.ts";
import type { Environment } from "../base/environment.ts";
import { ConfigError } from "./config.ts";

/** The proxy on the way to a service, `http://[user:password@]host:port`; undefined: none. */
export type ProxyFor = (url: string) => string | undefined;

const NAMES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] as const;

/** @throws ConfigError for a text that is no address of a proxy */
export function proxyFor(environment: Environment): ProxyFor {
  const name = NAMES.find((one) => (environment[one] ?? "").trim() !== "");
  const proxy = name === undefined ? undefined : parseProxy(name, environment[name]?.trim() ?? "");
  const without = (environment["no_proxy"] ?? environment["NO_PROXY"] ?? "").toLowerCase().split(/[\s,]+/);
  return (url) => {
    const { protocol, hostname, port } = new URL(url);
    return protocol === "https:" && !without.some((one) => means(one, hostname, port || "443")) ? proxy : undefined;
  };
}

/** The text may have a password in it, which is not told. */
function parseProxy(name: string, text: string): string {
  const whole = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isUnderstood = url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "";
  if (isUnderstood && isEncoded(url.username) && isEncoded(url.password)) return url.href;
  const shown = visible(text.replace(/\/\/.*@/, "//***@").replace(/^[^/]*@/, "***@"));
  if (isUnderstood)
    throw new ConfigError([
      `${name} = ${shown} in the environment has a user or password with a % that stands for itself: write %25 for each`,
    ]);
  throw new ConfigError([
    `${name} = ${shown} in the environment is no address of a proxy that is understood: write it as http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT`,
  ]);
}

/** Whether each % begins a character that is written by its bytes. */
function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** Whether an entry of no_proxy means the host: its name, a domain that it is in, or all. */
function means(entry: string, hostname: string, port: string): boolean {
  const [, name = "", of] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (of !== undefined && of !== port) return false;
  if (name === "*") return true;
  const domain = name.replace(/^\*?\./, "");
  return domain !== "" && (hostname === domain || hostname.endsWith(`.${domain}`));
}
