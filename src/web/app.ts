/**
 * The routes of the web server, and what every answer carries. It opens no socket (server.ts): a test asks it directly.
 */
import { type Context, Hono } from "hono";
import type { Clock } from "../base/clock.ts";
import { stackOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { allPvs } from "../controller/pvs/index.ts";
import { bodyOf, hostRefusal, originRefusal, type Refusal, tooOften } from "./guard.ts";
import type { WebLimits } from "./limits.ts";
import { LiveValues } from "./live-values.ts";
import { type WebModel, webModel } from "./model.ts";
import { OpenPages } from "./open-pages.ts";
import type { PageFile } from "./page-files.ts";
import { addressOf, identityOf, neighbourhood, type PeerSocket } from "./peer.ts";
import type { WebPvs } from "./ports.ts";
import { putFrom } from "./put.ts";
import { Rates } from "./rates.ts";
import { Rights } from "./rights.ts";
import type { Tokens } from "./tokens.ts";

export interface WebAppOptions {
  readonly pvs: WebPvs;
  readonly about: Pick<WebModel, "prefix" | "tomoscan" | "version">;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly tokens: Tokens;
  /** Whether only this host can connect: reading needs no token then. */
  readonly isOpen: boolean;
  /** By which the server is asked for beside addresses and localhost, in small letters. */
  readonly names: readonly string[];
  /** Of the server, once it listens. */
  readonly port: () => number;
  readonly limits: WebLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WebApp {
  readonly fetch: (request: Request, env: WebEnvironment) => Response | Promise<Response>;
  /** Ends all streams at once. */
  close(): void;
}

/** What Node knows of a request beside the request; tests have no socket. */
export interface WebEnvironment {
  readonly incoming?: { readonly socket: PeerSocket & { destroy(): void } };
}
type WebContext = Context<{ Bindings: WebEnvironment }>;

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

export function createWebApp(options: WebAppOptions): WebApp {
  const { pvs, clock, log, limits, names } = options;
  const live = new LiveValues({ pvs, clock, suffixes: [...allPvs().keys()], send: (event) => pages.send(event) });
  const pages = new OpenPages({
    clock,
    limits,
    snapshot: () => live.snapshot(),
    begin: () => live.start(),
    end: () => live.stop(),
  });
  const requests = new Rates(clock, limits.requestBurst, limits.requestsPerSecond);
  const puts = new Rates(clock, limits.putBurst, limits.putsPerSecond);
  const rights = new Rights({
    ...options,
    wrongTokens: new Rates(clock, limits.wrongTokenBurst, limits.wrongTokensPerSecond),
  });
  const model = JSON.stringify(webModel(options.about));

  const app = new Hono<{ Bindings: WebEnvironment }>();
  app.use(async (c, next) => {
    const refusal = guardRefusal(c);
    if (refusal === undefined) await next();
    else c.res = refused(c, refusal);
    for (const [name, value] of Object.entries(HEADERS)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  });
  const guardRefusal = (c: WebContext): Refusal | undefined => {
    const header = headerOf(c);
    const neighbours = neighboursOf(c);
    if (!requests.take(neighbours)) return tooOften("Requests", requests.wait(neighbours));
    return hostRefusal(header, names) ?? originRefusal(header);
  };
  /** Answers who may read; refuses others. */
  const reading =
    (answer: (c: WebContext) => Response | Promise<Response>) =>
    async (c: WebContext): Promise<Response> => {
      const refusal = await rights.readRefusal(headerOf(c), neighboursOf(c));
      return refusal === undefined ? answer(c) : refused(c, refusal);
    };

  app.get(
    "/api/model",
    reading((c) => c.body(model, 200, { "Content-Type": "application/json" })),
  );
  app.get(
    "/api/events",
    reading((c) => eventsOf(c, pages)),
  );
  app.post("/api/put", async (c) => {
    const neighbours = neighboursOf(c);
    if (!puts.take(neighbours)) return refused(c, tooOften("Puts", puts.wait(neighbours)));
    const bearer = await writerOf(c, rights, options.tokens);
    if ("status" in bearer) return refused(c, bearer);
    const body = await bodyOf(c.req.raw, headerOf(c), limits);
    if ("status" in body) return refused(c, body);
    const refusal = putFrom(pvs, body.json, identityOf(bearer.name, connectionOf(c)));
    return refusal === undefined ? c.json({}) : refused(c, refusal);
  });
  app.get("/api/session", async (c) => {
    const bearer = await rights.bearer(headerOf(c), neighboursOf(c));
    if (bearer !== undefined && "status" in bearer) return refused(c, bearer);
    const problem = await options.tokens.problem();
    return c.json({
      canRead: rights.isOpen || bearer !== undefined,
      canWrite: bearer?.canWrite === true,
      ...(bearer !== undefined && { name: bearer.name }),
      ...(problem !== undefined && { problem: rights.isOpen ? problem : "Nobody can write: see the IOC's log." }),
    });
  });
  app.post("/api/session", async (c) => {
    const bearer = await writerOf(c, rights, options.tokens);
    if ("status" in bearer) return refused(c, bearer);
    c.header("Set-Cookie", rights.open(bearer.name, c.req.header("origin")?.startsWith("https:") === true));
    return c.json({ name: bearer.name, canRead: true, canWrite: true });
  });
  app.delete("/api/session", (c) => {
    c.header("Set-Cookie", rights.end(headerOf(c)));
    return c.json({});
  });
  app.get("*", (c) => fileOf(c, options.files));
  app.notFound((c) => refused(c, { status: 404, message: "There is nothing at this address." }));
  app.onError((thrown, c) => {
    log.error(`the web server failed at ${c.req.path}: ${stackOf(thrown)}`);
    return c.json({ message: "The IOC's log says what failed." }, 500);
  });
  return { fetch: (request, env) => app.fetch(request, env), close: () => pages.close() };
}

const headerOf = (c: WebContext) => (name: string) => c.req.header(name);
const connectionOf = (c: WebContext): PeerSocket => c.env?.incoming?.socket ?? {};
const neighboursOf = (c: WebContext): string => neighbourhood(addressOf(connectionOf(c)));

function refused(c: WebContext, { status, message, retryAfter }: Refusal): Response {
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  if (status === 401) c.header("WWW-Authenticate", "Bearer");
  if (c.req.method !== "GET") c.header("Connection", "close"); // the body may not have been read
  return c.json({ message }, status);
}

/** Who makes a request with a token. */
async function writerOf(c: WebContext, rights: Rights, tokens: Tokens): Promise<{ readonly name: string } | Refusal> {
  const bearer = await rights.bearer(headerOf(c), neighboursOf(c));
  if (bearer !== undefined && ("status" in bearer || bearer.canWrite)) return bearer;
  const problem = await tokens.problem();
  if (problem !== undefined) return { status: 403, message: problem };
  return {
    status: 401,
    message: "Writing needs a token: enter the one that the IOC's start has printed, or one of its tokens-file.",
  };
}

function eventsOf(c: WebContext, pages: OpenPages): Response {
  const connection = connectionOf(c);
  const message = pages.refusal(addressOf(connection));
  if (message !== undefined) return refused(c, { status: 503, message, retryAfter: 10 });
  const socket = c.env?.incoming?.socket;
  const events = pages.open(addressOf(connection), socket === undefined ? undefined : () => socket.destroy());
  return c.body(events, 200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
}

function fileOf(c: WebContext, files: ReadonlyMap<string, PageFile>): Response | Promise<Response> {
  const file = files.get(c.req.path);
  if (file === undefined) return c.notFound();
  const headers = { ETag: file.tag, "Cache-Control": "no-cache" };
  if (c.req.header("if-none-match") === file.tag) return c.body(null, 304, headers);
  return c.body(file.bytes, 200, { ...headers, "Content-Type": file.type });
}
