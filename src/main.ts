#!/usr/bin/env node
/**
 * Process entry: what must be so before the program is loaded. Loading it opens some hundred files at once, and where
 * the system allows fewer Node can only show where it failed. The program itself is cli/program.ts.
 */
import { descriptorProblem, isOutOfDescriptors, OUT_OF_DESCRIPTORS, openFilesLimit } from "./base/descriptors.ts";

// Without a listener of ours Node opens its debugger's port at this signal, to whoever may connect to it.
process.on("SIGUSR1", () => void process.stderr.write("SIGUSR1 has no meaning here; the program goes on.\n"));

const FAILED = 1;
const problem = descriptorProblem(openFilesLimit());
if (problem === undefined) {
  try {
    await import("./cli/program.ts");
  } catch (thrown) {
    if (!isOutOfDescriptors(thrown)) throw thrown;
    process.stderr.write(`${OUT_OF_DESCRIPTORS}\n`);
    process.exitCode = FAILED;
  }
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = FAILED;
}
