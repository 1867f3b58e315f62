/**
 * The only source of time and timers. Everything that waits is handed a Clock, so tests hand in a fake clock and never
 * sleep.
 */

/** A wait that can be called off; calling it again does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall-clock time, milliseconds since 1970 UTC; may step. For time stamps only. */
  now(): number;
  /** Seconds since an arbitrary start; never steps. For intervals. */
  monotonic(): number;
  /** Runs `action` once, `seconds` from now, however many they are (0: in a later turn of the event loop). */
  after(seconds: number, action: () => void): Cancel;
  /**
   * Runs `action` after the current turn of the event loop has handled its input. Cheaper than `after(0)`; cannot be
   * called off.
   */
  soon(action: () => void): void;
}

/** One timer of Node can wait for 24.8 days; were it asked for more, it would fire at once. */
const LONGEST_SECONDS = 2_000_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() / 1000,
  after: (seconds, action) => {
    if (seconds > LONGEST_SECONDS) return afterLong(seconds, action);
    const timer = setTimeout(action, seconds * 1000);
    return () => clearTimeout(timer);
  },
  soon: (action) => {
    setImmediate(action);
  },
};

/** A chain of timers. */
function afterLong(seconds: number, action: () => void): Cancel {
  let cancel = systemClock.after(LONGEST_SECONDS, () => {
    cancel = systemClock.after(seconds - LONGEST_SECONDS, action);
  });
  return () => cancel();
}

/** What `clock` calls may throw: `failed` is told, and the program goes on. */
export function guardedClock(clock: Clock, failed: (thrown: unknown) => void): Clock {
  const guarded = (action: () => void) => () => {
    try {
      action();
    } catch (thrown) {
      failed(thrown);
    }
  };
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (seconds, action) => clock.after(seconds, guarded(action)),
    soon: (action) => clock.soon(guarded(action)),
  };
}

/** Resolves in a later turn of the event loop, when what has come in meanwhile was handled. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves `seconds` from now; rejects with the signal's reason as soon as `signal` is aborted. */
export function sleep(clock: Clock, seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const stop = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(seconds, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Resolves when `signal` is aborted; keeps the process alive until then. */
export async function untilAborted(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(clock, LONGEST_SECONDS, signal).catch(() => undefined);
}
