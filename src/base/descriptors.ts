/**
 * Descriptors: how many files, sockets and pipes this process may have open, how many of them it needs for itself, and
 * what is left for clients. It counts nothing: a process that is full finds out by failing.
 */
import { readFileSync } from "node:fs";

/**
 * Fewer do not do: loading the program opens up to 128 files at once, and a few clients must find room beside what the
 * program itself uses.
 */
const LEAST = 256;
/**
 * Kept back from clients. An IOC of data management has about 40 open when it rests; a log file, a ledger's tables,
 * login files, connections to services and hosts and a Python process come and go beside those.
 */
const OWN = 128;
/** It failed for want of descriptors: of this process, of the whole system. */
const CODES: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE"]);

const ADVICE =
  "raise the limit of open files (`ulimit -n 4096` in the shell that starts it, LimitNOFILE under systemd)";

export const OUT_OF_DESCRIPTORS = `globus-ioc cannot be loaded: too many files are open; ${ADVICE}.`;

/** As set for this process, or undefined where the system does not tell (elsewhere than on Linux). */
export function openFilesLimit(): number | undefined {
  try {
    return limitIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** The soft limit of open files in the text of Linux's /proc/PID/limits. proc(5) */
export function limitIn(limits: string): number | undefined {
  const text = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return text === "unlimited" ? Number.POSITIVE_INFINITY : text === undefined ? undefined : Number(text);
}

/** The sentence for a limit with which nothing works, or undefined. */
export function descriptorProblem(limit: number | undefined): string | undefined {
  if (limit === undefined || limit >= LEAST) return undefined;
  return `globus-ioc may have ${limit} files open and needs ${LEAST}: ${ADVICE}.`;
}

/** Circuits that a server may have with this limit, at most `wanted`, and the sentence for fewer. */
export function roomForClients(
  limit: number | undefined,
  wanted: number,
): { readonly circuits: number; readonly warning?: string } {
  const circuits = limit === undefined ? wanted : Math.max(1, limit - OWN);
  if (circuits >= wanted) return { circuits: wanted };
  const warning = `This process may have ${limit} files open, so at most ${circuits} clients are served instead of ${wanted}; for more, ${ADVICE}.`;
  return { circuits, warning };
}

/** Whether `thrown`, or its cause, is the system's answer to one descriptor too many. */
export function isOutOfDescriptors(thrown: unknown): boolean {
  const { code, cause } = (thrown ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  return CODES.has(code) || (cause !== undefined && isOutOfDescriptors(cause));
}
