/**
 * What one check before beam time works with: the site as far as the check tries it, and what several rows of the table
 * (checks.ts) need, found out once.
 */
import { type Clock, sleep } from "../../../base/clock.ts";
import { ActionError } from "../../../base/errors.ts";
import type { FlowSite } from "../../flows/flow-site.ts";
import type { Identity, KnownLogin } from "../../ports/identity.ts";
import type { OwnDisk } from "../../ports/own-disk.ts";
import type { TopFound, TrialFile } from "../../ports/scan-top.ts";
import type { Manifest } from "../../ports/scans.ts";
import type { CopyRow, SourceRow, TransferSite } from "../rules.ts";

/** The watch over directories, as its PVs tell of it. */
export interface WatcherLook {
  readonly alive: "No" | "Yes" | "Unknown";
  /** Seconds since its last whole sweep; below 0: there was none. */
  readonly age: number;
  /** A sentence. */
  readonly message: string;
}

/** Everything that is tried. */
export interface CheckSite extends Pick<TransferSite, "destinations" | "tasks"> {
  /** Absent where nothing is sent. */
  readonly source?: SourceRow;
  /** The Globus login; absent where Globus is off. */
  readonly login?: Identity;
  readonly ledger: OwnDisk;
  /** Absent where no log is written. */
  readonly logs?: OwnDisk;
  /** Bytes that are enough. */
  readonly enough: { readonly destination: number; readonly own: number };
  /** Absent where the settings name no flow. */
  readonly flows?: FlowSite;
  /** Undefined where nothing is watched. */
  readonly watcher: () => WatcherLook | undefined;
  /** Name of the test file, the same at each check of this program on this host. */
  readonly fileName: string;
  /** Seconds between two looks at a Globus task. */
  readonly pollSeconds: number;
  readonly clock: Clock;
  /** A text of so many characters that no file has had before. */
  readonly randomText: (characters: number) => string;
}

/** 1 MB: enough that sums and times say something, and gone in a moment. */
const FILE_BYTES = 1_000_000;
/** Until what must be done in any case is given up: a test file's removal, a task's end. */
const CLEAN_UP_SECONDS = 30;

/** A host's clock when it wrote a file, beside ours before and after: milliseconds since 1970 UTC. */
export interface TopTried extends TopFound {
  readonly before: number;
  readonly after: number;
}

export interface SourceFile {
  readonly manifest: Manifest;
  /** False: somebody has put it there for us. */
  readonly isOurs: boolean;
}

/** The check has found something that a person must see to. The message is a sentence with what to do. */
export class CheckProblem extends ActionError {
  readonly severity: "MINOR" | "MAJOR" | undefined;
  /** @param severity absent: that of its row */
  constructor(message: string, severity?: "MINOR" | "MAJOR") {
    super(message);
    this.severity = severity;
  }
}

/** There is nothing to be found out now. The message is a piece of a sentence. */
export class NotTriedError extends ActionError {}

export class Trial {
  readonly site: CheckSite;
  readonly signal: AbortSignal;
  /** When it began, by this host's clock. */
  readonly began: number;
  readonly #once = new Map<string, Promise<unknown>>();
  #isWritten = false;

  constructor(site: CheckSite, signal: AbortSignal) {
    this.site = site;
    this.signal = signal;
    this.began = site.clock.now();
  }

  /** @throws Error where there is none: rows about it are asked where there is one */
  get source(): SourceRow {
    if (this.site.source === undefined) throw new Error("there is no source to be tried");
    return this.site.source;
  }

  login(signal: AbortSignal): Promise<KnownLogin | undefined> {
    return this.#known("login", async () => this.site.login?.state({ signal }));
  }

  /** Written into, at a destination or at the source. */
  top(row: CopyRow | "source", signal: AbortSignal): Promise<TopTried> {
    const [name, directory] = row === "source" ? ["", this.source.source.directory] : [row.name, row.copier.directory];
    return this.#known(`top ${name}`, async () => {
      const { clock, fileName } = this.site;
      const before = clock.now();
      const found = await directory.tryWriting(`${fileName}-empty`, { signal });
      return { ...found, before, after: clock.now() };
    });
  }

  /** The file that goes to every destination, at the source's top: new, or what a person has put there. */
  file(signal: AbortSignal): Promise<SourceFile> {
    return this.#known("file", async () => {
      const { source } = this.source;
      const { clock, fileName: name, randomText } = this.site;
      const made: TrialFile = {
        name,
        text: randomText(FILE_BYTES),
        modified: Math.floor(clock.now() / 1000) * 1000, // SFTP keeps whole seconds
      };
      const manifestOf = (bytes: number, modified: number): Manifest => ({
        folder: source.top,
        isFolder: false,
        files: [{ path: name, bytes, modified }],
      });
      this.#isWritten = true;
      try {
        await source.directory.put(made, { signal });
        return { manifest: manifestOf(made.text.length, made.modified), isOurs: true };
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof ActionError)) throw thrown;
        const found = await source.directory.find(name, { signal }).catch(() => undefined);
        if (found === undefined) throw thrown;
        this.#isWritten = false;
        return { manifest: manifestOf(found.bytes, found.modified), isOurs: false };
      }
    });
  }

  #known<T>(what: string, find: () => Promise<T>): Promise<T> {
    const known = this.#once.get(what) ?? find();
    this.#once.set(what, known);
    return known as Promise<T>;
  }

  /** Waits between two looks at a task. */
  async pause(signal: AbortSignal): Promise<void> {
    await sleep(this.site.clock, this.site.pollSeconds, signal);
  }

  /** Does what must be done also when the check was called off, within its own time. @returns why it was not done */
  async cleanUp(work: (signal: AbortSignal) => Promise<unknown>): Promise<ActionError | undefined> {
    const { clock } = this.site;
    const late = new AbortController();
    const cancel = clock.after(CLEAN_UP_SECONDS, () =>
      late.abort(new ActionError(`that was not done within ${CLEAN_UP_SECONDS} s`)),
    );
    try {
      await work(late.signal);
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof ActionError)) throw thrown;
      return thrown;
    } finally {
      cancel();
    }
  }

  /** Removes the test file at the source. @returns why it stays there */
  async end(): Promise<ActionError | undefined> {
    if (!this.#isWritten) return undefined;
    const { fileName } = this.site;
    return await this.cleanUp((signal) => this.source.source.directory.remove(fileName, { signal }));
  }
}
