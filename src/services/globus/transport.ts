/**
 * One exchange with a Globus service through a function of @globus/sdk: our HTTP under it (time limit, size limit,
 * sentences), the body read as text first, refusals as typed errors, bounded repetition by Globus' rules. The SDK
 * brings routes and shapes alone; where its requests go is decided by the environment that `globusServiceUrls` makes.
 * It holds no token: call.ts adds the token that auth.ts has. globus.md §2.3, §3.5.
 */
import type { SDKOptions } from "@globus/sdk/services/types";
import type { Clock } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { isJsonObject } from "../../base/json-object.ts";
import { type RetryPolicy, type RetryVerdict, retry } from "../../base/retry.ts";
import { type CallOptions, UnavailableError } from "../../controller/ports/call.ts";
import type { HeardTime } from "../../controller/ports/transfer-tasks.ts";
import {
  createHttpService,
  describeAnswer,
  type HttpAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
  jsonOf,
  label,
  statusError,
} from "../http.ts";
import { type Advice, parseRefusal, refusalError } from "./errors.ts";

/** Where the services are, as the [globus-auth] section of globus.conf has it. */
export interface GlobusUrls {
  readonly auth: string;
  readonly transfer: string;
  readonly flows: string;
  readonly compute: string;
}

/**
 * The environment that points the SDK at these services: all names, always, so that a demonstration can never
 * reach a real service, and because SDK 6.2.0 knows an old Transfer host.
 * @throws ActionError for an address with a path, which the SDK would drop, and for what is no address
 */
export const globusServiceUrls = (urls: GlobusUrls): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(urls).map(([name, url]: [string, string]) => {
      if (URL.canParse(url) && new URL(url).pathname === "/")
        return [`GLOBUS_SDK_SERVICE_URL_${name.toUpperCase()}`, url];
      throw new ActionError(`${name}-url = ${JSON.stringify(url)} must be https://host[:port], without a path`);
    }),
  );

/**
 * Five more attempts, as Globus' own Python SDK makes, while half a minute lasts: an operator waits. A Retry-After up
 * to that is obeyed.
 */
const GLOBUS_RETRY: RetryPolicy = { attempts: 6, firstWaitSeconds: 0.5, longestWaitSeconds: 30, withinSeconds: 30 };
const TIMEOUT_SECONDS = 60;

/** A JSON object as it came. */
export type GlobusDocument = Readonly<Record<string, unknown>>;

export interface GlobusExchange {
  /** What it does, as in "make /data on petrel". */
  readonly what: string;
  /** Calls one function of the SDK with `sdk` as its last argument. */
  readonly send: (sdk: SDKOptions) => Promise<Response>;
  /** Sent twice it does no harm. */
  readonly repeatable: boolean;
  /** What helps when Globus refuses it; absent: what usually helps. */
  readonly advice?: Advice;
}

export interface GlobusTransport {
  readonly clock: Clock;
  /** The time that the last answer named, of whichever service; undefined before the first. */
  readonly heard: HeardTime | undefined;
  /**
   * @throws an error of controller/ports whose cause is a GlobusRefusal where Globus gave one; the signal's reason when
   * aborted
   */
  exchange(exchange: GlobusExchange, options: CallOptions): Promise<GlobusDocument>;
  close(): Promise<void>;
}

export interface GlobusTransportOptions {
  readonly clock: Clock;
  /** For one attempt; 60 unless said otherwise. */
  readonly timeoutSeconds?: number | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** From 0 to below 1; spreads the waits. */
  readonly random?: (() => number) | undefined;
  /** The proxy on the way to an address; undefined: none. */
  readonly proxyFor?: ((url: string) => string | undefined) | undefined;
}

