/**
 * Repeats a call that failed: a bounded number of times, with growing, jittered waits, until it is called off. It does
 * not decide what may be repeated: the caller's `verdict` does, and it says "no" unless the call is safe to send twice.
 */
import { type Clock, sleep } from "./clock.ts";

export interface RetryPolicy {
  /** Attempts in all, the first included; at least 1. */
  readonly attempts: number;
  /** Wait before the second attempt; each further wait is twice as long. */
  readonly firstWaitSeconds: number;
  /** No wait is longer. A peer that asks for a longer wait is not waited for: its failure is final. */
  readonly longestWaitSeconds: number;
  /** No attempt begins later than this after the first attempt began. */
  readonly withinSeconds: number;
}

/**
 * For calls that an operator waits for: three attempts, none of which begins after half a minute, so that an attempt
 * that ran into its time limit is the last.
 */
export const PATIENT: RetryPolicy = { attempts: 3, firstWaitSeconds: 0.5, longestWaitSeconds: 30, withinSeconds: 30 };

/**
 * Whether a failure may be followed by another attempt, and, when the peer named it, after how many seconds at the
 * earliest.
 */
export type RetryVerdict =
  | { readonly repeat: false }
  | { readonly repeat: true; readonly afterSeconds?: number | undefined };

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly verdict: (thrown: unknown) => RetryVerdict;
  readonly signal?: AbortSignal | undefined;
  /** From 0 to below 1; spreads the waits of many clients. */
  readonly random?: (() => number) | undefined;
  /** Told before each wait. */
  readonly onRepeat?: ((thrown: unknown, waitSeconds: number) => void) | undefined;
}

/**
 * The result of the first attempt that succeeds.
 * @param attempt receives its own number, from 1
 * @throws what the last attempt threw, or the signal's reason once it is aborted
 */
export async function retry<T>(attempt: (number: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, clock, signal } = options;
  const began = clock.monotonic();
  for (let number = 1; ; number++) {
    signal?.throwIfAborted();
    try {
      return await attempt(number);
    } catch (thrown) {
      signal?.throwIfAborted();
      const verdict = options.verdict(thrown);
      if (!verdict.repeat || number >= policy.attempts) throw thrown;
      const wait = waitSeconds(policy, number, verdict.afterSeconds, options.random ?? Math.random);
      const late = clock.monotonic() - began + wait > policy.withinSeconds;
      if (wait > policy.longestWaitSeconds || late) throw thrown;
      options.onRepeat?.(thrown, wait);
      await sleep(clock, wait, signal);
    }
  }
}

/** Between half and all of the doubled wait, but never less than the peer asked for. */
function waitSeconds(policy: RetryPolicy, attempts: number, asked: number | undefined, random: () => number): number {
  const full = Math.min(policy.longestWaitSeconds, policy.firstWaitSeconds * 2 ** (attempts - 1));
  return Math.max(asked ?? 0, full * (0.5 + random() / 2));
}
