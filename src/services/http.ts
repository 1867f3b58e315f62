/**
 * One request to one HTTP service, over undici: trust, time limit, size limit, cancellation, and failures as sentences
 * that name the service, host:port, route and what came instead of an answer. The plumbing that the HTTP services
 * share; with json-text.ts the one file of `services` that the rooms there may import. It knows no login, no JSON
 * protocol and no repetition: `worthRepeating` is the verdict for base/retry.ts. Longer than most files because every
 * way in which an exchange can break has its sentence here, beside the exchange that knows how far it had come.
 */

import type { TLSSocket } from "node:tls";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { oneLine } from "../base/clean-text.ts";
import type { Clock } from "../base/clock.ts";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { readRegularFileSync } from "../base/regular-file.ts";
import type { RetryVerdict } from "../base/retry.ts";
import { AccessDeniedError, UnavailableError } from "../controller/ports/call.ts";
import { openTunnel, tunnelProblem } from "./http-proxy.ts";

/**
 * Whom an https service must be. Without `caFile` and `fingerprint`: whom the system's authorities vouch for. There is
 * no "anyone".
 */
export interface TlsTrust {
  /** PEM file of the authority that signed the service's certificate. */
  readonly caFile?: string | undefined;
  /**
   * SHA-256 of the certificate itself, 64 hexadecimal digits with or without colons. Names and dates are then not
   * looked at.
   */
  readonly fingerprint?: string | undefined;
  /** Name expected in the certificate, where it is not the host of the URL. */
  readonly serverName?: string | undefined;
}

export interface HttpServiceOptions {
  /** As operators know it: "DM storage service". */
  readonly name: string;
  /** `https://host:port`, optionally with a path before every route. Plain http is for this machine alone. */
  readonly url: string;
  readonly tls?: TlsTrust | undefined;
  /** The proxy on the way to it, with its user and password where it wants them; for https without a fingerprint. */
  readonly proxy?: string | undefined;
  readonly clock: Clock;
  /** For the whole exchange, connecting and body included. */
  readonly timeoutSeconds: number;
  /** Longest body that is read; default 32 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** What must never show in a sentence: passwords, tokens, cookies, as they are at the moment. */
  readonly secrets?: (() => readonly string[]) | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
  /** Path and query as they go on the wire, from `/`. */
  readonly path: string;
  /** What error sentences call it, without secrets; default the path without its query. */
  readonly route?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** It changes nothing, so it may be sent twice; default: true for GET alone. */
  readonly safe?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Instead of the service's. */
  readonly timeoutSeconds?: number | undefined;
  /** Once the status has come the answer counts, with as much of its body as there is, however that goes on. */
  readonly statusIsEnough?: boolean | undefined;
}

/** Any complete answer, with any status. Redirections are not followed. */
export interface HttpAnswer {
  readonly status: number;
  /** Several `set-cookie` stay apart: `headers.getSetCookie()`. */
  readonly headers: Headers;
  /** Decoded as UTF-8. */
  readonly body: string;
}

export interface HttpService {
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** @throws HttpUnavailableError when no complete answer came; the signal's reason when it is aborted */
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  /**
   * Text on one line, every secret in it replaced: for what came from the service and goes into a sentence or a log.
   */
  clean(text: string): string;
  /** Ends every connection and every exchange under way. */
  close(): Promise<void>;
}

/** UnavailableError with what a repetition needs to know. */
export class HttpUnavailableError extends UnavailableError {
  /**
   * The same request may well succeed soon: time-outs, broken connections, 429 and 5xx, but not a web page or an
   * untrusted peer.
   */
  readonly worthRepeating: boolean;
  constructor(message: string, options: ErrorOptions & UnavailableDetail) {
    super(message, options);
    this.worthRepeating = options.worthRepeating;
  }
}

/** The service's answer is longer than it may be. */
export class AnswerTooLongError extends HttpUnavailableError {}

