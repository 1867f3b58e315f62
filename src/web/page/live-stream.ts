/**
 * Keeps the page's stream of events open, and knows whether what the page shows is live. The IOC's heartbeat changes a
 * PV each second: a stream without events for some seconds is dead, whatever the network says. A page that nobody sees
 * lets its stream go, since a browser has few for one server.
 */
import { type PageApi, RefusedError } from "./api.ts";
import { EventReader, readUpdate } from "./events.ts";
import type { Update } from "./store.ts";
import type { PageClock } from "./time.ts";

/** Without an event for so long, the page is not live. */
const SILENT_SECONDS = 5;
const RETRY_SECONDS = [0.5, 1, 1, 2, 3] as const;
/** A page that is not seen for so long lets its stream go. */
const HIDDEN_SECONDS = 60;

export type StreamState =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** `reason`: a sentence */
  | { readonly state: "lost"; readonly reason: string; readonly needsToken?: boolean };

export interface LiveStreamOptions {
  readonly api: Pick<PageApi, "events">;
  readonly clock: PageClock;
  readonly begin: (update: Update) => void;
  readonly change: (update: Update) => void;
  readonly tell: (liveness: StreamState) => void;
}

export class LiveStream {
  readonly #options: LiveStreamOptions;
  #stream: AbortController | undefined;
  #heardAt = 0;
  #isLive = false;
  #failures = 0;
  #callOffRetry: () => void = () => {};
  #callOffRest: () => void = () => {};

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    options.clock.every(1, () => this.#watch());
  }

  /** Connects, or connects anew. */
  open(): void {
    this.#callOffRetry();
    this.#stream?.abort();
    const stream = new AbortController();
    this.#stream = stream;
    this.#heardAt = this.#options.clock.now();
    this.#read(stream).then(
      () => this.#lost(stream, "The IOC has ended the connection."),
      (error: unknown) => this.#failed(stream, error),
    );
  }

  /** Whether somebody sees the page. */
  seen(isSeen: boolean): void {
    this.#callOffRest();
    if (!isSeen) this.#callOffRest = this.#options.clock.after(HIDDEN_SECONDS, () => this.#rest());
    else if (this.#stream === undefined) this.open();
  }

  #rest(): void {
    this.#callOffRetry();
    this.#stream?.abort();
    this.#stream = undefined;
    this.#isLive = false;
    this.#options.tell({ state: "connecting" });
  }

  async #read(stream: AbortController): Promise<void> {
    const reader = (await this.#options.api.events(stream.signal)).getReader();
    const events = new EventReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stream !== this.#stream) return;
      for (const { name, data } of events.push(decoder.decode(value, { stream: true }))) this.#heard(name, data);
    }
  }

  #heard(name: string, data: string): void {
    const update = readUpdate(data);
    if (update === undefined) return;
    if (name === "snapshot") this.#options.begin(update);
    else this.#options.change(update);
    this.#heardAt = this.#options.clock.now();
    this.#failures = 0;
    if (this.#isLive) return;
    this.#isLive = true;
    this.#options.tell({ state: "live" });
  }

  #failed(stream: AbortController, error: unknown): void {
    if (!(error instanceof RefusedError)) return this.#lost(stream, "The IOC does not answer.");
    this.#lost(stream, error.message, error.retrySeconds, error.status === 401);
  }

  #lost(stream: AbortController, reason: string, retrySeconds = 0, needsToken = false): void {
    if (stream !== this.#stream) return;
    stream.abort();
    this.#isLive = false;
    this.#options.tell({ state: "lost", reason, ...(needsToken && { needsToken }) });
    if (needsToken) return;
    const wait = Math.max(retrySeconds, RETRY_SECONDS[Math.min(this.#failures++, RETRY_SECONDS.length - 1)] ?? 3);
    this.#callOffRetry = this.#options.clock.after(wait, () => this.open());
  }

  /** Also after the computer has slept. */
  #watch(): void {
    const stream = this.#stream;
    if (!this.#isLive || stream === undefined) return;
    if (this.#options.clock.now() - this.#heardAt > SILENT_SECONDS * 1000)
      this.#lost(stream, `The IOC has said nothing for ${SILENT_SECONDS} s.`);
  }
}
