/** What the web server answers at each address. Who may ask is rights.ts's matter, what is put is put.ts's. */
import type { Hono } from "hono";
import { bodyOf, type Refusal, tooOften } from "./guard.ts";
import { healthProblems } from "./health.ts";
import { METRICS_TYPE, metricsText } from "./metric-text.ts";
import type { PageFile } from "./page-files.ts";
import type { WebParts } from "./parts.ts";
import { identityOf } from "./peer.ts";
import { putFrom } from "./put.ts";
import { pvMetrics } from "./pv-metrics.ts";
import { headerOf, neighboursOf, peerOf, refused, socketOf, type WebContext, type WebEnvironment } from "./request.ts";

type Answer = Response | Promise<Response>;

const JSON_TYPE = { "Content-Type": "application/json" };
/** Seconds after which a page that found no place may ask again. */
const FULL_SECONDS = 10;

export function addRoutes(app: Hono<{ Bindings: WebEnvironment }>, parts: WebParts): void {
  const reading = (answer: (c: WebContext, reader: string | undefined) => Answer) => readingOf(parts, answer);
  app.get(
    "/api/model",
    reading((c) => c.body(parts.model, 200, JSON_TYPE)),
  );
  app.get(
    "/api/events",
    reading((c, reader) => eventsOf(c, parts, reader)),
  );
  app.get(
    "/api/history",
    reading((c) => c.json(parts.history.json)),
  );
  app.get(
    "/metrics",
    reading((c) => c.body(metricsOf(parts), 200, { "Content-Type": METRICS_TYPE })),
  );
  app.get("/healthz", (c) => healthOf(c, parts));
  app.get("/api/session", (c) => sessionOf(c, parts));
  app.post("/api/session", (c) => openSession(c, parts));
  app.delete("/api/session", (c) => {
    c.header("Set-Cookie", parts.rights.end(headerOf(c)));
    return c.json({});
  });
  app.post("/api/put", async (c) => {
    const answer = await putOf(c, parts);
    parts.figures.put(answer.status);
    return answer;
  });
  app.get("*", (c) => fileOf(c, parts.files));
}

/** Answers who may read, and refuses others. */
const readingOf =
  ({ rights }: WebParts, answer: (c: WebContext, reader: string | undefined) => Answer) =>
  async (c: WebContext): Promise<Response> => {
    const reader = await rights.reader(headerOf(c), neighboursOf(c));
    return "status" in reader ? refused(c, reader) : answer(c, reader.name);
  };

function eventsOf(c: WebContext, { pages }: WebParts, reader: string | undefined): Response {
  // Hono answers HEAD as GET, and nobody would read the stream
  if (c.req.method !== "GET") return refused(c, { status: 405, message: "A stream of events is asked for by GET." });
  const address = peerOf(c);
  const message = pages.refusal(address);
  if (message !== undefined) return refused(c, { status: 503, message, retryAfter: FULL_SECONDS });
  const socket = socketOf(c);
  const events = pages.open(address, reader, socket === undefined ? undefined : () => socket.destroy());
  return c.body(events, 200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
}

function metricsOf({ pvs, build, figures, pages, iocFigures }: WebParts): string {
  const about = {
    build,
    pages: pages.count,
    droppedPages: pages.dropped,
    ioc: iocFigures?.(),
  };
  return metricsText([...pvMetrics(pvs), ...figures.metrics(about)]);
}

/** Whether the IOC works is told to everybody, what is wrong to who may read. */
async function healthOf(c: WebContext, { pvs, rights }: WebParts): Promise<Response> {
  const problems = healthProblems(pvs);
  if (problems.length === 0) return c.json({ status: "ok" });
  const reader = await rights.reader(headerOf(c), neighboursOf(c));
  return c.json({ status: "failing", ...(!("status" in reader) && { problems }) }, 503);
}

async function sessionOf(c: WebContext, { rights, tokens }: WebParts): Promise<Response> {
  const bearer = await rights.bearer(headerOf(c), neighboursOf(c));
  if (bearer !== undefined && "status" in bearer) return refused(c, bearer);
  const problem = await tokens.problem();
  const isReader = rights.isOpen || bearer !== undefined;
  return c.json({
    canRead: isReader,
    canWrite: bearer?.canWrite === true,
    ...(bearer !== undefined && { name: bearer.name }),
    ...(problem !== undefined && { problem: isReader ? problem : "Nobody can write: the IOC's log says why." }),
  });
}

async function openSession(c: WebContext, parts: WebParts): Promise<Response> {
  const bearer = await writerOf(c, parts);
  if ("status" in bearer) return refused(c, bearer);
  const isSecure = c.req.header("origin")?.startsWith("https:") === true;
  c.header("Set-Cookie", parts.rights.open(bearer.name, isSecure));
  return c.json({ canRead: true, canWrite: true, name: bearer.name });
}

/** Nothing of a request's body is read before it has shown a token. */
async function putOf(c: WebContext, parts: WebParts): Promise<Response> {
  const { puts, pvs, limits } = parts;
  const neighbours = neighboursOf(c);
  if (!puts.take(neighbours)) return refused(c, tooOften("Puts", puts.wait(neighbours)));
  const bearer = await writerOf(c, parts);
  if ("status" in bearer) return refused(c, bearer);
  const body = await bodyOf(c.req.raw, headerOf(c), limits);
  if ("status" in body) return refused(c, body);
  const refusal = putFrom(pvs, body.json, identityOf(bearer.name, socketOf(c) ?? {}));
  return refusal === undefined ? c.json({}) : refused(c, refusal);
}

/** Who makes a request with a token. */
async function writerOf(c: WebContext, { rights, tokens }: WebParts): Promise<{ readonly name: string } | Refusal> {
  const bearer = await rights.bearer(headerOf(c), neighboursOf(c));
  if (bearer !== undefined && "status" in bearer && bearer.status !== 401) return bearer;
  if (bearer !== undefined && !("status" in bearer) && bearer.canWrite) return bearer;
  const problem = await tokens.problem();
  if (problem !== undefined)
    return { status: 403, message: rights.isOpen ? problem : "Nobody can write: the IOC's log says why." };
  if (bearer !== undefined && "status" in bearer) return bearer;
  return {
    status: 401,
    message: "Writing needs a token: enter the one that the IOC's start has printed, or one of its tokens-file.",
  };
}

function fileOf(c: WebContext, files: ReadonlyMap<string, PageFile>): Answer {
  const file = files.get(c.req.path);
  if (file === undefined) return c.notFound();
  const headers = { ETag: file.tag, "Cache-Control": "no-cache" };
  if (c.req.header("if-none-match") === file.tag) return c.body(null, 304, headers);
  return c.body(file.bytes, 200, { ...headers, "Content-Type": file.type });
}