interface UnavailableDetail {
  readonly mayHaveHappened: boolean;
  readonly worthRepeating: boolean;
  readonly retryAfterSeconds?: number | undefined;
}

/** For `retry`: a failure that may pass, of a request that certainly had no effect. */
export function httpVerdict(thrown: unknown): RetryVerdict {
  if (!(thrown instanceof HttpUnavailableError) || !thrown.worthRepeating || thrown.mayHaveHappened)
    return { repeat: false };
  return { repeat: true, afterSeconds: thrown.retryAfterSeconds };
}

const DEFAULT_BODY_BYTES = 32 * 1024 * 1024;

/** @throws ActionError for a URL, CA file or fingerprint that cannot be used */
export function createHttpService(options: HttpServiceOptions): HttpService {
  const url = checkedUrl(options);
  const dispatcher = dispatcherFor(options);
  const prefix = url.pathname.replace(/\/+$/, "");
  const address = `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
  const service: HttpService = {
    name: options.name,
    address,
    exchange: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted === true) return reject(request.signal.reason as Error);
        const exchange = new Exchange(service, request, options, resolve, reject);
        const { method, headers = {}, body } = request;
        const path = prefix + request.path;
        dispatcher.dispatch({ origin: url.origin, path, method, headers, body: body ?? null }, exchange);
      }),
    clean: (text) => {
      const secrets = (options.secrets?.() ?? []).filter((secret) => secret !== "");
      return oneLine(secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
    },
    close: () => dispatcher.destroy(),
  };
  return service;
}

/** One exchange: settles once, by the first of: an answer, a failure, the time limit, the caller's signal. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #service: HttpService;
  readonly #request: HttpRequest;
  readonly #maxBodyBytes: number;
  readonly #proxy: string | undefined;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (failure: unknown) => void;
  readonly #release: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  /** From here on the service may have seen the request. */
  #sent = false;
  #settled = false;
  #status = 0;
  #headers = new Headers();
  #bodyBytes = 0;
  readonly #chunks: Buffer[] = [];

  constructor(
    service: HttpService,
    request: HttpRequest,
    options: HttpServiceOptions,
    resolve: (answer: HttpAnswer) => void,
    reject: (failure: unknown) => void,
  ) {
    this.#service = service;
    this.#request = request;
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_BODY_BYTES;
    this.#proxy = options.proxy;
    this.#resolve = resolve;
    this.#reject = reject;
    const seconds = request.timeoutSeconds ?? options.timeoutSeconds;
    const cancelTimer = options.clock.after(seconds, () => this.#fail(`no answer within ${seconds} s`));
    const stop = (): void => this.#settle(() => reject(request.signal?.reason), true);
    request.signal?.addEventListener("abort", stop, { once: true });
    this.#release = () => {
      cancelTimer();
      request.signal?.removeEventListener("abort", stop);
    };
  }
  /** Called just before the first byte is written, on a connection that stands. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error("given up before it was sent"));
    else this.#sent = true;
  }
  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    this.#headers = new Headers();
    for (const [name, value] of Object.entries(headers)) {
      for (const one of [value ?? []].flat()) this.#headers.append(name, one);
    }
  }
  onResponseData(_: unknown, chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    this.#chunks.push(chunk);
    if (this.#bodyBytes > this.#maxBodyBytes)
      this.#fail(`more than ${this.#maxBodyBytes} bytes of answer`, false, AnswerTooLongError);
  }
  onResponseEnd(): void {
    this.#answer(false);
  }
  onResponseError(_: unknown, error: Error): void {
    const inTheWay = this.#sent || this.#proxy === undefined ? undefined : tunnelProblem(error, this.#proxy);
    if (inTheWay !== undefined) return this.#fail(inTheWay.words, inTheWay.mayPass);
    this.#fail(
      whatBroke(error, this.#sent, this.#status),
      !(error instanceof UntrustedPeer || isTlsRefusal(error) || codeOf(error) === SPEAKS_NO_TLS),
    );
  }
  /** @param what all there is to say: no cause behind it says it again in the words of a library */
  #fail(what: string, worthRepeating = true, Failure = HttpUnavailableError): void {
    if (this.#request.statusIsEnough === true && this.#status >= 200) return this.#answer(true);
    const mayHaveHappened = this.#sent && !isSafe(this.#request);
    const failure = new Failure(`${label(this.#service, this.#request)}: ${what}`, {
      mayHaveHappened,
      worthRepeating,
    });
    this.#settle(() => this.#reject(failure), true);
  }
  #answer(abort: boolean): void {
    const body = new TextDecoder().decode(Buffer.concat(this.#chunks));
    this.#settle(() => this.#resolve({ status: this.#status, headers: this.#headers, body }), abort);
  }
  #settle(outcome: () => void, abort: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release();
    outcome();
    if (abort) this.#controller?.abort(new Error("given up"));
  }
}

