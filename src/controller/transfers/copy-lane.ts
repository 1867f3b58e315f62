/** Sends scans to a destination that files are copied to, one after the other, and proves each. */
import { sleep } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import type { CopiedFile, CopyProgress, Parcel } from "../ports/destinations.ts";
import type { ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import { Lane } from "./lane.ts";
import { ownPlace } from "./places.ts";
import { proofProblem, proofText } from "./proof.ts";
import { LEDGER_SECONDS, nameOf, type Road } from "./road.ts";
import type { CopyRow } from "./rules.ts";
import { manifestName } from "./scan-path.ts";

/** The copy under way. */
export interface CopyNow extends CopyProgress {
  readonly scan: string;
  /** Monotonic seconds. */
  readonly since: number;
  /** When the copy gave its last sign of life, monotonic seconds. */
  readonly heard: number;
}

export class CopyLane extends Lane {
  readonly #row: CopyRow;
  /** Undefined: nothing is being copied. */
  now: CopyNow | undefined;

  constructor(road: Road, row: CopyRow) {
    super(road, row.name);
    this.#row = row;
  }

  /** That the copy under way gives no sign of life, a sentence; undefined: it does, or there is none. */
  get silence(): string | undefined {
    if (this.now === undefined) return undefined;
    const minutes = Math.floor((this.road.clock.monotonic() - this.now.heard) / 60);
    if (minutes < 1) return undefined;
    const long = minutes === 1 ? "a minute" : `${minutes} minutes`;
    return `Nothing was heard of the copy of ${this.scanNamed(this.now.scan)} for ${long}: does the file server answer?`;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  async run(signal: AbortSignal): Promise<void> {
    const wake = this.road.wake();
    for (;;) {
      const { send, waitSeconds } = this.next();
      if (send === undefined) await wake.wait(this.road.clock, waitSeconds, signal);
      else await this.road.step(() => this.#deliver(send, signal));
    }
  }

  async #deliver(send: SendRecord, signal: AbortSignal): Promise<void> {
    const { queue, clock } = this.road;
    const scan = queue.scans.get(send.scan)?.scan;
    if (scan === undefined) throw new ActionError(`The ledger has lost the scan ${send.scan}.`);
    const since = clock.monotonic();
    this.now = { scan: scan.id, since, heard: since, bytes: 0, files: 0 };
    const given = new AbortController();
    const until = AbortSignal.any([signal, given.signal]);
    try {
      await this.#copy(scan, until, () => {
        if (queue.send(scan.id, this.destination)?.state === "dropped")
          given.abort(new GivenUpError("It was given up."));
      });
      this.works(scan.id);
    } catch (thrown) {
      if ((await this.failed([scan.id], thrown, signal)) === "ledger") await sleep(clock, LEDGER_SECONDS, signal);
    } finally {
      this.now = undefined;
    }
  }

  /** @param look called now and then while files are copied */
  async #copy(scan: ScanRecord, signal: AbortSignal, look: () => void): Promise<void> {
    const { clock } = this.road;
    const { name, copier, writesManifest } = this.#row;
    const began = clock.monotonic();
    const manifest = await this.road.manifestOf(scan);
    const parts = await ownPlace(this.road, scan, manifest, this.#row);
    const parcel: Parcel = { manifest, parts };
    const onProgress = (progress: CopyProgress): void => {
      if (this.now !== undefined) this.now = { ...this.now, ...progress, heard: clock.monotonic() };
      look();
    };
    const copied = await copier.copy(parcel, { signal, onProgress });
    const ours = writesManifest ? manifestName(nameOf(scan), manifest) : undefined; // of an earlier version of the scan
    const found = (await copier.list(parcel, { signal })).filter(({ path }) => path !== ours);
    const problem = await proofProblem(manifest, found);
    if (problem !== undefined) {
      const reason = `After the copy of ${nameOf(scan)} to ${name}, ${proofText(problem)}.`;
      await this.road.ended(scan.id, name, { state: "failed", reason, missing: problem }, scan.signature);
      return;
    }
    if (ours !== undefined) await copier.write(parts, ours, manifestText(scan, copied), { signal });
    const end = { state: "verified", bytes: scan.bytes ?? 0, seconds: clock.monotonic() - began } as const;
    await this.road.ended(scan.id, name, end, scan.signature);
  }
}

/** A person has dropped the scan that is being copied. */
class GivenUpError extends ActionError {}

/** What was sent, for whoever finds it there: sizes in bytes, times ISO 8601 in UTC, checksums SHA-256. */
function manifestText(scan: ScanRecord, copied: readonly CopiedFile[]): string {
  const files = copied.map(({ path, bytes, modified, sha256 }) =>
    JSON.stringify({ path, bytes, modified: new Date(modified).toISOString(), sha256 }),
  );
  const { id, file, tags } = scan;
  const head = JSON.stringify({ scan: nameOf(scan), id, source: file, experiment: tags?.exp ?? "" }).slice(0, -1);
  return `${head},"files":[\n${files.join(",\n")}\n]}\n`;
}
