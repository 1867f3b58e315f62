/** New ids: never one that is in use. */
import { expect, test } from "vitest";
import { IdSequence } from "../../../src/ca/session/ids.ts";

test("ids count up from 0 and nobody is asked whether they are in use", () => {
  const ids = new IdSequence(() => expect.fail("asked"));
  expect([ids.next(), ids.next(), ids.next()]).toEqual([0, 1, 2]);
});

test("after 2³² − 1 ids begin again and pass over those in use", () => {
  const used = new Set([0, 2]);
  const ids = new IdSequence((id: number) => used.has(id), 0xfffffffe);
  expect([ids.next(), ids.next(), ids.next(), ids.next()]).toEqual([0xfffffffe, 0xffffffff, 1, 3]);
});
