/** A request as the routes see it: its headers, its peer, and how it is refused. */
import type { Context } from "hono";
import type { HeaderOf, Refusal } from "./guard.ts";
import { addressOf, neighbourhood, type PeerSocket } from "./peer.ts";

/** What Node knows of a request beside the request; tests have no socket. */
export interface WebEnvironment {
  readonly incoming?: { readonly socket: PeerSocket & { destroy(): void } };
}
export type WebContext = Context<{ Bindings: WebEnvironment }>;

export const headerOf =
  (c: WebContext): HeaderOf =>
  (name) =>
    c.req.header(name);
export const socketOf = (c: WebContext): (PeerSocket & { destroy(): void }) | undefined => c.env.incoming?.socket;
export const peerOf = (c: WebContext): string => addressOf(socketOf(c) ?? {});
/** Whose requests are counted together with this one. */
export const neighboursOf = (c: WebContext): string => neighbourhood(peerOf(c));

export function refused(c: WebContext, { status, message, retryAfter }: Refusal): Response {
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  if (status === 401) c.header("WWW-Authenticate", "Bearer");
  // Its body may not have been read; who asks too often may begin anew
  if (c.req.method !== "GET" || status === 429) c.header("Connection", "close");
  return c.json({ message }, status);
}
