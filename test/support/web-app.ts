/** The web server's routes on fakes, without a socket, and what a test reads of their answers. */
import { silentLog } from "../../src/base/log.ts";
import { createWebApp, type WebAppOptions } from "../../src/web/app.ts";
import { WEB_LIMITS } from "../../src/web/limits.ts";
import type { WebEnvironment } from "../../src/web/request.ts";
import { startTokens } from "../../src/web/tokens.ts";
import { FakeClock } from "./fakes/fake-clock.ts";
import { FakeWebPvs } from "./fakes/fake-web-pvs.ts";

export const TOKEN = "a-token-of-the-tests";
const HOST = "127.0.0.1:8642";

export function webAppOn(given: Partial<WebAppOptions> = {}) {
  const pvs = new FakeWebPvs();
  const clock = new FakeClock();
  /** Paths whose connection the server has closed. */
  const dropped: string[] = [];
  const app = createWebApp({
    pvs,
    clock,
    about: { prefix: "t:Globus:", tomoscan: "t:TomoScan:", version: "0.0.0" },
    files: new Map(),
    tokens: startTokens(TOKEN),
    isOpen: true,
    names: [],
    port: () => 8642,
    limits: WEB_LIMITS,
    log: silentLog,
    ...given,
  });
  const ask = (path: string, { from = "127.0.0.1", ...init }: Asked = {}): Promise<Response> => {
    const request = new Request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } });
    const destroy = (): void => void dropped.push(path);
    const env: WebEnvironment = { incoming: { socket: { remoteAddress: from, remotePort: 4711, destroy } } };
    return Promise.resolve(app.fetch(request, env));
  };
  const put = (pv: string, value: unknown, { headers, ...init }: Asked = {}): Promise<Response> =>
    ask("/api/put", {
      method: "POST",
      body: JSON.stringify({ pv, value }),
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
      ...init,
    });
  return { pvs, clock, app, ask, put, dropped };
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The peer's address. */
  readonly from?: string;
}

/** The sentence of an answer. */
export const messageIn = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { readonly message: string }).message;

/** One event of a stream, as its name and its data. */
export interface WebEvent {
  readonly name: string;
  readonly data: {
    readonly time: number;
    readonly values: object;
    readonly severities: object;
    readonly states: object;
  };
}

/** The events of a stream, one after the other, without comments. */
export async function* eventsOf(answer: Response): AsyncGenerator<WebEvent, undefined> {
  let text = "";
  const decoder = new TextDecoder();
  const body: AsyncIterable<Uint8Array> | undefined = answer.body ?? undefined;
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (name !== undefined) yield { name, data: JSON.parse(data ?? "null") as WebEvent["data"] };
    }
  }
}
