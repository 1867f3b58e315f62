/**
 * Our server under EPICS base's own client library, as Debian builds it: everything ca_exercise.c does, compared with
 * softIoc line by line.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareIocs, type Facts } from "../support/engine/both-iocs.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import type { RunningIoc } from "../support/peers/soft-ioc.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const SECTIONS = [
  "channels",
  "writing arrays",
  "reading every type",
  "reading with other counts",
  "completion of a chain",
  "a monitor of values and alarms",
  "a monitor of values",
  "a monitor of alarms",
  "a monitor for archivers",
  "a monitor with a dead band",
  "a monitor of an enumeration as text",
  "a monitor of an array",
  "a monitor of an array's own length",
  "a monitor of properties",
  "writing every type",
  "writing text",
  "an array of 100000",
  "a plain write that fails",
  "names that nobody has",
];

/**
 * Lines, one after the other, that softIoc's exercise has and ours has otherwise on purpose.
 * docs/protocol-compliance.md says the same.
 */
interface Difference {
  readonly why: string;
  readonly softIoc: readonly string[];
  readonly ours: readonly string[];
}

const ON_PURPOSE: Readonly<Record<string, Difference>> = {
  "writing text": {
    why: "base takes the empty text for the first state that has no name: a script with an empty variable would choose a state nobody defined",
    softIoc: ["'': enum <- STRING status=1", 'enum STRING status=1  n=1 [""]'],
    ours: ["'': enum <- STRING status=160", 'enum STRING status=1  n=1 ["One"]'],
  },
};

describe.skipIf(needPeers("softIoc", "gcc", "libca").missing)("under libca", () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-libca-"));
  const program = join(folder, "ca_exercise");
  beforeAll(async () => {
    const source = join(ROOT, "test/peers/ca_exercise.c");
    const flags = ["-std=gnu11", "-O1", "-I", join(ROOT, "bench"), "-o", program];
    const made = await runPeer(peerPath("gcc"), [...flags, source, "-lca", "-lCom", "-lpthread"]);
    if (made.code !== 0) throw new Error(`ca_exercise.c does not compile:\n${made.stderr}`);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const exercise =
    (...words: string[]) =>
    async (ioc: RunningIoc): Promise<Facts> => {
      const { code, stdout, stderr } = await runPeer(program, [ioc.prefix, ...words], { env: ioc.env });
      if (code !== 0) throw new Error(`ca_exercise ended with ${code}: ${stderr}\n${stdout.slice(-2000)}`);
      return sectionsOf(stdout);
    };
  const { reference, ours } = compareIocs(exercise());
  const access = compareIocs(exercise("access"), { db: "access.db", acf: "access.acf" });

  test("softIoc does what the exercise is meant to show", { timeout: 60_000 }, async () => {
    const seen = await reference();
    expect(Object.keys(seen)).toEqual(SECTIONS);
    expect(seen["reading every type"]).toHaveLength(35 * 37);
    expect(seen["reading every type"]).toContain(
      'double CTRL_DOUBLE status=1 stat=0 sevr=0 prec=3 units="mm" limits=100,-100,90,80,-80,-90,95,-95 n=1 [1.5]',
    );
    expect(seen["writing text"]).toContain("'nonsense': double <- STRING status=160");
    expect(seen["an array of 100000"]).toContain("get=1 io=1 same=1");
    expect(seen["completion of a chain"]).toContain("last DOUBLE status=1  n=1 [42]");
  });

  test.each(SECTIONS)("%s: as softIoc", { timeout: 60_000 }, async (section) => {
    const expected = (await reference())[section] as readonly string[];
    expect((await ours())[section]).toEqual(withDifference(expected, ON_PURPOSE[section]));
  });

  const rights = "access rights that change";
  test("softIoc takes rights away as the exercise is meant to show", { timeout: 60_000 }, async () => {
    const seen = (await access.reference())[rights];
    expect(seen).toContain("readonly read=1 write=0");
    expect(seen).toContain("rights told: read=1 write=0");
  });

  test("access rights that change: as softIoc", { timeout: 60_000 }, async () => {
    expect((await access.ours())[rights]).toEqual((await access.reference())[rights]);
  });
});

/** softIoc's lines with ours in their place; the difference has to be there. */
function withDifference(lines: readonly string[], difference: Difference | undefined): readonly string[] {
  if (difference === undefined) return lines;
  const { softIoc, ours, why } = difference;
  const at = lines.indexOf(softIoc[0] ?? "");
  expect(lines.slice(at, at + softIoc.length), `softIoc does this no more: ${why}`).toEqual(softIoc);
  return lines.toSpliced(at, softIoc.length, ...ours);
}

/** "== name" begins a section; its lines follow. */
function sectionsOf(text: string): Facts {
  const sections: Record<string, string[]> = {};
  let lines: string[] = [];
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("== ")) sections[line.slice(3)] = lines = [];
    else lines.push(line);
  }
  return sections;
}
