/** The last fifteen minutes of the figures that have a graph: what the IOC remembers, and what has come since. */
import type { RateHistory } from "./events.ts";
import type { ValueStore } from "./store.ts";
import type { PageClock } from "./time.ts";

const SPAN_SECONDS = 15 * 60;
/** Until the IOC has said its own. */
const USUAL_STEP_SECONDS = 5;

type Points = readonly (number | null)[];

export class RateTrack {
  readonly #store: ValueStore;
  readonly #clock: PageClock;
  readonly #points = new Map<string, (number | null)[]>();
  readonly #drawings = new Map<string, ((points: Points) => void)[]>();
  #stepSeconds = USUAL_STEP_SECONDS;
  #end: () => void;
  /** A page that is not live has nothing to add but gaps. */
  isLive = false;

  constructor(store: ValueStore, clock: PageClock) {
    this.#store = store;
    this.#clock = clock;
    this.#end = clock.every(this.#stepSeconds, () => this.#sample());
  }

  /** Calls `draw` with the points of a PV, oldest first, now and whenever one comes. */
  draw(suffix: string, draw: (points: Points) => void): void {
    this.#drawings.set(suffix, [...(this.#drawings.get(suffix) ?? []), draw]);
    draw(this.#of(suffix));
  }

  /** What the IOC remembers replaces what the page does. */
  begin({ stepSeconds, values }: RateHistory): void {
    if (stepSeconds !== this.#stepSeconds) {
      this.#stepSeconds = stepSeconds;
      this.#end();
      this.#end = this.#clock.every(stepSeconds, () => this.#sample());
    }
    for (const [suffix, row] of Object.entries(values)) {
      this.#points.set(suffix, this.#cut(row.map(known)));
      this.#tell(suffix);
    }
  }

  #sample(): void {
    for (const suffix of this.#drawings.keys()) {
      const value = this.#store.value(suffix);
      const point = this.isLive && typeof value === "number" ? known(value) : null;
      this.#points.set(suffix, this.#cut([...this.#of(suffix), point]));
      this.#tell(suffix);
    }
  }

  #tell(suffix: string): void {
    for (const draw of this.#drawings.get(suffix) ?? []) draw(this.#of(suffix));
  }

  #of(suffix: string): (number | null)[] {
    return this.#points.get(suffix) ?? [];
  }

  /** As many points as the span has, a gap for what was before. */
  #cut(points: readonly (number | null)[]): (number | null)[] {
    const count = Math.round(SPAN_SECONDS / this.#stepSeconds);
    const missing = Math.max(0, count - points.length);
    return [...Array.from({ length: missing }, () => null), ...points.slice(-count)];
  }
}

/** Rates are never below 0: that is how the IOC says that nobody knows. */
const known = (value: number | null): number | null => (value === null || !(value >= 0) ? null : value);
