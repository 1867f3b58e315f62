/**
 * How many files, sockets and pipes a process of this machine has open. Linux lists them in /proc; elsewhere they
 * cannot be counted.
 */
import { readdirSync } from "node:fs";

/** Whether open files cannot be counted here; says so at once. For `test.skipIf`. */
export function lacksDescriptors(): boolean {
  if (process.platform === "linux") return false;
  process.stderr.write("descriptors are counted in Linux's /proc only: tests that count them are skipped\n");
  return true;
}

/** @param pid default: this process */
export const openDescriptors = (pid: number | "self" = "self"): number => readdirSync(`/proc/${pid}/fd`).length;
