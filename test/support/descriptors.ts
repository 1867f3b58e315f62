/**
 * How many files, sockets and pipes a process of this machine has open. Linux tells it in /proc; elsewhere nobody does.
 */
import { readdirSync } from "node:fs";

/** Whether they cannot be counted here; says so at once. For `test.skipIf`. */
export function lacksDescriptors(): boolean {
  if (process.platform === "linux") return false;
  process.stderr.write("descriptors are counted in Linux's /proc only: tests that count them are skipped\n");
  return true;
}

/** @param pid default: this process */
export const openDescriptors = (pid: number | "self" = "self"): number => readdirSync(`/proc/${pid}/fd`).length;
