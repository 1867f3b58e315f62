/**
 * The HTTP server under every simulated service: one port of 127.0.0.1, a log of what was asked, and misbehaviour on
 * request. What the answers say is the service's business; nothing here knows a protocol above HTTP.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../base/clock.ts";

/** One request as it arrived. */
export interface TwinRequest {
  readonly method: string;
  /** Raw path, without query. */
  readonly path: string;
  /** The path in its parts, each percent-decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TwinAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON unless it is a string. */
  readonly body: unknown;
}

/** What goes wrong. An absent member is well; `on` limits the rest to requests whose decoded path contains it. */
export interface HttpFaults {
  readonly on?: string;
  /** So many of those requests are spoilt, the others are well; default: all are spoilt. */
  readonly times?: number;
  /**
   * `refused`: nobody listens; `reset`: the connection is broken as soon as the request has come, which then has no
   * effect.
   */
  readonly down?: "refused" | "reset";
  /** The request takes effect at once, its answer comes so much later. */
  readonly slowSeconds?: number;
  /** So many requests get this status instead of an answer, and have no effect. */
  readonly unavailable?: {
    readonly status: 429 | 500 | 502 | 503;
    readonly times: number;
    readonly retryAfterSeconds?: number;
  };
  /** A proxy's page instead of the answer, with this status. */
  readonly htmlPage?: { readonly status: number };
  /** The request takes effect; half of the answer arrives, then the connection breaks. */
  readonly halfBody?: boolean;
  /** The request takes effect; nothing of the answer arrives, the connection breaks. */
  readonly answerLost?: boolean;
}

export interface HttpTwin {
  /** `http://127.0.0.1:port`, the same while it is down. */
  readonly url: string;
  /** Replaces all faults; `{}` is good health. Resolves when the port listens, or does not, as asked. */
  misbehave(faults: HttpFaults): Promise<void>;
  /** Resolves once `count` requests in all have arrived whose decoded path contains `part`. */
  arrived(part: string, count?: number): Promise<void>;
  /** Ends every connection and timer and frees the port. */
  close(): Promise<void>;
}

export interface HttpTwinOptions {
  readonly clock: Clock;
  readonly answer: (request: TwinRequest) => TwinAnswer;
  /** Told of each request before it is answered or spoilt. */
  readonly onRequest?: (request: TwinRequest) => void;
}

/** Larger requests are cut off; a transfer of 100,000 files has some 25 MB. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;

/** Listens on a free port of 127.0.0.1. */
export async function startHttpTwin(options: HttpTwinOptions): Promise<HttpTwin> {
  const twin = new Twin(options);
  await twin.listen(0);
  return twin;
}

interface Waiter {
  readonly part: string;
  readonly count: number;
  readonly done: () => void;
}

class Twin implements HttpTwin {
  url = "";
  readonly #options: HttpTwinOptions;
  readonly #server;
  #port = 0;
  #faults: HttpFaults = {};
  /** How many requests will still be spoilt, and how many refused. */
  #spoils = 0;
  #refusals = 0;
  readonly #delayed = new Set<() => void>();
  readonly #paths: string[] = [];
  #waiting: Waiter[] = [];

  constructor(options: HttpTwinOptions) {
    this.#options = options;
    this.#server = createServer((incoming, outgoing) => {
      // A peer that breaks off in the middle of its request is none of our failures.
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    this.#server.removeAllListeners("error");
    this.#server.on("error", () => {}); // a client that could not be accepted, which it sees itself
    this.#port = (this.#server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
  }
  async misbehave(faults: HttpFaults): Promise<void> {
    this.#faults = faults;
    this.#spoils = faults.times ?? Infinity;
    this.#refusals = faults.unavailable?.times ?? 0;
    if (faults.down === "refused") await this.#stopListening();
    else if (!this.#server.listening) await this.listen(this.#port);
  }
  arrived(part: string, count = 1): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ part, count, done });
      this.#release();
    });
  }
  async close(): Promise<void> {
    for (const cancel of this.#delayed) cancel();
    this.#delayed.clear();
    await this.#stopListening();
  }
  async #stopListening(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
  #release(): void {
    const seen = (part: string): number => this.#paths.filter((path) => path.includes(part)).length;
    const ready = this.#waiting.filter(({ part, count }) => seen(part) >= count);
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const { done } of ready) done();
  }
  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = parseRequest(incoming, await bodyOf(incoming));
    const path = `/${request.segments.join("/")}`;
    this.#options.onRequest?.(request);
    this.#paths.push(path);
    this.#release();
    const faults = path.includes(this.#faults.on ?? "") && this.#spoils > 0 ? this.#faults : {};
    if (faults === this.#faults) this.#spoils--;
    if (faults.down === "reset") return void incoming.socket.resetAndDestroy();
    const answer = this.#spoilt(faults) ?? this.#options.answer(request);
    if (faults.slowSeconds === undefined) return send(outgoing, answer, faults);
    const cancel = this.#options.clock.after(faults.slowSeconds, () => {
      this.#delayed.delete(cancel);
      send(outgoing, answer, faults);
    });
    this.#delayed.add(cancel);
  }
  /** The answer of a service that is not there, though something is. */
  #spoilt({ unavailable, htmlPage }: HttpFaults): TwinAnswer | undefined {
    if (unavailable !== undefined && this.#refusals > 0) {
      this.#refusals--;
      const { status, retryAfterSeconds } = unavailable;
      const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
      return { status, headers, body: "The service is busy." };
    }
    if (htmlPage === undefined) return undefined;
    const body = "<!DOCTYPE html><html><head><title>Gateway</title></head><body>Please log in.</body></html>";
    return { status: htmlPage.status, headers: { "content-type": "text/html" }, body };
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new RangeError("request too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseRequest(incoming: IncomingMessage, body: string): TwinRequest {
  const [path = "/", query = ""] = splitOnce(incoming.url ?? "/", "?");
  const segments = path.split("/").slice(1).map(decodeURIComponent);
  const { method = "GET", headers } = incoming;
  return { method, path, segments, query: new URLSearchParams(query), headers, body };
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}

function send(outgoing: ServerResponse, answer: TwinAnswer, faults: HttpFaults): void {
  if (faults.answerLost === true) return void outgoing.destroy();
  const plain = typeof answer.body === "string";
  const bytes = Buffer.from(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  outgoing.statusCode = answer.status;
  outgoing.setHeader("content-type", plain ? "text/plain" : "application/json");
  outgoing.setHeader("content-length", bytes.length);
  for (const [name, value] of Object.entries(answer.headers ?? {})) outgoing.setHeader(name, value);
  if (faults.halfBody !== true) return void outgoing.end(bytes);
  outgoing.write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy());
}
