/**
 * Whether what a program prints is kept where others may read it: what only its starter may know is not printed then.
 */
import { fstatSync } from "node:fs";
import type { Environment } from "./environment.ts";

/**
 * Whether an output goes into systemd's journal, procServ's console and log, or a file.
 * @param descriptor of the output, 1 or 2
 */
export function isKept(environment: Environment, descriptor: number): boolean {
  if (environment["PROCSERV_INFO"] !== undefined || environment["PROCSERV_PID"] !== undefined) return true;
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() || environment["JOURNAL_STREAM"] === `${stats.dev}:${stats.ino}`;
  } catch {
    return false; // it is closed: nobody reads it
  }
}
