/**
 * An output that waits for no reader: a pipe whose reader has stopped without closing it takes nothing, and what is
 * written meanwhile would fill the memory. Output beyond a bound is left out, and the gap is told when somebody reads
 * again. Adds nothing else, and holds nothing back.
 */
import { Writable } from "node:stream";

/** Days of an IOC's usual lines. */
const MOST_UNREAD_BYTES = 1 << 20;
const LF = 10;

/** @returns writes to `target` while at most so many bytes wait there */
export function boundedOutput(target: Writable, mostUnreadBytes = MOST_UNREAD_BYTES): Writable {
  let linesLeftOut = 0;
  let isLeavingOut = false;
  const goOn = (): void => {
    isLeavingOut = false;
    target.write(`(${linesLeftOut} lines are left out here: nobody was reading this output.)\n`);
    linesLeftOut = 0;
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isLeavingOut && target.writableNeedDrain && target.writableLength + chunk.length > mostUnreadBytes) {
        isLeavingOut = true;
        target.once("drain", goOn);
      }
      if (isLeavingOut) linesLeftOut += chunk.reduce((lines, byte) => (byte === LF ? lines + 1 : lines), 0);
      else target.write(chunk);
      done();
    },
  });
}
