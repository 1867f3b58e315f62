/**
 * Whether `nohup` started this process. nohup ignores SIGHUP for the program it starts, and Node takes that away at its own start; what nohup leaves, where
 * there is a terminal to be hung up, is a standard input that is open for writing only (coreutils, Linux).
 */
import { readFileSync } from "node:fs";

const ACCESS_MODE = 3;
const WRITE_ONLY = 1;

export function isUnderNohup(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/fdinfo/0", "latin1"))?.[1];
    return (Number.parseInt(flags ?? "0", 8) & ACCESS_MODE) === WRITE_ONLY;
  } catch {
    return false; // no Linux
  }
}
