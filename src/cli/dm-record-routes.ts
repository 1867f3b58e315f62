/**
 * `globus-ioc dm-record-routes`: learns a site's Data Management routes from its own `dm` package, tells what came of
 * each method, and writes the dm-routes.json that [dm] routes-file names. Replaces a file only with --force. The file
 * holds no secrets.
 */

import { existsSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { createFile, type FileCalls, replaceFile } from "../base/replace-file.ts";
import { type Learned, type LearnedRoute, learnRoutes } from "../services/dm/learning/learning.ts";
import { routesFromFile } from "../services/dm/routes.ts";
import { usableVariables } from "../services/dm/setup-file.ts";
import { EXIT, UsageError } from "./exit-status.ts";

export interface RecordRequest {
  readonly python: string;
  readonly output: string;
  /** The site's dm.setup.sh. */
  readonly setupFile?: string;
  readonly force?: boolean;
}

export interface RecordContext {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  readonly write: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * @returns the exit status: done when all routes were learned, partial when some, failed when none
 * @throws ActionError when nothing can be learned or the file cannot be written, UsageError when the file exists
 */
export async function recordDmRoutes(request: RecordRequest, context: RecordContext): Promise<number> {
  const { python, output, setupFile, force = false } = request;
  const { clock, log, write, signal } = context;
  if (!force && existsSync(output)) throw exists(output);
  const environment = { ...context.environment, ...(setupFile === undefined ? {} : await readSetup(setupFile)) };
  const learned = await learnRoutes({ python, environment, clock, log, signal });
  const width = Math.max(...learned.map(({ operation }) => operation.length));
  for (const one of learned) write(`${one.operation.padEnd(width)}  ${tell(one)}`);
  const routes = Object.fromEntries(
    learned.flatMap((one): [string, LearnedRoute][] => ("route" in one ? [[one.operation, one.route]] : [])),
  );
  const count = Object.keys(routes).length;
  if (count === 0) {
    write("No route was learned, so nothing was written.");
    return EXIT.failed;
  }
  const text = `${JSON.stringify(routes, undefined, 2)}\n`;
  routesFromFile(text, output);
  await saveRoutes(output, text, force);
  write(`${count} of ${learned.length} routes written to ${output}: name it in [dm] routes-file.`);
  return count === learned.length ? EXIT.done : EXIT.partial;
}

function tell(one: Learned): string {
  if ("problem" in one) return `not learned: ${one.problem}`;
  const { method, path } = one.route;
  return `${method} ${path}${one.remark === undefined ? "" : `  (${one.remark})`}`;
}

const exists = (output: string): UsageError =>
  new UsageError(`${output} exists already: name another file with --output, or replace it with --force.`);

/** A file that is to be replaced stays as it was when the new file cannot be written. @throws ActionError */
export async function saveRoutes(output: string, text: string, force: boolean, files?: FileCalls): Promise<void> {
  const options = { mode: 0o644, ...(files !== undefined && { files }) };
  try {
    await (force ? replaceFile(output, text, options) : createFile(output, text, options));
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST") throw exists(output);
    throw new ActionError(`${output} cannot be written: ${messageOf(thrown, output)}`, { cause: thrown });
  }
}

/** The variables of a dm.setup.sh that need no shell. */
async function readSetup(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return usableVariables((await readRegularFile(file)).toString("utf8"));
  } catch (thrown) {
    const why = codeOf(thrown) === "ENOENT" ? "does not exist" : `cannot be read: ${messageOf(thrown, file)}`;
    throw new ActionError(`--setup-file ${file} ${why}`);
  }
}
