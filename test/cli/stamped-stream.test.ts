import { expect, test } from "vitest";
import { stampedStream } from "../../src/cli/stamped-stream.ts";

test("each line begins with the time, however it comes in pieces", () => {
  const written: Buffer[] = [];
  const target = { write: (chunk: Buffer) => written.push(chunk) > 0 };
  const stream = stampedStream(target, { now: () => new Date(2026, 2, 3, 8, 0, 5).getTime() });
  for (const piece of ["one", " line\ntwo\n", "\n", Buffer.from([0xe9, 10])]) stream.write(piece);
  const time = "2026-03-03 08:00:05 ";
  expect(Buffer.concat(written).toString("latin1")).toBe(`${time}one line\n${time}two\n${time}\n${time}é\n`);
});
