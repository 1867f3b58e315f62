/**
 * Loaded into an IOC before its own code: its wall clock is off by the seconds that stand in the file FAULTS_CLOCK
 * names, from one moment to the next.
 */
import { readFileSync } from "node:fs";

const file = process.env.FAULTS_CLOCK;
const RealDate = Date;
let offset = 0;

function now() {
  try {
    offset = Number(readFileSync(file, "utf8")) * 1000 || 0;
  } catch {
    // No descriptor is left: what held before still holds.
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
