/** Whether a name that is searched for, over UDP or TCP, is a name of ours. channel-access.md §1.7. */
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { MAX_NAME_BYTES } from "../wire/constants.ts";
import type { ServerCounters } from "./counters.ts";
import type { PvSource } from "./pv-source.ts";

/** What it takes to answer searches. */
export interface NameSource {
  readonly source: PvSource;
  readonly counters: ServerCounters;
  readonly log: Log;
}

/** Counts the search. What the source throws is logged, and the name is not ours. */
export function isOurs({ source, counters, log }: NameSource, name: string): boolean {
  counters.searches++;
  if (name === "" || name.length > MAX_NAME_BYTES) return false;
  try {
    if (!source.claims(name)) return false;
  } catch (thrown) {
    log.error(`the search for ${name} failed: ${messageOf(thrown)}`);
    return false;
  }
  counters.searchHits++;
  return true;
}
