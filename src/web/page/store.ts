/** The values that the IOC has told last, and who draws them. Only what has changed is drawn, once a frame. */

export type PageValue = number | string | readonly (number | string)[];
/** 0: no alarm, 1 MINOR, 2 MAJOR, 3 INVALID. */
export type PvSeverity = number;

/** What an event of the IOC says. */
export interface Update {
  /** Milliseconds since 1970, of the IOC's clock. */
  readonly time: number;
  readonly values: Readonly<Record<string, PageValue>>;
  /** Of a snapshot: those that are not 0; else those that have changed. */
  readonly severities: Readonly<Record<string, PvSeverity>>;
  /** Names of states that the model does not have, since they change. */
  readonly states: Readonly<Record<string, readonly string[]>>;
}

export class ValueStore {
  readonly #values = new Map<string, PageValue>();
  readonly #severities = new Map<string, PvSeverity>();
  readonly #states = new Map<string, readonly string[]>();
  readonly #drawings = new Map<string, Set<() => void>>();
  readonly #due = new Set<() => void>();
  readonly #soon: (flush: () => void) => void;
  #isPlanned = false;
  /** Of the last update, on the IOC's clock; 0 before the first. */
  time = 0;

  /** @param soon runs `flush` before the next frame */
  constructor(soon: (flush: () => void) => void) {
    this.#soon = soon;
  }

  value(suffix: string): PageValue | undefined {
    return this.#values.get(suffix);
  }
  severity(suffix: string): PvSeverity {
    return this.#severities.get(suffix) ?? 0;
  }
  /** The names of its states, where they change. */
  states(suffix: string): readonly string[] | undefined {
    return this.#states.get(suffix);
  }
  /** Text of a PV of text; empty for what is none, or not known yet. */
  text(suffix: string): string {
    const value = this.#values.get(suffix);
    return typeof value === "string" ? value : "";
  }

  /** Calls `draw` now, and in the frame after one of these PVs has changed. @returns ends that */
  draw(suffixes: readonly string[], draw: () => void): () => void {
    for (const suffix of suffixes) {
      const drawings = this.#drawings.get(suffix) ?? new Set();
      this.#drawings.set(suffix, drawings.add(draw));
    }
    draw();
    return () => {
      for (const suffix of suffixes) this.#drawings.get(suffix)?.delete(draw);
      this.#due.delete(draw);
    };
  }

  /** Everything, after which nothing of before holds. */
  begin(update: Update): void {
    for (const suffix of this.#values.keys()) if (!(suffix in update.values)) this.#forget(suffix);
    for (const suffix of this.#severities.keys())
      if (!(suffix in update.severities)) {
        this.#severities.delete(suffix);
        this.#changed(suffix);
      }
    this.change(update);
  }

  /** What has changed. */
  change({ time, values, severities, states }: Update): void {
    this.time = time;
    for (const [suffix, value] of Object.entries(values)) {
      if (Object.is(this.#values.get(suffix), value)) continue;
      this.#values.set(suffix, value);
      this.#changed(suffix);
    }
    for (const [suffix, severity] of Object.entries(severities)) {
      if (this.severity(suffix) === severity) continue;
      this.#severities.set(suffix, severity);
      this.#changed(suffix);
    }
    for (const [suffix, names] of Object.entries(states)) {
      if (String(this.#states.get(suffix)) === String(names)) continue;
      this.#states.set(suffix, names);
      this.#changed(suffix);
    }
  }

  #forget(suffix: string): void {
    this.#values.delete(suffix);
    this.#changed(suffix);
  }

  #changed(suffix: string): void {
    const drawings = this.#drawings.get(suffix);
    if (drawings === undefined || drawings.size === 0) return;
    for (const draw of drawings) this.#due.add(draw);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#soon(() => this.#flush());
  }

  #flush(): void {
    this.#isPlanned = false;
    const due = [...this.#due];
    this.#due.clear();
    for (const draw of due) draw();
  }
}
