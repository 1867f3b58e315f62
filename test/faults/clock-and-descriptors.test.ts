/**
 * The host's clock steps while a command runs, and the IOC has no descriptor left: commands end with a sentence,
 * nothing is done twice, and all is well again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { COMMAND_STATES } from "../../src/controller/pvs/commands.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { comeToStart, giveInputs, judgeEnd, openBench } from "./bench.ts";
import type { Bench, CommandCase } from "./command-case.ts";
import { caseOf } from "./command-cases.ts";
import { Tally } from "./tally.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });
const PRELOAD = pathToFileURL(join(ROOT, "tools/preload/clock.mjs")).href;
const PRLIMIT = "/usr/bin/prlimit";
const CASES: readonly CommandCase[] = [
  caseOf("Init", "voyager"),
  caseOf("Init", "petrel"),
  caseOf("Dirs", "voyager"),
  caseOf("Email", "voyager"),
  caseOf("StartDaq", "voyager"),
  caseOf("ListEsafs", "voyager"),
];
const DAY = 86_400;
const now = (): number => Date.now() / 1000;
/** Seconds by which the clock is off from then on. */
const STEPS: readonly (readonly [string, () => number])[] = [
  ["to 1970", () => -now() + DAY],
  ["to 2106", () => Date.UTC(2106, 1, 7) / 1000 - now()],
  ["a day back", () => -DAY],
  ["an hour on", () => 3600],
];

test("steps of the clock while commands run do them no harm", async () => {
  const tally = new Tally("steps of the clock");
  const clock: { file: string } = { file: "" };
  const bench = await openBench({
    environment: (): Record<string, string> =>
      clock.file === "" ? {} : { NODE_OPTIONS: `--import ${PRELOAD}`, FAULTS_CLOCK: clock.file },
  });
  await using _ = bench.beamline;
  clock.file = join(bench.world.folder, "clock");
  const shift = (seconds: number): void => writeFileSync(clock.file, String(seconds));
  shift(0);
  await bench.beamline.site.restartIoc(undefined, "SIGTERM");
  for (const [step, offset] of STEPS)
    for (const one of CASES) {
      const where = `${step} in ${one.command} on ${one.server}`;
      await comeToStart(bench, one);
      await endsSomehow(bench, one, tally, { where, meanwhile: () => shift(offset()) });
      shift(0);
      await repeat(bench, one, tally, where);
    }
  tally.close();
});

test.skipIf(!existsSync(PRLIMIT))(
  "an IOC without descriptors tells so, lives, and works when it has some",
  async () => {
    const tally = new Tally("no descriptors left");
    const bench = await openBench();
    await using _ = bench.beamline;
    const { site } = bench.beamline;
    const limit = (most: number): void => {
      const { status, stderr } = spawnSync(PRLIMIT, ["--pid", String(site.ioc.pid), `--nofile=${most}:${MOST}`]);
      expect(status, String(stderr)).toBe(0);
    };
    for (const one of CASES)
      for (const spare of [0, 1, 2, 4]) {
        const where = `${spare} left in ${one.command} on ${one.server}`;
        await comeToStart(bench, one);
        limit(highestDescriptor(site.ioc.pid) + 1 + spare);
        await endsSomehow(bench, one, tally, { where });
        limit(MOST);
        await repeat(bench, one, tally, where);
      }
    tally.close();
  },
);
/** Descriptors that it has when all is well. */
const MOST = 1024;

const highestDescriptor = (pid: number): number => Math.max(...readdirSync(`/proc/${pid}/fd`).map(Number));

async function endsSomehow(
  bench: Bench,
  { command }: CommandCase,
  tally: Tally,
  { where, meanwhile }: { readonly where: string; readonly meanwhile?: () => void },
): Promise<void> {
  const { pvs, site } = bench.beamline;
  tally.tried++;
  const ended = pvs.put(command, 1).catch((thrown: unknown) => String(thrown));
  meanwhile?.();
  const status = await ended;
  if (site.ioc.hasExited) tally.find("crashed", where, [site.ioc.stderr.slice(-300)]);
  if (typeof status === "string") return tally.find("untrue", where, [`it did not end: ${status}`]);
  const state = COMMAND_STATES[await pvs.number(`${command}Status`)];
  const message = await pvs.text(`${command}Message`);
  if (message === "" || /internal error/i.test(message)) tally.find("untrue", where, [`${state}: ${message}`]);
}

async function repeat(bench: Bench, one: CommandCase, tally: Tally, where: string): Promise<void> {
  await giveInputs(bench, one);
  await bench.beamline.pvs.put(one.command, 1);
  await judgeEnd(bench, one, one.endsAgain ?? one.ends ?? ["Done"], { tally, where });
}