/* ── Sentences ────────────────────────────────────────────────────────── */

/** `service (host:port), METHOD route`: how every sentence about a request begins. */
export function label(service: HttpService, request: HttpRequest): string {
  const route = request.route ?? request.path.split("?", 1)[0];
  return `${service.name} (${service.address}), ${request.method} ${route}`;
}

/** What an answer is, in a few words: `status 502 with an HTML page`. */
export function describeAnswer(service: HttpService, answer: HttpAnswer): string {
  const type = answer.headers.get("content-type") ?? "";
  const start = answer.body.trimStart();
  if (start === "") return `status ${answer.status} with an empty body`;
  if (/html/i.test(type) || /^<(!doctype|html)/i.test(start)) return `status ${answer.status} with an HTML page`;
  const text = service.clean(start);
  return `status ${answer.status} with "${text.length > 120 ? `${text.slice(0, 120)}…` : text}"`;
}

/**
 * The error for an answer whose status is not 2xx: AccessDeniedError for 401 and 403, HttpUnavailableError for the
 * rest. A service that says more in its body or headers reads those first.
 */
export function statusError(service: HttpService, request: HttpRequest, answer: HttpAnswer, clock: Clock): ActionError {
  const message = `${label(service, request)}: ${describeAnswer(service, answer)}`;
  if (answer.status === 401 || answer.status === 403) return new AccessDeniedError(message);
  const busy = answer.status === 429;
  return new HttpUnavailableError(message, {
    mayHaveHappened: answer.status >= 500 && !isSafe(request),
    worthRepeating: busy || answer.status === 408 || (answer.status >= 500 && answer.status !== 501),
    retryAfterSeconds: retryAfter(answer.headers.get("retry-after"), clock),
  });
}

/** The body as JSON. @throws HttpUnavailableError when it is something else, such as a proxy's page */
export function jsonOf(service: HttpService, request: HttpRequest, answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    const message = `${label(service, request)}: ${describeAnswer(service, answer)} where JSON was expected; is this the right host and port?`;
    throw new HttpUnavailableError(message, { mayHaveHappened: !isSafe(request), worthRepeating: false });
  }
}

function isSafe(request: HttpRequest): boolean {
  return request.safe ?? request.method === "GET";
}

/** Seconds, or the HTTP date, of a Retry-After header; undefined when there is none that can be read. */
function retryAfter(text: string | null, clock: Clock): number | undefined {
  if (text === null) return undefined;
  if (/^\s*\d+\s*$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - clock.now()) / 1000);
}

/** OpenSSL's code for an answer that is no TLS record. */
const SPEAKS_NO_TLS = "ERR_SSL_WRONG_VERSION_NUMBER";
const BREAKAGES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused; is the service running, and is the port right?",
  ENOTFOUND: "no such host; check the URL",
  EAI_AGAIN: "the host's name cannot be looked up at the moment",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network cannot be reached",
  [SPEAKS_NO_TLS]: "it speaks no TLS; is it an http address?",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time; is a firewall between?",
};

