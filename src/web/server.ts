/**
 * The web server's sockets: listens, bounds what a client may cost before it has said anything, and ends everything at
 * once. What is answered is app.ts's matter.
 */
import { createServer, type Server, type ServerOptions } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { nextTurn } from "../base/clock.ts";
import type { WebApp } from "./app.ts";
import type { WebLimits } from "./limits.ts";
import type { WebEnvironment } from "./request.ts";

export interface WebServerOptions {
  readonly app: WebApp;
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: WebLimits;
}

export interface WebServer {
  readonly port: number;
  /** Ends every connection, at once. */
  close(): Promise<void>;
}

/** Resolves when clients can connect. @throws the system's error when the address or the port cannot be used */
export async function startWebServer({ app, address, port, limits }: WebServerOptions): Promise<WebServer> {
  const fetch = (request: Request, env: unknown): Response | Promise<Response> =>
    app.fetch(request, env as WebEnvironment);
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(optionsOf(limits), (request, response) => void answer(request, response));
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = 1000;
  server.setTimeout(limits.stuckSeconds * 1000, (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: address, exclusive: true }, () => resolve());
  });
  server.on("error", () => {}); // a connection that could not be taken: the next one may be
  return { port: portOf(server), close: () => closed(server, app) };
}

const optionsOf = (limits: WebLimits): ServerOptions => ({
  maxHeaderSize: limits.headerBytes,
  headersTimeout: limits.headerSeconds * 1000,
  requestTimeout: limits.requestSeconds * 1000,
  keepAliveTimeout: limits.idleSeconds * 1000,
  connectionsCheckingInterval: Math.min(5, limits.headerSeconds) * 1000,
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Streams get their end, and nobody is waited for. */
async function closed(server: Server, app: WebApp): Promise<void> {
  const isClosed = new Promise<void>((resolve) => {
    app.close();
    server.close(() => resolve());
  });
  await nextTurn();
  server.closeAllConnections();
  await isClosed;
}
