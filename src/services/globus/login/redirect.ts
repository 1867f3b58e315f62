/**
 * Catches the browser that comes back from a login, on a port of this machine that nobody else can reach. Takes only
 * the answer to the login that was begun here: its state must be ours (RFC 8252 §8.9).
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ActionError, codeOf, messageOf } from "../../../base/errors.ts";

export interface Redirect {
  /** As it is registered with the application; Globus takes any port of it. */
  readonly uri: string;
  /**
   * What the browser brings.
   * @param state of the login that was begun
   * @param signal ends the wait, with its reason
   */
  answer(state: string, signal: AbortSignal): Promise<URLSearchParams>;
  close(): Promise<void>;
}

const page = (title: string, text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><body style="font-family:sans-serif;margin:4em"><h1>${title}</h1><p>${text}</p></body></html>\n`;
const DONE = page("Globus has answered", "You may close this page: globus-ioc says in its terminal how it went on.");
const NONE = page("This is no answer to a login of now", "Open the address that globus-ioc shows in its terminal.");

/** @param port 0: one that is free. @throws ActionError where the port cannot be had */
export async function openRedirect(port: number): Promise<Redirect> {
  let take: (answer: URLSearchParams) => boolean = () => false;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const isTaken = request.method === "GET" && pathname === "/" && take(searchParams);
    response.writeHead(isTaken ? 200 : 400, { "content-type": "text/html; charset=utf-8", connection: "close" });
    response.end(isTaken ? DONE : NONE);
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", listening);
  }).catch((thrown: unknown) => {
    const why = codeOf(thrown) === "EADDRINUSE" ? "another program has it" : messageOf(thrown);
    throw new ActionError(`Port ${port} of 127.0.0.1 cannot be had (${why}): give another --port, or none.`, {
      cause: thrown,
    });
  });
  return {
    uri: `http://localhost:${(server.address() as AddressInfo).port}`,
    answer: (state, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => reject(signal.reason as Error);
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        take = (answer) => {
          if (answer.get("state") !== state) return false;
          signal.removeEventListener("abort", stop);
          resolve(answer);
          return true;
        };
      }),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
  };
}
