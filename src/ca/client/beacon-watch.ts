/**
 * Tells a server's ordinary beacons from those that mean news: a server that came up, or a network that was cut and
 * mended. Pure: time is handed in. channel-access.md §1.9.
 */

/** A beacon whose sequence number lies at most this far back is a late copy by another route. */
const OLD_DUPLICATES = 256;
/** Weight of the newest period in the average. */
const NEWEST_WEIGHT = 1 / 8;
/** Periods, relative to the average, beyond which something happened. */
const TOO_LONG = 1.25;
const TOO_SHORT = 0.8;
/** Servers remembered; a sender of forged beacons must not fill the memory. */
const MOST_SERVERS = 10_000;

interface HeardServer {
  sequence: number;
  lastAt: number;
  averageSeconds: number | undefined;
}

/** `ignored`: a duplicate, or the first ever heard of this server. */
export type BeaconMeaning = "normal" | "anomaly" | "ignored";

export class BeaconWatch {
  readonly #serverByAddress = new Map<string, HeardServer>();

  /** @param server its address as text @param now seconds, monotonic */
  note(server: string, sequence: number, now: number): BeaconMeaning {
    const known = this.#serverByAddress.get(server);
    if (known === undefined) {
      if (this.#serverByAddress.size >= MOST_SERVERS) this.#serverByAddress.clear();
      this.#serverByAddress.set(server, { sequence, lastAt: now, averageSeconds: undefined });
      return "ignored";
    }
    const advance = (sequence - known.sequence) >>> 0;
    known.sequence = sequence;
    if (advance === 0 || advance > 2 ** 32 - OLD_DUPLICATES || advance === 2 || advance === 3) return "ignored";
    const period = now - known.lastAt;
    known.lastAt = now;
    return judge(known, period);
  }
}

function judge(server: HeardServer, period: number): BeaconMeaning {
  const average = server.averageSeconds;
  if (average === undefined) {
    server.averageSeconds = period;
    return "normal";
  }
  server.averageSeconds = average + (period - average) * NEWEST_WEIGHT;
  return period >= average * TOO_LONG || period <= average * TOO_SHORT ? "anomaly" : "normal";
}
