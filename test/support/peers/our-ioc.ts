/**
 * Starts this project's IOC as a program of its own on a private port of 127.0.0.1, as an operator does: `globus-ioc
 * ioc -d file.db`. Runs what `npm run build` has built.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isBuilt } from "../../../tools/prepare.mjs";
import { ROOT } from "./real-peers.ts";
import { type IocOptions, type RunningIoc, startIoc } from "./soft-ioc.ts";

const PROGRAM = join(ROOT, "dist/main.js");

/**
 * Runs our IOC with these records; resolves when the IOC answers for them.
 * @throws Error with all the IOC said when it does not start
 */
export function startOurIoc(options: IocOptions): Promise<RunningIoc> {
  if (!existsSync(PROGRAM)) throw new Error("dist/main.js is missing: run `npm run build`");
  if (!isCurrent())
    process.stderr.write("dist is older than the sources and the tests run it as it is: run `npm run build`\n");
  return startIoc([process.execPath, PROGRAM, "ioc"], options);
}

let current: boolean | undefined;
/** Whether dist is current; looked at once, since the state at the beginning of the tests matters. */
const isCurrent = (): boolean => (current ??= isBuilt());
