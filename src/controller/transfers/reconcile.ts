/**
 * Compares the source's disk, the ledger and the destinations, and says what is missing where. Asked to, it takes what
 * is at its destinations already into the ledger as proven, by the same proof as behind a transfer and without sending
 * it, and queues what is not. What it cannot find out it leaves as it is.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError, CancelledError, clauseOf } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { listed } from "../../base/word-list.ts";
import { NotFoundError } from "../ports/call.ts";
import type { QueueChange, ScanRecord, ScanTags, SendRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import { RejectedError } from "../run/outcome.ts";
import { DestinationLooks, type SoughtScan, type Standing, standingText } from "./at-destinations.ts";
import { FOUND_BY, FOUND_THERE, isClosed } from "./queue-states.ts";
import { type Road, signatureOf } from "./road.ts";
import type { DestinationRow } from "./rules.ts";
import { NO_TAGS, partsBelow } from "./scan-path.ts";
import { goesTo, LedgerFailedError } from "./scan-queue.ts";
import { namedTags, tagsOf } from "./scan-tags.ts";
import { otherThan } from "./source-files.ts";
import { destinationsBy } from "./triggers/scan-trees.ts";
import { verdictOn } from "./verdict.ts";

export interface ReconcileOptions {
  /** Whether the ledger is changed; otherwise it is only told. */
  readonly isEnqueued: boolean;
  readonly signal: AbortSignal;
  /** Gets a line for each scan that is not simply proven or under way. */
  readonly onLine: (line: string) => void;
  readonly onProgress: (done: number, total: number) => void;
}

/** Scans, counted once each but for `adopted` and `queued`. */
export interface Reconciled {
  /** On the disk, or known to the ledger and not deleted. */
  readonly found: number;
  readonly proven: number;
  readonly underWay: number;
  /** Not at all their destinations, and nothing is done about it yet. */
  readonly missing: number;
  /** Of which it could not be found out. */
  readonly unknown: number;
  /** Left by a rule, or given up by a person. */
  readonly left: number;
  /** Taken into the ledger as they are at all their destinations. */
  readonly adopted: number;
  /** Queued for a destination at least. */
  readonly queued: number;
}

/** Scans that are compared at once, and about how many files of theirs. */
const CHUNK_SCANS = 200;
const CHUNK_FILES = 50_000;
const LOOKS = 4;

interface ByPath {
  readonly tags: Partial<ScanTags>;
  /** Absent: all. */
  readonly destinations?: readonly string[];
}

/** What is known of a scan on the disk. */
interface Item {
  readonly file: string;
  /** The newest version in the ledger. */
  readonly newest: ScanRecord | undefined;
  /** The same, with its sends as they were when it was looked at; undefined: what is on the disk is none of it. */
  readonly scan: ScanRecord | undefined;
  readonly sends: ReadonlyMap<string, SendRecord>;
  /** What its path says, where the ledger says nothing. */
  readonly byPath: ByPath | undefined;
  readonly source: AtSource;
  /** What is looked for at destinations; undefined: nothing can be. */
  readonly manifest: Manifest | undefined;
}

type AtSource =
  | { readonly is: "there"; readonly manifest: Manifest; readonly signature: string }
  /** rest: Prune has deleted some of its files. */
  | { readonly is: "gone" | "rest" | "unknown"; readonly why: string };

type ReconcileWord = keyof Omit<Reconciled, "found" | "adopted" | "queued">;

/** What becomes of a scan at a destination. */
interface AtDestination {
  readonly name: string;
  /** wanted: to be sent. adopted: proven without having been sent by this ledger. */
  readonly is: "proven" | "adopted" | "wanted" | "underWay" | "left" | "failed" | "unknown";
  /** For people, a clause. */
  readonly text: string;
}

/** @throws RejectedError; ActionError where the disk cannot be listed; LedgerFailedError; the signal's reason */
export async function reconcile(road: Road, options: ReconcileOptions): Promise<Reconciled> {
  const { site } = road;
  const { disk, original, source } = site.source;
  if (disk === undefined)
    throw new RejectedError("Nothing is sent: there is no [destination …] section in globus.conf.");
  if (original !== undefined)
    throw new RejectedError(
      `Scans are sent from TomoScan's copies on ${source.name} (host = analysis), of which nobody knows whose they are: Reconcile needs host = detector in [source].`,
    );
  if (options.isEnqueued && road.isDry) throw new RejectedError("Testing is Yes: nothing is queued; set it to No.");
  const { scans, problems } = await disk.scans({ signal: options.signal });
  for (const problem of problems) options.onLine(problem);
  return await new Reconciliation(road, options).run([...new Set([...scans, ...ledgerFiles(road, source.top)])].sort());
}