export function createGlobusTransport(options: GlobusTransportOptions): GlobusTransport {
  const serviceByOrigin = new Map<string, HttpService>();
  const serviceFor = (url: string): HttpService => {
    const known = serviceByOrigin.get(url);
    if (known !== undefined) return known;
    const { clock, timeoutSeconds = TIMEOUT_SECONDS, proxyFor } = options;
    const service = createHttpService({ name: "Globus", url, clock, timeoutSeconds, proxy: proxyFor?.(url) });
    serviceByOrigin.set(url, service);
    return service;
  };
  let heard: HeardTime | undefined;
  const listen = (answer: HttpAnswer): void => {
    const theirs = Date.parse(answer.headers.get("date") ?? "");
    if (!Number.isNaN(theirs)) heard = { theirs, ours: options.clock.now() };
  };
  return {
    clock: options.clock,
    get heard() {
      return heard;
    },
    exchange: (exchange, { signal }) =>
      retry(() => attempt(exchange, { serviceFor, clock: options.clock, signal, listen }), {
        policy: options.retry ?? GLOBUS_RETRY,
        clock: options.clock,
        signal,
        random: options.random,
        verdict: (thrown) => verdict(thrown, exchange.repeatable),
      }),
    close: async () => {
      await Promise.all([...serviceByOrigin.values()].map((service) => service.close()));
      serviceByOrigin.clear();
    },
  };
}

function verdict(thrown: unknown, repeatable: boolean): RetryVerdict {
  if (!(thrown instanceof HttpUnavailableError) || !thrown.worthRepeating) return { repeat: false };
  if (thrown.mayHaveHappened && !repeatable) return { repeat: false };
  return { repeat: true, afterSeconds: thrown.retryAfterSeconds };
}

/** What the SDK's request became. */
interface Exchanged {
  readonly service: HttpService;
  readonly request: HttpRequest;
  readonly answer: HttpAnswer;
}

interface Attempt {
  readonly serviceFor: (origin: string) => HttpService;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Called with each answer. */
  readonly listen: (answer: HttpAnswer) => void;
}

async function attempt(
  exchange: GlobusExchange,
  { serviceFor, clock, signal, listen }: Attempt,
): Promise<GlobusDocument> {
  let exchanged: Exchanged | undefined;
  const fetchThroughUs = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    exchanged = await forward(url instanceof Request ? url.url : String(url), init, serviceFor, signal);
    return new Response(null, { status: 200 });
  };
  await exchange.send({ fetch: { options: { __callable: fetchThroughUs } } });
  if (exchanged === undefined) throw new ActionError(`Globus was not asked to ${exchange.what}: the SDK sent nothing.`);
  listen(exchanged.answer);
  return documentOf(exchange, exchanged, clock);
}

async function forward(
  url: string,
  init: RequestInit,
  serviceFor: (origin: string) => HttpService,
  signal: AbortSignal | undefined,
): Promise<Exchanged> {
  const { origin, pathname, search } = new URL(url);
  const service = serviceFor(origin);
  const body = init.body instanceof URLSearchParams ? init.body.toString() : init.body;
  const request: HttpRequest = {
    method: (init.method ?? "GET") as HttpRequest["method"],
    path: pathname + search,
    headers: Object.fromEntries(new Headers(init.headers)),
    body: typeof body === "string" ? body : undefined,
    signal,
  };
  return { service, request, answer: await service.exchange(request) };
}

/** The document of a success, or the error for anything else: a refusal, a proxy's page, a status without words. */
function documentOf(
  { what, advice }: GlobusExchange,
  { service, request, answer }: Exchanged,
  clock: Clock,
): GlobusDocument {
  if (answer.status >= 200 && answer.status < 300) {
    const document = jsonOf(service, request, answer);
    if (isJsonObject(document)) return document;
    throw new UnavailableError(
      `${label(service, request)}: ${describeAnswer(service, answer)} where a JSON object was expected`,
      { mayHaveHappened: request.method !== "GET" },
    );
  }
  const failure = statusError(service, request, answer, clock);
  const refusal = parseRefusal(answer.status, parse(answer.body));
  if (refusal === undefined) throw failure;
  const error = refusalError(what, refusal, advice);
  // Codes with these words speak of the collection, not of Globus: another attempt does not help (Python SDK,
  // its transport of transfer).
  const isCollection = /ExternalError|EndpointError/.test(refusal.code);
  if (isCollection || !(failure instanceof HttpUnavailableError) || !failure.worthRepeating) throw error;
  const { mayHaveHappened, worthRepeating, retryAfterSeconds } = failure;
  throw new HttpUnavailableError(error.message, { cause: refusal, mayHaveHappened, worthRepeating, retryAfterSeconds });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
