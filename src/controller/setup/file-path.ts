/**
 * Sets TomoScan's FilePath to a directory that exists, and waits until TomoScan's server confirms it; the server looks
 * through the file plugin.
 */
import { from, NEVER, type Observable, switchMap } from "rxjs";
import { sleep } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import type { CallOptions } from "../ports/call.ts";
import { emitsWithin } from "../run/within.ts";
import type { TomoScan } from "../tomoscan.ts";

/** Seconds that FilePathExists must stay Yes: until the server has looked, that PV speaks of the former path. */
const SETTLE_SECONDS = 1;
/** Seconds to wait for TomoScan. */
const PATIENCE_SECONDS = 10;
/** The text of TomoScan's record. */
const YES = "Yes";

/**
 * @param directory without a slash at its end; TomoScan gets a slash at the end, since it appends file names
 * @returns what TomoScan's FilePath is now
 * @throws ActionError naming the PV: not connected, too short, or the path is not there for TomoScan
 */
export async function setFilePath(tomoScan: TomoScan, directory: string, { signal }: CallOptions): Promise<string> {
  const { beamline, nameOf } = tomoScan;
  const path = `${directory.replace(/\/+$/, "")}/`;
  const name = nameOf("filePath");
  const kept = await beamline.writeText(name, path, signal === undefined ? {} : { signal });
  if (kept !== path) throw new ActionError(`${name} holds only ${kept} of ${path}; shorten the directory's name`);
  if (await isConfirmed(tomoScan, signal)) return path;
  throw new ActionError(
    `${name} is ${path}, but ${nameOf("filePathExists")} did not become ${YES} within ${PATIENCE_SECONDS} s; does TomoScan's server run, and does its camera see that directory?`,
  );
}

async function isConfirmed({ beamline, nameOf, clock }: TomoScan, signal: AbortSignal | undefined): Promise<boolean> {
  const limit = new AbortController();
  const settled = (): Observable<void> => from(sleep(clock, SETTLE_SECONDS, limit.signal));
  const exists$ = beamline
    .text$(nameOf("filePathExists"))
    .pipe(switchMap(({ text }) => (text === YES ? settled() : NEVER)));
  try {
    return await emitsWithin(exists$, PATIENCE_SECONDS, clock, signal);
  } finally {
    limit.abort(new ActionError("The wait is over."));
  }
}
