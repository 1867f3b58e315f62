/** Who is at the other end of a request, as its connection shows it. */
import { type ClientIdentity, WEB_USER } from "../base/client-identity.ts";

/** The part of Node's request that is looked at. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** An IPv4 address in the dress of an IPv6 address, as a socket of both families has it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The peer's address, dotted where it has such an address: access security files name hosts so, and this host by its
 * IPv4 addresses.
 */
export function addressOf({ remoteAddress = "" }: PeerSocket): string {
  if (remoteAddress === "::1") return "127.0.0.1";
  return MAPPED.exec(remoteAddress)?.[1] ?? remoteAddress;
}

export const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

/**
 * Whose requests are counted together: all of this host, which has many addresses on loopback, and what one network
 * card of IPv6 may call itself.
 */
export function neighbourhood(address: string): string {
  if (isLoopback(address)) return "this host";
  if (!address.includes(":")) return address;
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":"));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}

/** A client of the web page, as access rules and logs of puts know it. @param token the name of its token */
export const identityOf = (token: string, connection: PeerSocket): ClientIdentity => {
  const address = addressOf(connection);
  const peer = `${address}:${connection.remotePort ?? 0}`;
  return { user: WEB_USER + token, host: address, peer, isProven: true };
};
