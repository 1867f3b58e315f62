/** IPv4 addresses as numbers. */
import { expect, test } from "vitest";
import { ipv4Number, ipv4Text, mayBeHost } from "../../../src/ca/client/ipv4.ts";

test.each([
  ["127.0.0.1", 0x7f000001],
  ["255.255.255.255", 0xffffffff],
  ["0.0.0.0", 0],
])("%s is %i, and back", (text, number) => {
  expect([ipv4Number(text), ipv4Text(number)]).toEqual([number, text]);
});

test.each([
  "256.0.0.1",
  "1.2.3.256",
  "-1.0.0.1",
  "1.2.3.-1",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.4.",
  "1.2.3.5.5",
  "host",
  "",
  "1.2.3.x",
  "1.2.3.1e1x",
])("%j is no address", (text) => {
  expect(ipv4Number(text)).toBe(0);
});

test.each([
  ["10.0.0.1", true],
  ["223.1.2.3", true],
  ["0.0.0.1", false],
  ["224.0.0.1", false],
  ["255.255.255.254", false],
])("whether a host may have %s: %s", (text, mayBe) => {
  expect(mayBeHost(text)).toBe(mayBe);
});
