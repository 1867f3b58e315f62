import { expect, test } from "vitest";
import { openDm } from "../../src/assemble/dm.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { OffError } from "../../src/controller/ports/call.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

test("where no Data Management is configured each operation is refused with what is missing", async () => {
  const { dm } = openDm({
    settings: parseConfig("", "/site/globus.conf", "/home/op"),
    environment: {},
    clock: new FakeClock(),
    log: silentLog,
    closers: [],
    problems: new Problems(),
  });
  const { signal } = new AbortController();
  const methods = Object.values<(...args: never[]) => Promise<unknown>>({ ...dm });
  expect(methods.length).toBeGreaterThan(15);
  for (const method of methods) {
    const off = await failureOf(method({ signal } as never, {} as never, {} as never, { signal } as never), OffError);
    expect(off.message).toMatch(/^Data Management is off: .*station/);
  }
});
