/**
 * The PVs as pages follow them: one snapshot for who comes, and one event of what has changed for all, a few times a
 * second. Each is written out once, however many pages there are; while there is none, nothing is followed.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import { type PvSuffix, rowOf } from "../controller/pvs/index.ts";
import type { WebLook, WebPvs, WebValue } from "./ports.ts";

/** Seconds between two events: five a second look live. */
const EVENT_SECONDS = 0.2;
/** Seconds that the first change after a rest waits for the others of its kind: a command writes several PVs. */
const GATHER_SECONDS = 0.02;

export interface LiveValuesOptions {
  readonly pvs: WebPvs;
  readonly suffixes: readonly PvSuffix[];
  readonly clock: Clock;
  /** Gets each event, as its bytes. */
  readonly send: (event: Uint8Array) => void;
}

export class LiveValues {
  readonly #options: LiveValuesOptions;
  readonly #changed = new Set<PvSuffix>();
  /** What pages were told last. */
  readonly #told = new Map<PvSuffix, WebLook>();
  #unfollow: (() => void)[] = [];
  #flush: Cancel | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #snapshot: Uint8Array | undefined;

  constructor(options: LiveValuesOptions) {
    this.#options = options;
  }

  /** Follows the PVs, from the first page on. */
  start(): void {
    const { pvs, suffixes } = this.#options;
    for (const suffix of suffixes) {
      this.#told.set(suffix, pvs.look(suffix));
      this.#unfollow.push(pvs.whenPosted(suffix, () => this.#posted(suffix)));
    }
  }

  /** Lets the PVs be, without pages. */
  stop(): void {
    for (const unfollow of this.#unfollow.splice(0)) unfollow();
    this.#flush?.();
    this.#flush = undefined;
    this.#changed.clear();
    this.#told.clear();
    this.#snapshot = undefined;
  }

  /** All values now: what a page begins with. */
  snapshot(): Uint8Array {
    if (this.#snapshot === undefined) {
      const { pvs, suffixes } = this.#options;
      const looks = suffixes.map((suffix) => ({ suffix, ...pvs.look(suffix) }));
      this.#snapshot = this.#event("snapshot", looks, ({ severity }) => severity !== 0);
    }
    return this.#snapshot;
  }

  #posted(suffix: PvSuffix): void {
    this.#changed.add(suffix);
    this.#snapshot = undefined;
    if (this.#flush !== undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(GATHER_SECONDS, this.#flushedAt + EVENT_SECONDS - clock.monotonic());
    this.#flush = clock.after(wait, () => this.#tell());
  }

  #tell(): void {
    const { clock, pvs, send } = this.#options;
    this.#flush = undefined;
    const news: SuffixLook[] = [];
    const before = new Map<PvSuffix, WebLook | undefined>();
    for (const suffix of this.#changed) {
      const told = this.#told.get(suffix);
      const look = pvs.look(suffix);
      if (told !== undefined && isSameLook(told, look)) continue;
      this.#told.set(suffix, look);
      before.set(suffix, told);
      news.push({ suffix, ...look });
    }
    this.#changed.clear();
    if (news.length === 0) return;
    this.#flushedAt = clock.monotonic();
    send(this.#event("change", news, ({ suffix, severity }) => severity !== (before.get(suffix)?.severity ?? 0)));
  }

  /** @param tellsSeverity whether the event has the severity of a PV */
  #event(name: string, looks: readonly SuffixLook[], tellsSeverity: (look: SuffixLook) => boolean): Uint8Array {
    const values = Object.fromEntries(looks.map(({ suffix, value }) => [suffix, value]));
    const severities = Object.fromEntries(
      looks.filter(tellsSeverity).map(({ suffix, severity }) => [suffix, severity]),
    );
    const states = Object.fromEntries(looks.flatMap((look) => namesOf(look)));
    const text = JSON.stringify({ time: this.#options.clock.now(), values, severities, states });
    return Buffer.from(`event: ${name}\ndata: ${text}\n\n`);
  }
}

interface SuffixLook extends WebLook {
  readonly suffix: PvSuffix;
}

/** The names of the states that the PV table does not have: of servers, and of answers to a run's question. */
const namesOf = ({ suffix, states }: SuffixLook): [PvSuffix, readonly string[]][] =>
  states === undefined || rowOf(suffix)?.states !== undefined ? [] : [[suffix, states]];

const isSameLook = (one: WebLook, other: WebLook): boolean =>
  one.severity === other.severity && isSame(one.value, other.value) && isSame(one.states ?? [], other.states ?? []);

const isSame = (one: WebValue, other: WebValue): boolean =>
  typeof one === "object" && typeof other === "object"
    ? one.length === other.length && one.every((element, index) => Object.is(element, other[index]))
    : Object.is(one, other);