function whatBroke(error: Error, sent: boolean, status: number): string {
  if (error instanceof UntrustedPeer) return error.message;
  if (isTlsRefusal(error))
    return `its certificate is not trusted (${messageOf(error)}); name its CA file or its fingerprint`;
  const codes = [error, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])].map(codeOf);
  const known = codes.map((code) => BREAKAGES[code ?? ""]).find((text) => text !== undefined);
  if (known !== undefined) return known;
  const when = status !== 0 ? "in the middle of the answer" : sent ? "before an answer" : "while connecting";
  return `the connection broke ${when} (${oneLine(messageOf(error))})`;
}

/* ── Trust ────────────────────────────────────────────────────────────── */

/** The peer's certificate is not the pinned certificate. */
class UntrustedPeer extends Error {}

/**
 * Node's codes of a certificate that does not verify or does not name the host (node:tls, X509 verification errors).
 */
const TLS_REFUSAL = /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

function isTlsRefusal(error: Error): boolean {
  return TLS_REFUSAL.test(codeOf(error) ?? "");
}

function checkedUrl({ name, url }: HttpServiceOptions): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.search !== "" || parsed.username !== "") {
    throw new ActionError(`${name}: the URL "${oneLine(url)}" is not of the form https://host:port`);
  }
  if (parsed.protocol === "http:" && !/^(localhost|127\..*|\[::1\])$/.test(parsed.hostname)) {
    throw new ActionError(`${name}: ${url} would send the password in clear; use https, or http to this machine alone`);
  }
  return parsed;
}

function dispatcherFor(options: HttpServiceOptions): Dispatcher {
  const { name, tls: { caFile, fingerprint, serverName } = {}, proxy, timeoutSeconds } = options;
  if (proxy === undefined) return new Agent({ connect: connector(options), headersTimeout: 0, bodyTimeout: 0 });
  if (fingerprint !== undefined)
    throw new ActionError(`${name}: a certificate with a fingerprint cannot be compared through a proxy`);
  return openTunnel({ proxy, timeoutSeconds, serverName, ca: caFile && readCaFile(name, caFile) });
}

/** Connects as `tls` says. With a pin, the certificate is compared before the first byte of a request is written. */
function connector({ name, tls = {}, timeoutSeconds }: HttpServiceOptions): buildConnector.connector {
  const timeout = timeoutSeconds * 1000;
  const servername = tls.serverName === undefined ? {} : { servername: tls.serverName };
  const ca = tls.caFile === undefined ? {} : { ca: readCaFile(name, tls.caFile) };
  // Said explicitly, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would let anybody in.
  if (tls.fingerprint === undefined) return buildConnector({ ...ca, ...servername, timeout, rejectUnauthorized: true });
  const pin = tls.fingerprint.replaceAll(":", "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(pin)) {
    throw new ActionError(
      `${name}: the fingerprint "${oneLine(tls.fingerprint)}" is not a SHA-256 of 64 hexadecimal digits`,
    );
  }
  // A resumed session would not show the certificate, so none is kept.
  const connect = buildConnector({ ...servername, timeout, rejectUnauthorized: false, maxCachedSessions: 0 });
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const shown = (socket as Partial<TLSSocket>).getPeerCertificate?.().fingerprint256 ?? "none";
      if (target.protocol !== "https:" || shown.replaceAll(":", "") === pin) return callback(null, socket);
      socket.destroy();
      callback(
        new UntrustedPeer(`its certificate has the fingerprint ${shown}, which is not the configured one`),
        null,
      );
    });
}

function readCaFile(name: string, path: string): string {
  try {
    return readRegularFileSync(path).toString("utf8");
  } catch (cause) {
    throw new ActionError(`${name}: the CA file ${path} cannot be read: ${messageOf(cause, path)}`, {
      cause,
    });
  }
}
