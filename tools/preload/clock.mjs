/** Loaded into an IOC before its own code: its wall clock is off by the seconds that stand in the file FAULTS_CLOCK names, from one moment to the next. */
import { readFileSync } from "node:fs";

/** Milliseconds of the steady clock for which a look at the file holds. */
const FRESH = 20;
const file = process.env.FAULTS_CLOCK;
const RealDate = Date;
let offset = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

function now() {
  if (performance.now() - lookedAt > FRESH) {
    lookedAt = performance.now();
    try {
      offset = Number(readFileSync(file, "utf8")) * 1000 || 0;
    } catch {
      // It is being written: what held before still holds.
    }
  }
  return RealDate.now() + offset;
}

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }
  static now() {
    return now();
  }
};
