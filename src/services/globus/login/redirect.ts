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
  let take: (answer: URLSearchParams) => (() => void) | undefined = () => undefined;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const [target = "/", here] = [request.url, "http://localhost"];
    const asked = URL.canParse(target, here) ? new URL(target, here) : undefined;
    const goOn = request.method === "GET" && asked?.pathname === "/" ? take(asked.searchParams) : undefined;
    const status = goOn === undefined ? 400 : 200;
    response.writeHead(status, { "content-type": "text/html; charset=utf-8", connection: "close" });
    if (goOn !== undefined) response.once("close", goOn); // not before the page is out
    response.end(goOn === undefined ? NONE : DONE);
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
          if (answer.get("state") !== state) return undefined;
          return () => {
            signal.removeEventListener("abort", stop);
            resolve(answer);
          };
        };
      }),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections(); // a browser opens some that it may never use
      return closed;
    },
  };
}
