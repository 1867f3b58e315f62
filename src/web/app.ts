/**
 * The web server without its sockets (server.ts): its parts, what every request must be, and what every answer carries.
 * The routes are in routes.ts. A test asks it directly.
 */
import { Hono } from "hono";
import type { Cancel, Clock } from "../base/clock.ts";
import { stackOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { rateLimited } from "../base/rate-limited-log.ts";
import { Figures } from "./figures.ts";
import { hostRefusal, originRefusal, type Refusal, tooOften } from "./guard.ts";
import { History } from "./history.ts";
import type { WebLimits } from "./limits.ts";
import { LiveValues } from "./live-values.ts";
import { pagePvs, type WebModel, webModel } from "./model.ts";
import { OpenPages } from "./open-pages.ts";
import type { PageFile } from "./page-files.ts";
import type { WebParts } from "./parts.ts";
import type { CommandEnds, IocFigures, WebPvs } from "./ports.ts";
import { Rates } from "./rates.ts";
import { headerOf, neighboursOf, refused, type WebContext, type WebEnvironment } from "./request.ts";
import { Rights } from "./rights.ts";
import { addRoutes } from "./routes.ts";
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
  /** Tells how commands end. */
  readonly commandEnds?: CommandEnds;
  /** Of the Channel Access server, once there is one. */
  readonly iocFigures?: () => IocFigures | undefined;
  readonly limits: WebLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WebApp {
  readonly fetch: (request: Request, env: WebEnvironment) => Response | Promise<Response>;
  /** Ends all streams at once, and follows nothing more. */
  close(): void;
}

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

/** Begins to count and to remember at once. */
export function createWebApp(options: WebAppOptions): WebApp {
  const { clock, log, limits, names } = options;
  const { parts, stop } = assembleParts(options);
  const requests = new Rates(clock, limits.requestBurst, limits.requestsPerSecond);
  const guardRefusal = (c: WebContext): Refusal | undefined => {
    const neighbours = neighboursOf(c);
    // Before they are counted: another site's page must not use up what its visitor may ask
    const foreign = hostRefusal(headerOf(c), names) ?? originRefusal(headerOf(c));
    if (foreign !== undefined) return foreign;
    if (!requests.take(neighbours)) return tooOften("Requests", requests.wait(neighbours));
    return undefined;
  };
  const app = new Hono<{ Bindings: WebEnvironment }>();
  app.use(async (c, next) => {
    const refusal = guardRefusal(c);
    if (refusal === undefined) await next();
    else c.res = refused(c, refusal);
    parts.figures.answered(c.res.status);
    for (const [name, value] of Object.entries(HEADERS)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  });
  addRoutes(app, parts);
  app.notFound((c) => refused(c, { status: 404, message: "There is nothing at this address." }));
  app.onError((thrown, c) => {
    log.error(`the web server failed at ${c.req.path}: ${stackOf(thrown)}`);
    return c.json({ message: "The IOC's log says what failed." }, 500);
  });
  return { fetch: (request, env) => app.fetch(request, env), close: stop };
}

function assembleParts(options: WebAppOptions): { readonly parts: WebParts; readonly stop: () => void } {
  const { pvs, clock, log, limits, tokens, isOpen, port } = options;
  const figures = new Figures(clock);
  const live = new LiveValues({
    pvs,
    clock,
    suffixes: pagePvs().map(([suffix]) => suffix),
    send: (event) => {
      figures.events++;
      figures.eventBytes += event.byteLength;
      pages.send(event);
    },
  });
  const snapshot = (): Uint8Array => live.snapshot();
  const pages = new OpenPages({ clock, limits, snapshot, begin: () => live.start(), end: () => live.stop() });
  const wrongTokens = new Rates(clock, limits.wrongTokenBurst, limits.wrongTokensPerSecond);
  const rare = rateLimited(log, clock);
  const wrong = (neighbours: string): void => {
    figures.wrongTokens++;
    rare.warn(`a request to the web server from ${neighbours} has a token that is none of this IOC's`);
  };
  const rights = new Rights({ tokens, clock, wrongTokens, isOpen, port, wrong });
  const history = new History(pvs, clock);
  history.start();
  const forget = isOpen ? undefined : repeated(clock, async () => pages.keepReaders(await tokens.names()));
  const unfollow = [
    pvs.whenPosted("Heartbeat", () => figures.beat()),
    options.commandEnds?.add((command, state) => figures.commandEnded(command, state)),
  ];
  const stop = (): void => {
    pages.close();
    history.stop();
    forget?.();
    for (const end of unfollow) end?.();
  };
  const puts = new Rates(clock, limits.putBurst, limits.putsPerSecond);
  const model = JSON.stringify(webModel(options.about));
  const { version, prefix } = options.about;
  return { parts: { ...options, build: { version, prefix }, model, pages, rights, puts, figures, history }, stop };
}

/** Seconds after which a page ends whose token was taken away. */
const READERS_SECONDS = 10;

/** Works off `work` again and again. @returns ends that */
function repeated(clock: Clock, work: () => Promise<void>): () => void {
  let isOver = false;
  const again = (): Cancel =>
    clock.after(READERS_SECONDS, () => {
      void once();
    });
  const once = async (): Promise<void> => {
    await work();
    if (!isOver) cancel = again();
  };
  let cancel = again();
  return () => {
    isOver = true;
    cancel();
  };
}
