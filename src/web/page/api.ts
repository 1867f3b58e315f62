/** Asks the IOC's web server. An answer that refuses is an error with the server's sentence. */
import { recordOf, sentenceOf } from "./events.ts";
import type { PageValue } from "./store.ts";

/** The server has answered, and refused. */
export class RefusedError extends Error {
  readonly status: number;
  /** Seconds after which the same may be asked again. */
  readonly retrySeconds: number;

  constructor(status: number, sentence: string, retrySeconds: number) {
    super(sentence);
    this.status = status;
    this.retrySeconds = retrySeconds;
  }
}

/** Who sits at the page, as far as the server knows. */
export interface PageSession {
  readonly name: string | undefined;
  readonly canWrite: boolean;
}

export class PageApi {
  /** What writing needs; undefined: none was entered. */
  token: string | undefined;

  /** @throws RefusedError, or what fetch throws where nobody answers */
  async get(path: string): Promise<unknown> {
    return (await this.#ask(path, {})).json();
  }

  /** The stream of events. @throws as `get` */
  async events(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#ask("/api/events", { signal, headers: { Accept: "text/event-stream" } });
    if (body === null) throw new RefusedError(502, "The IOC's answer holds no events.", 0);
    return body;
  }

  /** Tries a token. @throws as `get` */
  async session(token: string): Promise<PageSession> {
    const answer = await this.#ask("/api/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    return readSession(await answer.json());
  }

  /** Who the token of this page is. @throws as `get` */
  async whoAmI(): Promise<PageSession> {
    return readSession(await this.get("/api/session"));
  }

  /** Writes a PV, and does not wait for what that starts. @throws as `get` */
  async put(pv: string, value: PageValue): Promise<void> {
    const body = JSON.stringify({ pv, value });
    await this.#ask("/api/put", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token !== undefined && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${this.token}`);
    const response = await fetch(path, { ...init, headers });
    if (response.ok) return response;
    const answer: unknown = await response.json().catch(() => undefined);
    const sentence = sentenceOf(answer) ?? `The IOC answers ${response.status} ${response.statusText}.`;
    throw new RefusedError(response.status, sentence, Number(response.headers.get("retry-after")) || 0);
  }
}

function readSession(answer: unknown): PageSession {
  const { name, canWrite } = recordOf(answer) ?? {};
  return { name: typeof name === "string" ? name : undefined, canWrite: canWrite === true };
}
