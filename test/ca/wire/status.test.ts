/** ECA codes against caerr.h, and the irregular payloads. */
import { expect, test } from "vitest";
import { Frame } from "../../../src/ca/wire/frame.ts";
import { errorEcho, readEventMask, textBytes } from "../../../src/ca/wire/payloads.ts";
import { ECA, ecaName, isSuccess } from "../../../src/ca/wire/status.ts";

/** Printed by a program that includes caerr.h (channel-access.md §1.3). */
const CAERR = {
  NORMAL: 1,
  ALLOCMEM: 48,
  TOLARGE: 72,
  TIMEOUT: 80,
  BADTYPE: 114,
  INTERNAL: 142,
  GETFAIL: 152,
  PUTFAIL: 160,
  BADCOUNT: 176,
  BADSTR: 186,
  DISCONN: 192,
  DBLCHNL: 200,
  EVDISALLOW: 210,
  BADMONID: 242,
  DEFUNCT: 278,
  BADMASK: 330,
  IODONE: 339,
  IOINPROGRESS: 347,
  BADSYNCGRP: 354,
  PUTCBINPROG: 362,
  NORDACCESS: 368,
  NOWTACCESS: 376,
  ANACHRONISM: 386,
  NOSEARCHADDR: 392,
  NOCONVERT: 400,
  BADCHID: 410,
  UNAVAILINSERV: 432,
  CHANDESTROY: 440,
  BADPRIORITY: 450,
  "16KARRAYCLIENT": 464,
  CONNSEQTMO: 472,
  UNRESPTMO: 480,
};

test("every status has the value of caerr.h", () => {
  expect(ECA).toEqual(CAERR);
});

test("a status is named, and success is its lowest bit", () => {
  expect(ecaName(160)).toBe("ECA_PUTFAIL");
  expect(ecaName(12345)).toContain("12345");
  expect(
    Object.entries(ECA)
      .filter(([, code]) => isSuccess(code))
      .map(([name]) => name),
  ).toEqual(["NORMAL", "IODONE", "IOINPROGRESS"]);
});

function request(hex: string): Frame {
  const frame = new Frame();
  frame.bytes = Buffer.from(hex, "hex");
  frame.command = frame.bytes.readUInt16BE(0);
  frame.headerBytes = frame.bytes.length;
  return frame;
}

test("an ERROR carries the request's header as it came, normal or extended, and at most 512 bytes", () => {
  const normal = request("000f0000000600010000000300000007");
  expect(errorEcho(normal, "no").toString("hex")).toBe("000f00000006000100000003000000076e6f000000000000");
  const extended = request("000fffff0005000000000004000000070000000000011170");
  expect(errorEcho(extended, "x".repeat(1000)).length).toBe(512);
  expect(errorEcho(extended, "x".repeat(1000)).at(-1)).toBe(0);
  expect(errorEcho(extended, "").subarray(0, 24)).toEqual(extended.bytes);
});

test("an ERROR never shows libca a command number outside its table", () => {
  expect(errorEcho(request("ffff0000000600010000000300000007"), "no").readUInt16BE(0)).toBe(0);
  expect(errorEcho(request("001c0000000600010000000300000007"), "no").readUInt16BE(0)).toBe(0);
  expect(errorEcho(request("001b0000000600010000000300000007"), "no").readUInt16BE(0)).toBe(27);
});

test("an EVENT_ADD too short for a mask has none", () => {
  const frame = new Frame();
  frame.payloadBytes = 8;
  expect(readEventMask(frame)).toBeUndefined();
});

test("text takes its NUL along, padded to 8", () => {
  expect([0, 7, 8, 15, 16].map((length) => textBytes("x".repeat(length)))).toEqual([8, 8, 16, 16, 24]);
});
