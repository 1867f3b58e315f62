/**
 * When a name is asked for again: a pure function of how often it was asked and how long ago its server was lost. It
 * sends nothing and keeps nothing. Names that have been asked for equally often wait equally long, so that one datagram
 * can carry many of them. channel-access.md §1.13.
 */

/** Wait after the first try, seconds; it doubles from try to try. libca's smallest round-trip estimate. */
const FIRST_WAIT_SECONDS = 0.032;
/**
 * A name whose server was lost is asked for at this pace from the start: a server that dies and its hundreds of clients
 * must not meet in one burst, and yet it should be found within seconds of its return, beacons or not.
 */
export const TRIES_AFTER_LOSS = 5;
/** A lost name is not asked for more slowly than this (4.1 s) … */
const SLOWEST_TRIES_AFTER_LOSS = 8;
/** … until its server has been gone for this long; then it is like a name never found. */
const LOSS_FORGOTTEN_SECONDS = 600;
/**
 * The pace at which names go on after a beacon anomaly, if they waited longer: something has changed on the network.
 * libca uses about 5 s.
 */
export const TRIES_AFTER_ANOMALY = 8;

/**
 * Seconds to wait after so many tries; 0 before the first.
 * @param maxSeconds slowest period, EPICS_CA_MAX_SEARCH_PERIOD
 */
export const searchWaitSeconds = (tries: number, maxSeconds: number): number =>
  tries === 0 ? 0 : Math.min(FIRST_WAIT_SECONDS * 2 ** (tries - 1), maxSeconds);

/** The tries that give the slowest pace; more need not be counted. */
export const slowestTries = (maxSeconds: number): number => 1 + Math.ceil(Math.log2(maxSeconds / FIRST_WAIT_SECONDS));

/**
 * The tries to count for a name that has just been asked for.
 * @param secondsSinceLoss since its server was lost; undefined if it was never connected
 */
export function nextTries(tries: number, secondsSinceLoss: number | undefined, maxSeconds: number): number {
  const isRecent = secondsSinceLoss !== undefined && secondsSinceLoss < LOSS_FORGOTTEN_SECONDS;
  const slowest = slowestTries(maxSeconds);
  return Math.min(tries + 1, isRecent ? Math.min(SLOWEST_TRIES_AFTER_LOSS, slowest) : slowest);
}
