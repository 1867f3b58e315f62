/**
 * An output whose lines begin with the time, for a log keeper that adds no time of its own. Changes nothing else, and
 * holds nothing back.
 */
import { Writable } from "node:stream";
import type { Clock } from "../base/clock.ts";
import { facilitySecond } from "../base/facility-time.ts";

const LF = 10;

/** @returns writes to `target`, each line behind the time at the facility, as `2026-03-03 08:00:00 ` */
export function stampedStream(target: Pick<Writable, "write">, clock: Pick<Clock, "now">): Writable {
  let isAtStart = true;
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const parts: Buffer[] = [];
      for (let start = 0; start < chunk.length; ) {
        const end = chunk.indexOf(LF, start);
        const next = end < 0 ? chunk.length : end + 1;
        if (isAtStart) parts.push(Buffer.from(`${facilitySecond(new Date(clock.now()))} `));
        parts.push(chunk.subarray(start, next));
        isAtStart = end >= 0;
        start = next;
      }
      target.write(Buffer.concat(parts));
      done();
    },
  });
}