/** Files of scans that the ledger has and that should be on the disk: not all of them need be of the names of scans. */
function ledgerFiles({ queue }: Road, top: string): readonly string[] {
  return [...queue.scans.values()].flatMap(({ scan }) =>
    scan.state !== "left" && scan.freed?.isWhole !== true && partsBelow(top, scan.file) !== undefined
      ? [scan.file]
      : [],
  );
}

class Reconciliation {
  readonly #road: Road;
  readonly #options: ReconcileOptions;
  readonly #looks: DestinationLooks;
  readonly #sums: { -readonly [N in keyof Reconciled]: number } = {
    found: 0,
    proven: 0,
    underWay: 0,
    missing: 0,
    unknown: 0,
    left: 0,
    adopted: 0,
    queued: 0,
  };

  constructor(road: Road, options: ReconcileOptions) {
    const { source, tasks } = road.site;
    this.#road = road;
    this.#options = options;
    this.#looks = new DestinationLooks({ top: source.source.top, tasks, remembers: true });
  }

  async run(files: readonly string[]): Promise<Reconciled> {
    const { signal, onProgress } = this.#options;
    let items: Item[] = [];
    for (let at = 0; at < files.length; at += LOOKS) {
      onProgress(at, files.length);
      items.push(...(await fewAtATime(files.slice(at, at + LOOKS), LOOKS, (file) => this.#item(file, signal))));
      signal.throwIfAborted();
      const held = items.reduce((sum, { manifest }) => sum + (manifest?.files.length ?? 0), 0);
      if (items.length < CHUNK_SCANS && held < CHUNK_FILES && at + LOOKS < files.length) continue;
      const there = await this.#atDestinations(items, signal);
      for (const [index, item] of items.entries()) await this.#take(item, there[index] ?? []);
      items = [];
    }
    onProgress(files.length, files.length);
    return this.#sums;
  }

  async #item(file: string, signal: AbortSignal): Promise<Item> {
    const queued = this.#road.queue.ofFile(file).at(-1);
    const newest = queued?.scan;
    const isFreed = newest?.freed?.isWhole === true;
    const byPath = newest === undefined || isFreed ? this.#byPath(file) : undefined;
    const asKnown = { file, newest, scan: newest, sends: new Map(queued?.sends), byPath };
    if (newest !== undefined && newest.state !== "ready")
      return { ...asKnown, source: { is: "unknown", why: "" }, manifest: undefined };
    const source = await this.#source(file, signal);
    if (isFreed && source.is === "gone") return { ...asKnown, source, manifest: undefined };
    const known = isFreed ? { ...asKnown, scan: undefined, sends: new Map<string, SendRecord>() } : asKnown;
    const { scan } = known;
    if (scan === undefined) return { ...known, source, manifest: source.is === "there" ? source.manifest : undefined };
    try {
      const manifest = await this.#road.manifestOf(scan);
      const isRest =
        scan.freed !== undefined &&
        source.is === "there" &&
        source.signature !== scan.signature &&
        (await otherThan(source.manifest, manifest)) === undefined;
      return {
        ...known,
        source: isRest ? { is: "rest", why: "Prune has deleted some of its files" } : source,
        manifest,
      };
    } catch (thrown) {
      const { sentence, isBug } = verdictOn(thrown, signal);
      if (isBug) throw thrown;
      return { ...known, source: { is: "unknown", why: sentence.replace(/\.$/, "") }, manifest: undefined };
    }
  }

  /** Of the tagged experiment it is where the path says so; else what the path says is all that anybody knows. */
  #byPath(file: string): ByPath {
    const { site, tags: tagged } = this.#road;
    const { trees = [] } = site;
    const isTagged =
      tagged !== undefined && tagsOf({ file, mayBeOld: true }, { tagged, trees, templates: [] }) === tagged;
    const destinations = destinationsBy(trees, file);
    return { tags: isTagged ? tagged : namedTags(trees, file), ...(destinations !== undefined && { destinations }) };
  }

  async #source(file: string, signal: AbortSignal): Promise<AtSource> {
    try {
      const manifest = await this.#road.site.source.source.look(file, { signal });
      return { is: "there", manifest, signature: await signatureOf(manifest) };
    } catch (thrown) {
      const { isBug } = verdictOn(thrown, signal);
      if (isBug) throw thrown;
      return { is: thrown instanceof NotFoundError ? "gone" : "unknown", why: clauseOf(thrown) };
    }
  }

  async #atDestinations(items: readonly Item[], signal: AbortSignal): Promise<readonly (readonly AtDestination[])[]> {
    const all: AtDestination[][] = items.map(() => []);
    for (const row of this.#road.site.destinations) {
      const asked = items.flatMap((item, index) => (isLookedFor(item, row) ? [{ item, index }] : []));
      const sought = asked.map(({ item }) => soughtOf(item, row));
      const standings = await this.#looks.of(row, sought, signal);
      for (const [at, { item, index }] of asked.entries())
        all[index]?.push(withLook(row.name, item.sends.get(row.name), standings[at] as Standing));
      for (const [index, item] of items.entries()) {
        const without = isWanted(item, row) && !isLookedFor(item, row) ? withoutLook(row.name, item) : undefined;
        if (without !== undefined) all[index]?.push(without);
      }
    }
    return all;
  }

  async #take(item: Item, there: readonly AtDestination[]): Promise<void> {
    const { verdict, line, cure } = judged(item, there);
    this.#sums.found++;
    this.#sums[verdict]++;
    if (line !== "") this.#options.onLine(`${cleanJson(item.file).slice(1, -1)}: ${line}`);
    if (cure === undefined || !this.#options.isEnqueued) return;
    const { dryReason } = this.#road;
    if (dryReason !== undefined)
      throw new CancelledError(`Ended, since ${dryReason}: ${reconciledText(this.#sums, true)}`);
    if (cure === "adopt" && this.#mayGrow(item)) {
      this.#options.onLine(`${cleanJson(item.file).slice(1, -1)}: it was written a moment ago, and is taken later`);
      return;
    }
    if (await this.#cured(item, there, cure)) this.#sums[cure === "adopt" ? "adopted" : "queued"]++;
  }

  #mayGrow({ source }: Item): boolean {
    const { clock, site } = this.#road;
    return source.is === "there" && clock.now() - newestOf(source.manifest) < site.rules.settleSeconds * 1000;
  }

  /** @returns false where the scan is another in the ledger meanwhile @throws LedgerFailedError */
  async #cured(item: Item, there: readonly AtDestination[], cure: Cure): Promise<boolean> {
    const { queue, site } = this.#road;
    const { source, scan } = item;
    if (source.is !== "there") return false;
    const fresh = scan === undefined || cure === "again" ? this.#fresh(item, source.manifest) : undefined;
    const isProven = fresh !== undefined && cure === "adopt";
    if (isProven) await site.ledger.keepManifest(fresh.id, source.manifest).catch(refusedByLedger);
    let isTaken = false;
    await this.#road.change(() => {
      const now = queue.ofFile(item.file).at(-1);
      const isAsSeen = (name: string): boolean => now?.sends.get(name) === item.sends.get(name);
      isTaken = now?.scan === item.newest && (scan === undefined || there.every(({ name }) => isAsSeen(name)));
      if (!isTaken) return [];
      if (fresh === undefined) return this.#sends(scan?.id ?? "", there);
      if (isProven) return [{ scan: readyScan(fresh, source) }, ...this.#sends(fresh.id, there)];
      const adopted = cure === "again" ? [] : there.filter(({ is }) => is === "adopted");
      // The gate keeps what is proven of a version that is still the same when it has come to rest.
      const waiting = adopted.length === 0 ? fresh : { ...fresh, signature: source.signature };
      return [{ scan: waiting }, ...this.#sends(fresh.id, adopted)];
    });
    return isTaken;
  }

  #fresh({ file, scan, byPath }: Item, manifest: Manifest): ScanRecord {
    const destinations = scan === undefined ? byPath?.destinations : scan.destinations;
    return {
      id: this.#road.newId(),
      file,
      state: "waiting",
      seen: Math.min(this.#road.clock.now(), newestOf(manifest)),
      trigger: FOUND_BY,
      tags: scan?.tags ?? { ...NO_TAGS, ...(scan === undefined && byPath?.tags) },
      ...(destinations !== undefined && { destinations }),
    };
  }

  #sends(scan: string, there: readonly AtDestination[]): QueueChange[] {
    const at = this.#road.clock.now();
    return there.flatMap(({ name: destination, is }): QueueChange[] => {
      if (is !== "adopted" && is !== "wanted") return [];
      const send = { scan, destination, attempts: 0, at };
      if (is === "wanted") return [{ send: { ...send, state: "queued" } }];
      return [{ send: { ...send, state: "verified", reason: FOUND_THERE } }];
    });
  }
}

