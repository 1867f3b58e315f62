/**
 * One piece of work on scans' files as plain data, so that it can be done by a process of its own, and the one function
 * that does it: it opens the places, works, and closes them.
 */
import type { Clock } from "../../base/clock.ts";
import type { CopyProgress, Parcel } from "../../controller/ports/destinations.ts";
import type { SshSettings } from "../ssh/errors.ts";
import { listParcel, type TextFile, writeText } from "./at-destination.ts";
import { type TopRole, type TopWork, workAtTop } from "./at-top.ts";
import type { Belongs } from "./belongs.ts";
import { copyParcel } from "./copy.ts";
import type { HostFiles } from "./host-files.ts";
import { foldersBelow, lookAtScan } from "./look.ts";
import { mountedFiles } from "./mounted-files.ts";
import { markScan, type RemoveHow, type RemovePlace, removeScan, unmarkScan } from "./remove.ts";
import { listScans } from "./scan-list.ts";
import type { WhichScans } from "./scan-names.ts";

/** Where files are: this host sees them, or they are behind SSH. */
export interface FilesAt {
  /** As operators know them, for sentences. */
  readonly place: string;
  /** Absolute, on the host. */
  readonly top: string;
  readonly ssh?: SshSettings;
}

/** Where a scan's files are read. */
export interface SourceAt extends FilesAt {
  /** The top as scans are named; `top` is the same directory as the host has it. */
  readonly named: string;
}

export type ScanWork =
  | { readonly do: "look"; readonly source: SourceAt; readonly belongs: Belongs; readonly scan: string }
  | {
      readonly do: "copy";
      readonly source: SourceAt;
      readonly destination: FilesAt;
      readonly parcel: Parcel;
      readonly mark: string;
    }
  | { readonly do: "list"; readonly destination: FilesAt; readonly parcel: Parcel }
  | { readonly do: "write"; readonly destination: FilesAt; readonly file: TextFile }
  | { readonly do: "scans"; readonly source: SourceAt; readonly which: WhichScans }
  | { readonly do: "mark"; readonly source: SourceAt; readonly parcel: Parcel; readonly mayLack: boolean }
  | { readonly do: "unmark"; readonly source: SourceAt; readonly parcel: Parcel }
  | { readonly do: "remove"; readonly source: SourceAt; readonly parcel: Parcel; readonly how: RemoveHow }
  | { readonly do: "top"; readonly at: FilesAt; readonly role: TopRole; readonly work: TopWork };

export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Does one piece of work; the result is that of the port's call. */
export type Worker = (work: ScanWork, options: WorkOptions) => Promise<unknown>;

/** A worker that is this process. */
export const workHere =
  (clock: Clock): Worker =>
  async (work, { signal, onProgress = () => {} }) => {
    signal?.throwIfAborted();
    await using places = new Places(clock, signal);
    const between = async (): Promise<void> => {
      await new Promise<void>((resolve) => clock.soon(resolve));
      signal?.throwIfAborted();
    };
    try {
      switch (work.do) {
        case "look": {
          const { source, belongs, scan } = work;
          const options = { top: source.named, at: source.top, belongs, between };
          return await lookAtScan(await places.open(source), scan, options);
        }
        case "copy": {
          const { source, destination, parcel, mark } = work;
          const parts = foldersBelow(source.named, parcel.manifest.folder, source.place);
          return await copyParcel({
            source: await places.open(source),
            from: [source.top.replace(/\/+$/, ""), ...parts].join("/"),
            destination: await places.open(destination),
            top: destination.top,
            parcel,
            mark,
            told: onProgress,
            between,
          });
        }
        case "list":
          return await listParcel({ ...(await places.destination(work.destination)), between }, work.parcel);
        case "write":
          return await writeText({ ...(await places.destination(work.destination)), between }, work.file);
        case "scans":
          return await listScans(await places.open(work.source), {
            top: work.source.named,
            at: work.source.top,
            which: work.which,
            between,
          });
        case "mark":
          return await markScan(await places.source(work.source, between), work.parcel.manifest, work.mayLack);
        case "unmark":
          return await unmarkScan(await places.source(work.source, between), work.parcel.manifest);
        case "remove":
          return await removeScan(await places.source(work.source, between), work.parcel.manifest, work.how);
        case "top":
          return await workAtTop({ ...(await places.destination(work.at)), role: work.role, between }, work.work);
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown;
    }
  };

/** In which work that was called off may remove what it has begun, before its connections are cut. */
const LEAVE_SECONDS = 1;

class Places implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #open: HostFiles[] = [];
  readonly #ends: (() => void)[] = [];
  constructor(clock: Clock, signal: AbortSignal | undefined) {
    this.#clock = clock;
    this.#signal = signal;
  }
  async open({ place, ssh }: FilesAt): Promise<HostFiles> {
    const files = ssh === undefined ? mountedFiles(place) : await this.#behindSsh(place, ssh);
    this.#open.push(files);
    return files;
  }
  /** Loads the SSH client only here: it takes longer to begin than a process that copies a small scan. */
  async #behindSsh(place: string, ssh: SshSettings): Promise<HostFiles> {
    const [{ openSftp }, { sshFiles }] = await Promise.all([import("../ssh/connection.ts"), import("./ssh-files.ts")]);
    const cut = new AbortController();
    let seconds = 0;
    let cancel = (): void => {};
    const off = (): void => {
      cancel = this.#clock.after(seconds, () => cut.abort(this.#signal?.reason));
    };
    this.#signal?.addEventListener("abort", off, { once: true });
    if (this.#signal?.aborted === true) off(); // while the client was loaded: no event tells of that
    this.#ends.push(() => {
      this.#signal?.removeEventListener("abort", off);
      cancel();
    });
    const session = await openSftp(ssh, this.#clock, cut.signal);
    seconds = LEAVE_SECONDS;
    return sshFiles(place, session);
  }
  async destination(at: FilesAt): Promise<{ readonly files: HostFiles; readonly top: string }> {
    return { files: await this.open(at), top: at.top };
  }
  async source(at: SourceAt, between: () => Promise<void>): Promise<RemovePlace> {
    return { files: await this.open(at), top: at.named, at: at.top, between };
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end();
    for (const files of this.#open) await files.close();
  }
}
