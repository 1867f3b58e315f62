/** The real clock, but so many times faster: what waits minutes by rule takes seconds of a test with real sockets. */
import { type Clock, systemClock } from "../../../src/base/clock.ts";

export const swiftClock = (times: number): Clock => {
  const start = systemClock.now();
  return {
    now: () => start + (systemClock.now() - start) * times,
    monotonic: () => systemClock.monotonic() * times,
    after: (seconds, action) => systemClock.after(seconds / times, action),
    soon: (action) => systemClock.soon(action),
  };
};
