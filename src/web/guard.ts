/**
 * What every request must be before anything is done for it: meant for this server, not made by another site's page,
 * not too frequent. Who may read and write comes after (rights.ts).
 */
import type { WebLimits } from "./limits.ts";

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 503;
  /** A sentence. */
  readonly message: string;
  /** Seconds after which it may be made again. */
  readonly retryAfter?: number;
}

/** The headers of a request that are looked at. */
export type HeaderOf = (name: string) => string | undefined;

const DOTTED = /^\d{1,3}(\.\d{1,3}){3}$/;
const BRACKETED = /^\[[\da-f:.]+\]$/;

/**
 * A name that another site's name server could make to mean this host lets that site's page in (DNS rebinding); an
 * address cannot.
 * @param names by which this server is asked for beside addresses and localhost
 */
export function hostRefusal(header: HeaderOf, names: readonly string[]): Refusal | undefined {
  const host = (header("host") ?? "").toLowerCase().replace(/:\d+$/, "");
  if (host === "localhost" || DOTTED.test(host) || BRACKETED.test(host) || names.includes(host)) return undefined;
  const shown = host.slice(0, 80).replace(/[^\w.-]/g, "?");
  return {
    status: 403,
    message: `This server is not known as "${shown}": ask for it by its address, or add that name to names in the [web] section of globus.conf.`,
  };
}

/**
 * A browser says from which site a request comes. Another site's page may lead here, and nothing else: it can neither
 * write nor make the IOC work.
 */
export function originRefusal(header: HeaderOf): Refusal | undefined {
  const origin = header("origin");
  const site = header("sec-fetch-site");
  const isOwn = origin === undefined || hostIn(origin) === (header("host") ?? "").toLowerCase();
  const isLedHere = header("sec-fetch-mode") === "navigate" && origin === undefined;
  if (isOwn && (site === undefined || site === "same-origin" || site === "none" || isLedHere)) return undefined;
  return { status: 403, message: "This request comes from the page of another site, and is refused." };
}

/** `host:port` of an origin as the Host header has it; undefined for `null` and what is no origin. */
function hostIn(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
}

export const tooOften = (what: string, wait: number): Refusal => ({
  status: 429,
  message: `${what} came too often: wait ${wait} s.`,
  retryAfter: wait,
});

/** JSON behind a limit. @throws never */
export async function bodyOf(
  request: Request,
  header: HeaderOf,
  { bodyBytes }: Pick<WebLimits, "bodyBytes">,
): Promise<{ readonly json: unknown } | Refusal> {
  if (!/^application\/json\s*(;|$)/i.test(header("content-type") ?? ""))
    return { status: 415, message: "The request must be JSON, with Content-Type: application/json." };
  const tooLong: Refusal = { status: 413, message: `The request has more than ${bodyBytes} bytes, which is the most.` };
  if (Number(header("content-length") ?? 0) > bodyBytes) return tooLong;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const body: AsyncIterable<Uint8Array> | undefined = request.body ?? undefined;
    for await (const part of body ?? []) {
      length += part.byteLength;
      if (length > bodyBytes) return tooLong;
      parts.push(part);
    }
    return { json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts))) };
  } catch {
    return { status: 400, message: "The request is no JSON, or did not come whole." };
  }
}
