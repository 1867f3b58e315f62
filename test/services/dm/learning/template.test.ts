import { expect, test } from "vitest";
import { dmEncode } from "../../../../src/services/dm/encoding.ts";
import type { RecordedRequest } from "../../../../src/services/dm/learning/recorder.ts";
import { isSameTarget, readableTarget, templateOf } from "../../../../src/services/dm/learning/template.ts";

const request = (target: string): RecordedRequest => ({ service: "ds", method: "GET", target, hasBody: false });
const MARKERS = { name: "marked-experiment", station: "MARKED", info: { a: 1, b: "x y" }, start: "03-May-71" };
const LONG = "x".repeat(58);

test("arguments are found again in DM's encoding, plain and as JSON, in path and query; what is none stays as it is", () => {
  const other = encodeURIComponent(dmEncode('{"a": 2, "b": "x y"}'));
  const same = encodeURIComponent(dmEncode('{"a":  1, "b": "x y"}'));
  const target = `/dm/by/${dmEncode("marked-experiment")}/MARKED?from=03-May-71&flag=0&info=${same}`;
  expect(templateOf(request(target), MARKERS, ["start"])).toEqual({
    path: "/dm/by/<name>/{station}?from={start?}&flag=0&info=<info>",
    missing: [],
  });
  expect(templateOf(request(`/dm/x?info=${other}`), MARKERS, []).missing).toEqual(["name", "station", "info", "start"]);
});

test("both forms of the encoding are read: with line ends inside, and in one line", () => {
  const oneLine = `b'${Buffer.from(Buffer.from(LONG).toString("base64")).toString("base64")}'`;
  expect(oneLine).not.toBe(dmEncode(LONG));
  for (const segment of [dmEncode(LONG), oneLine, encodeURIComponent(oneLine)]) {
    expect(templateOf(request(`/dm/${segment}`), { name: LONG }, []).path).toBe("/dm/<name>");
  }
});

test("an argument that is only a part of a segment is not taken for found", () => {
  expect(templateOf(request("/dm/MARKED-2"), { station: "MARKED" }, [])).toEqual({
    path: "/dm/MARKED-2",
    missing: ["station"],
  });
});

test("two requests are the same however they are escaped and spaced, and not when an argument is encoded in one alone", () => {
  expect(
    isSameTarget(`/dm/${dmEncode('{"a": 1}')}?x=b%27%27`, `/dm/${encodeURIComponent(dmEncode('{"a":1}'))}?x=b''`),
  ).toBe(true);
  expect(isSameTarget(`/dm/${dmEncode("a")}`, "/dm/a")).toBe(false);
  expect(isSameTarget("/dm/a?x=1&y=2", "/dm/a?y=2&x=1")).toBe(false);
});

test("a person reads what was sent, also where it is not what it should be", () => {
  expect(readableTarget(`/dm/${dmEncode("2026-03-Noether-1")}/%zz?flag&x=${encodeURIComponent(dmEncode("ä"))}`)).toBe(
    "/dm/2026-03-Noether-1/%zz?flag&x=ä",
  );
});