/** again: the files are another version. send: to where it is missing. adopt: it is proven already. */
type Cure = "again" | "send" | "adopt";

/** Sent in bulk, it would take the place of what is nowhere else. */
const OVER_DELETED =
  "Prune deleted an older scan of that name, which may be there alone: rename the new one, or put it in with globus-ioc trigger";

/** How a scan stands, a line about it where there is something to say, and what it takes to put it right. */
function judged(
  { newest, scan, source }: Item,
  there: readonly AtDestination[],
): { readonly verdict: ReconcileWord; readonly line: string; readonly cure?: Cure } {
  const texts = there.flatMap(({ text }) => (text === "" ? [] : [text])).join("; ");
  const has = (is: AtDestination["is"]): boolean => there.some((one) => one.is === is);
  if (scan?.freed?.isWhole === true) return { verdict: "proven", line: "" };
  if (scan?.state === "left") return { verdict: "left", line: `left, since ${scan.reason ?? "a rule says so"}` };
  if (scan?.state === "waiting") return { verdict: "underWay", line: "" };
  if (scan?.state === "lost") return { verdict: "missing", line: `not sent (QueueRetry): ${scan.reason ?? ""}` };
  if (source.is === "unknown") return { verdict: "unknown", line: source.why };
  const isSeen = source.is === "there";
  if (scan === undefined && !isSeen) return { verdict: "unknown", line: source.why };
  if (scan !== undefined && isSeen && source.signature !== scan.signature)
    return { verdict: "missing", line: "it has changed since it was queued", cure: "again" };
  if (has("unknown")) return { verdict: "unknown", line: texts };
  if (has("wanted") && !isSeen)
    return { verdict: "missing", line: `${source.is === "rest" ? source.why : "it is gone from the disk"}; ${texts}` };
  if (has("wanted") && scan === undefined && newest !== undefined)
    return { verdict: "missing", line: `${texts}; ${OVER_DELETED}` };
  if (has("wanted")) return { verdict: "missing", line: texts, cure: "send" };
  if (has("failed")) return { verdict: "missing", line: texts };
  if (has("underWay")) return { verdict: "underWay", line: "" };
  if (has("adopted")) return { verdict: "proven", line: `${texts}, and not in the ledger`, cure: "adopt" };
  if (there.length > 0 && there.every(({ is }) => is === "left")) return { verdict: "left", line: texts };
  return { verdict: "proven", line: "" };
}

