/**
 * The course of a lane whose service moves the files itself: the service is asked, and what it has accepted is followed
 * elsewhere. What was asked without an answer comes first; then at most so many are under way as the rules allow.
 */
import { sleep } from "../../base/clock.ts";
import type { SendRecord } from "../ports/queue-ledger.ts";
import type { Lane } from "./lane.ts";
import { LEDGER_SECONDS } from "./road.ts";

/** One request for these scans. */
interface Asking {
  readonly scans: readonly string[];
  readonly ask: () => Promise<void>;
}
/** Nothing is to be asked for so long; Infinity: something must happen first. */
interface Pause {
  readonly waitSeconds: number;
}

/** What differs from service to service. */
export interface AskedService {
  /** Requests of this destination that have not come to their end. */
  readonly open: () => number;
  /** The first of them without an answer: asks again, or finds out whether it was heard. */
  readonly unanswered: (signal: AbortSignal) => Asking | undefined;
  /** @param send the scan that goes next */
  readonly next: (send: SendRecord, signal: AbortSignal) => Asking | Pause;
}

/** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
export async function askInTurn(lane: Lane, service: AskedService, signal: AbortSignal): Promise<void> {
  const { road } = lane;
  const wake = road.wake();
  for (;;) {
    const next = nextOf(lane, service, signal);
    if ("ask" in next) await attempt(lane, next, signal);
    else if (next.waitSeconds > 0) await wake.wait(road.clock, next.waitSeconds, signal);
  }
}

function nextOf(lane: Lane, service: AskedService, signal: AbortSignal): Asking | Pause {
  const left = service.unanswered(signal);
  if (left !== undefined) {
    const waitSeconds = lane.breaker.waitSeconds(lane.road.clock.monotonic());
    return waitSeconds > 0 ? { waitSeconds } : left;
  }
  const { send, waitSeconds } = lane.next();
  if (send === undefined) return { waitSeconds };
  if (service.open() >= lane.road.site.rules.tasks) return { waitSeconds: Infinity }; // until another has ended
  return service.next(send, signal);
}

async function attempt(lane: Lane, { scans, ask }: Asking, signal: AbortSignal): Promise<void> {
  try {
    await lane.road.step(ask);
  } catch (thrown) {
    if ((await lane.failed(scans, thrown, signal)) === "ledger") await sleep(lane.road.clock, LEDGER_SECONDS, signal);
  }
}
