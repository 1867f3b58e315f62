/**
 * The pages that are open, each a stream of events (SSE). All get the same bytes; one that does not read is dropped
 * once too much waits for it, and begins anew with a snapshot when it comes back. It knows no PV.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import type { WebLimits } from "./limits.ts";

/** Seconds between two comments, which keep proxies from ending a stream in which nothing happens. */
const COMMENT_SECONDS = 15;
const COMMENT = Buffer.from(": still here\n\n");
/** Milliseconds after which a page asks again when its stream has ended. */
const RETRY = Buffer.from("retry: 1000\n\n");

export interface OpenPagesOptions {
  readonly clock: Clock;
  readonly limits: Pick<WebLimits, "pages" | "pagesPerAddress" | "waitingBytes">;
  /** All values, with which a page begins. */
  readonly snapshot: () => Uint8Array;
  /** Called for the first page, before its snapshot is asked for, and after the last. */
  readonly begin: () => void;
  readonly end: () => void;
}

interface Page {
  readonly address: string;
  /** The name of the token by which it reads; undefined where reading needs none. */
  readonly reader: string | undefined;
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  /** Closes the connection, whatever still waits to be sent. */
  readonly drop: () => void;
}

export class OpenPages {
  readonly #options: OpenPagesOptions;
  readonly #pages = new Set<Page>();
  #comment: Cancel | undefined;
  #isClosed = false;
  /** Pages that were dropped since the start, for reading too slowly. */
  dropped = 0;

  constructor(options: OpenPagesOptions) {
    this.#options = options;
  }
  get count(): number {
    return this.#pages.size;
  }

  /** Why no page more is taken, a sentence; or undefined. */
  refusal(address: string): string | undefined {
    const { pages, pagesPerAddress } = this.#options.limits;
    const ofAddress = [...this.#pages].filter((page) => page.address === address).length;
    if (this.#isClosed) return "The IOC ends.";
    if (this.#pages.size < pages && ofAddress < pagesPerAddress) return undefined;
    const [count, whose] = this.#pages.size < pages ? [ofAddress, ` from ${address}`] : [this.#pages.size, ""];
    return `Too many pages are open${whose}, ${count}: close one, and load this one again.`;
  }

  /**
   * A page's events, from its snapshot on.
   * @param reader the name of the token by which it reads; undefined where reading needs none
   * @param drop closes its connection, whatever waits to be sent
   */
  open(address: string, reader?: string, drop?: () => void): ReadableStream<Uint8Array> {
    const { limits, snapshot, begin } = this.#options;
    let page: Page;
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          page = { address, reader, stream, drop: drop ?? (() => stream.close()) };
          if (this.#pages.size === 0) {
            begin();
            this.#commentLater();
          }
          this.#pages.add(page);
          stream.enqueue(RETRY);
          stream.enqueue(snapshot());
        },
        cancel: () => this.#forget(page),
      },
      { highWaterMark: limits.waitingBytes, size: ({ byteLength }) => byteLength },
    );
  }

  send(event: Uint8Array): void {
    for (const page of this.#pages) {
      if ((page.stream.desiredSize ?? 0) > 0) page.stream.enqueue(event);
      else {
        this.dropped++;
        this.#drop(page);
      }
    }
  }

  /** Ends the pages whose token is none of these any more. */
  keepReaders(names: readonly string[]): void {
    for (const page of this.#pages) if (page.reader !== undefined && !names.includes(page.reader)) this.#drop(page);
  }

  /** Ends all streams, and takes no page more. */
  close(): void {
    this.#isClosed = true;
    for (const page of this.#pages) {
      this.#forget(page);
      page.stream.close();
    }
  }

  #drop(page: Page): void {
    this.#forget(page);
    page.drop();
  }

  #forget(page: Page): void {
    if (!this.#pages.delete(page) || this.#pages.size > 0) return;
    this.#comment?.();
    this.#options.end();
  }

  #commentLater(): void {
    this.#comment = this.#options.clock.after(COMMENT_SECONDS, () => {
      this.send(COMMENT);
      if (this.#pages.size > 0) this.#commentLater();
    });
  }
}
