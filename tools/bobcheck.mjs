#!/usr/bin/env node
/**
 * Checks .bob files as Phoebus reads them, and for what operators of a running Phoebus 5.0.2 stumbled over. Needs no
 * Phoebus.
 *
 *   node tools/bobcheck.mjs [-m P=2bmb:,R=Globus:] [--phoebus 4.7.3] [--pvs] FILE...
 *   --phoebus: the oldest one that shall show the files
 *   --pvs: prints what each file does to which PV, as lines of JSON
 *
 * Exit status: 0 when nothing was found, 1 when something was, 2 when it was asked wrongly.
 */
import { parseArgs } from "node:util";
import { checkBob, OLDEST_PHOEBUS } from "./bobcheck/check.mjs";
import { say } from "./run.mjs";

const USAGE = "Usage: node tools/bobcheck.mjs [-m P=2bmb:,R=Globus:] [--phoebus 4.7.3] [--pvs] FILE...";

/** @returns undefined where the words cannot be understood */
function asked() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        macros: { type: "string", short: "m", default: "" },
        phoebus: { type: "string", default: OLDEST_PHOEBUS },
        pvs: { type: "boolean", default: false },
      },
    });
    const pairs = values.macros.split(",").filter((pair) => pair !== "");
    if (positionals.length === 0 || pairs.some((pair) => !/^\w+=/.test(pair))) return undefined;
    const macros = Object.fromEntries(pairs.map((pair) => [pair.replace(/=.*/, ""), pair.replace(/^\w+=/, "")]));
    return { files: positionals, macros, phoebus: values.phoebus, isListed: values.pvs };
  } catch {
    return undefined;
  }
}

const given = asked();
if (given === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
let found = 0;
for (const file of given.files) {
  const { findings, uses } = checkBob(file, given);
  for (const { level, line, what } of findings) process.stderr.write(`${file}:${line}: ${level}: ${what}\n`);
  if (given.isListed) for (const one of uses) say(JSON.stringify({ file, ...one }));
  found += findings.length;
}
process.stderr.write(`${given.files.length} files, ${found} findings\n`);
process.exitCode = found > 0 ? 1 : 0;
