/** Reading known_hosts, without a file. */
import { createHmac, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  fingerprint,
  judgeHostKey,
  knownHostsLine,
  knownHostsName,
  parseKnownHosts,
} from "../../../src/services/ssh/known-hosts.ts";

/** A public key in the wire's form: a type, then anything. */
function key(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type, "latin1"), Buffer.from(body)]);
}
const ED = key("ssh-ed25519", "one");
const ED2 = key("ssh-ed25519", "two");
const RSA = key("ssh-rsa", "three");
const line = (names: string, of: Buffer): string => knownHostsLine("x", 22, of).replace(/^x/, names);
const verdict = (text: string, host: string, port: number, of: Buffer) =>
  judgeHostKey(parseKnownHosts(text), host, port, of).verdict;
const hashed = (name: string): string => {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};

test.each([
  ["its own name", line("tomo1", ED), "tomo1", 22],
  ["a name in other case", line("Tomo1", ED), "TOMO1", 22],
  ["one of several names", line("tomo1,10.0.0.1", ED), "10.0.0.1", 22],
  ["a pattern", line("tomo?.example.*", ED), "tomo1.example.org", 22],
  ["a port of its own", line("[tomo1]:2222", ED), "tomo1", 2222],
  ["its plain name, for another port", line("tomo1", ED), "tomo1", 2222],
  ["an IPv6 address with a port", line("[::1]:2222", ED), "::1", 2222],
  ["a hashed name", line(hashed("tomo1"), ED), "tomo1", 22],
  ["a hashed name with a port", line(hashed("[tomo1]:2222"), ED), "tomo1", 2222],
  ["one of several keys", `${line("tomo1", RSA)}\n${line("tomo1", ED2)}\n${line("tomo1", ED)}`, "tomo1", 22],
  [
    "a line after comments, blank lines and rubbish",
    `# tomo1 x\n\n!!!\ntomo1 ssh-ed25519\r\n${line("tomo1", ED)}\r\n`,
    "tomo1",
    22,
  ],
])("a host is trusted by %s", (_, text, host, port) => {
  expect(verdict(text, host, port, ED)).toBe("trusted");
});

test.each([
  ["nothing", "", "tomo1", 22],
  ["another host's line", line("tomo2", ED), "tomo1", 22],
  ["a longer name", line("tomo1.aps", ED), "tomo1", 22],
  ["a negated pattern", line("tomo*,!tomo1", ED), "tomo1", 22],
  ["only a negated pattern", line("!tomo2", ED), "tomo1", 22],
  ["another host's hashed name", line(hashed("tomo2"), ED), "tomo1", 22],
  ["an unknown hash", line("|2|AAAA|AAAA", ED), "tomo1", 22],
  ["the line of another port", line("[tomo1]:2222", ED), "tomo1", 22],
  ["a certificate authority", `@cert-authority ${line("tomo1", ED)}`, "tomo1", 22],
  ["a key under a false type", line("tomo1", ED).replace("ssh-ed25519", "ssh-rsa"), "tomo1", 22],
  ["a comment", `#${line("tomo1", ED)}`, "tomo1", 22],
])("a host is unknown with %s", (_, text, host, port) => {
  expect(verdict(text, host, port, ED)).toBe("unknown");
});

test("another key of the same type is a change, of another type is unknown and tells the types on file", () => {
  expect(verdict(line("tomo1", ED2), "tomo1", 22, ED)).toBe("changed");
  const judged = judgeHostKey(parseKnownHosts(`\n${line("tomo1", RSA)}`), "tomo1", 22, ED);
  expect(judged).toMatchObject({ verdict: "unknown", others: [{ keyType: "ssh-rsa", lineNumber: 2 }] });
});

test("a changed key of a port is not excused by the plain name", () => {
  expect(verdict(`${line("[tomo1]:2222", ED2)}\n${line("tomo1", ED)}`, "tomo1", 2222, ED)).toBe("changed");
});

test("a revoked key is refused whatever else the file says", () => {
  const text = `${line("tomo1", ED)}\n@revoked ${line("*", ED)}`;
  expect(verdict(text, "tomo1", 22, ED)).toBe("revoked");
  expect(verdict(`@revoked ${line("tomo1", ED)}`, "tomo1", 2222, ED)).toBe("revoked");
  expect(verdict(`@revoked ${line("tomo1", ED2)}`, "tomo1", 22, ED)).toBe("unknown");
});

test("a fingerprint is what ssh-keygen -l prints", () => {
  const known = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"; // github.com, published
  expect(fingerprint(Buffer.from(known, "base64"))).toBe("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
});

const hostName = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
const port = fc.integer({ min: 1, max: 65535 });

test("a line that was written is read back and trusted, plain or hashed, for any host, port and key", () => {
  fc.assert(
    fc.property(hostName, port, fc.string({ maxLength: 40 }), fc.boolean(), (host, at, body, hash) => {
      const shown = key("ssh-ed25519", body);
      const plain = knownHostsLine(host, at, shown);
      const name = knownHostsName(host, at);
      const text = hash ? plain.replace(name, hashed(name)) : plain;
      expect(verdict(`# first\n${text}\n`, host, at, shown)).toBe("trusted");
      expect(verdict(text, `${host}x`, at, shown)).toBe("unknown");
    }),
  );
});

test("any text is read without a failure and trusts nothing by chance", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("|1|", "@revoked ", "tomo1", ",", "*", " ", "\n", "ssh-ed25519", "AAAA"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(verdict(pieces.join(""), "tomo1", 22, ED)).toBe("unknown");
    }),
  );
});

test("a hostile pattern of many stars is judged at once", () => {
  expect(verdict(line(`${"*a".repeat(2000)}b`, ED), "a".repeat(2000), 22, ED)).toBe("unknown");
});
