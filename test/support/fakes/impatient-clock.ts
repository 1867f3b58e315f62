/**
 * A fake clock on which short waits, such as those between two attempts, are over in the next turn of the event loop.
 */
import type { Cancel } from "../../../src/base/clock.ts";
import { FakeClock } from "./fake-clock.ts";

/** Waits up to this long pass by themselves; time limits are longer and pass when the test advances the clock. */
const SHORT_SECONDS = 45;

export class ImpatientClock extends FakeClock {
  /** The short waits asked for, in seconds. */
  readonly waits: number[] = [];

  override after(seconds: number, action: () => void): Cancel {
    if (seconds > SHORT_SECONDS) return super.after(seconds, action);
    this.waits.push(seconds);
    const cancel = super.after(seconds, action);
    const turn = setImmediate(() => this.advance(seconds));
    return () => {
      clearImmediate(turn);
      cancel();
    };
  }
}