/** Whether a scan goes to a destination. */
const isWanted = ({ scan, sends, byPath = { tags: {} } }: Item, { name }: DestinationRow): boolean =>
  goesTo({ scan: scan ?? byPath, sends }, name);

/** Whether a scan is looked for there: it should be there, or nobody knows. */
function isLookedFor(item: Item, row: DestinationRow): boolean {
  const send = item.sends.get(row.name);
  return item.manifest !== undefined && isWanted(item, row) && (send === undefined || send.state === "verified");
}

/** Of a scan that is not known the tags are those of its path. */
const soughtOf = ({ file, scan, sends, byPath, manifest }: Item, { name }: DestinationRow): SoughtScan => ({
  file,
  times: sends.get(name)?.times,
  tags: scan === undefined ? byPath?.tags : (scan.tags ?? NO_TAGS),
  manifest: manifest as Manifest,
});

function withLook(name: string, send: SendRecord | undefined, standing: Standing): AtDestination {
  const text = standingText(name, standing);
  if (standing.is === "unknown") return { name, is: "unknown", text };
  if (standing.is === "missing") return { name, is: "wanted", text };
  return send === undefined ? { name, is: "adopted", text } : { name, is: "proven", text: "" };
}

/** @returns undefined where nothing was to be sent */
function withoutLook(name: string, { sends }: Item): AtDestination | undefined {
  const send = sends.get(name);
  if (send === undefined) return undefined;
  if (!isClosed(send)) return { name, is: "underWay", text: `under way to ${name}` };
  if (send.state === "dead") return { name, is: "failed", text: `${name} (QueueRetry): ${send.reason ?? "it failed"}` };
  return { name, is: "left", text: `${name}: it was given up` };
}

const newestOf = ({ files }: Manifest): number => files.reduce((newest, { modified }) => Math.max(newest, modified), 0);

const readyScan = (scan: ScanRecord, { manifest, signature }: Extract<AtSource, { is: "there" }>): ScanRecord => ({
  ...scan,
  state: "ready",
  signature,
  folder: manifest.folder,
  isFolder: manifest.isFolder,
  files: manifest.files.length,
  bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
});

function refusedByLedger(thrown: unknown): never {
  throw thrown instanceof ActionError ? new LedgerFailedError(thrown.message, { cause: thrown.cause }) : thrown;
}

/** What was compared, in one sentence or two, for people. */
export function reconciledText(sums: Reconciled, isEnqueued: boolean): string {
  const { found, proven, underWay, missing, unknown, left, adopted, queued } = sums;
  const parts = [
    `${proven} proven`,
    ...(underWay === 0 ? [] : [`${underWay} under way`]),
    `${missing} missing somewhere`,
    ...(unknown === 0 ? [] : [`${unknown} of which nobody can say`]),
    ...(left === 0 ? [] : [`${left} left`]),
  ];
  const done = isEnqueued
    ? ` ${adopted} of them were taken into the ledger without being sent, and ${queued} queued.`
    : "";
  return `${found === 1 ? "1 scan" : `${found} scans`}: ${listed(parts)}.${done}`;
}
