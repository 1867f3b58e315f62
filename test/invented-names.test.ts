/**
 * No real person, host, collection or badge stands in this repository: addresses and hosts are of names reserved for
 * examples, and known ones are none.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
/** Everything that is not made by npm, and no picture: what is seen in those are the names of the sandbox. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter(
    (name) =>
      name !== "" &&
      lstatSync(join(ROOT, name)).isFile() &&
      name !== "package-lock.json" &&
      !/\.(pem|key|png)$/.test(name),
  );
const texts = files.map((name) => [name, readFileSync(join(ROOT, name), "utf8")] as const);

/** Each place where a pattern matches something that is not allowed, as `file:line: text`. */
function found(pattern: RegExp, isAllowed: (text: string) => boolean): readonly string[] {
  // Most files are clean: the place is looked for only where there is something
  const suspects = texts.filter(([, text]) =>
    [...new Set(text.match(pattern))].some((whole) => {
      const [match] = whole.matchAll(pattern);
      return !isAllowed((match?.[1] ?? whole).toLowerCase());
    }),
  );
  return suspects.flatMap(([name, text]) =>
    text
      .split("\n")
      .flatMap((line, index) =>
        [...line.matchAll(pattern)].flatMap(([whole, part = whole]) =>
          isAllowed(part.toLowerCase()) ? [] : [`${name}:${index + 1}: ${whole}`],
        ),
      ),
  );
}

/** RFC 2606 and 6761, and words without a domain. */
const isExample = (host: string): boolean =>
  !/\.[a-z]/.test(host) || /(^|\.)(example(\.(org|com|net|edu))?|invalid|test|localhost)$/.test(host);
/** The services that the program is for, and what docs point at. */
const PUBLIC =
  /(^|\.)(globus|globusid|docs\.epics-controls|epics-controls|python|nodejs|no-color|medium|github|oasis-open|rfc-editor|w3|json-schema)\.(org|com)$/;

test("every web address is one of an example, or of a public service", () => {
  expect(found(/\bhttps?:\/\/([A-Za-z0-9.-]+)/g, (host) => isExample(host) || PUBLIC.test(host))).toEqual([]);
});

test("every e-mail address is one of an example", () => {
  expect(
    found(/[\w.%+-]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)/g, (host) => isExample(host) || PUBLIC.test(host)),
  ).toEqual([]);
});

/**
 * SHA-256, the first 12 digits, of names, badges, hosts, accounts and collections that the Python programs' versions
 * have as defaults, in lower case.
 */
const REAL = new Set(
  "0f075e44de7c 14c2dcd923d2 22d585ff76df 2453a4f9a803 24f0442a66eb 3005c086014f 3a671df9b961 4074dc932948 447de91be4ad 45f9d9eb1d2a 476727de70cb 482a0611da4e 58dd11b1565c 5e40e8644151 65cbb2d36614 672e857bf2bb 67537b00ae2b 690a1c4f2e7f 6d9057f2f7f8 6e6126671bd3 6f4940587d9b 7351df353707 7651b1e5482d 7c406b0fc308 7c880aefbf5e 7d2a98bbfbed 84d0a20ec869 85c9557ff948 8dea8361864b 8e06305c29a0 a2e3afa1a11d a322d26858f0 a3e4bdccb427 a605858dd47b af3be25df200 b0a3b9d38a64 b2ce66e59b7f b317991ad380 c24b96a64bbd c2872be8b48a c6550acefd39 d074e7fd10c7 dc712bf7fe9b dc8a90d32358 ddc752fbffe6 de3ad48ca8a1 e01b22cf4b01 e0b7afb82a6b e19d581054d1".split(
    " ",
  ),
);

test("no name, badge, host or collection of a real beamline is a word of it", () => {
  const hash = (word: string): string => createHash("sha256").update(word).digest("hex").slice(0, 12);
  const known = new Map<string, boolean>();
  const isReal = (word: string): boolean => {
    if (!known.has(word)) known.set(word, REAL.has(hash(word)));
    return known.get(word) === true;
  };
  expect(found(/[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*/g, (word) => ![word, ...word.split("-")].some(isReal))).toEqual([]);
});
