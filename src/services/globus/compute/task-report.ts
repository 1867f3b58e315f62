/** How a task of Compute stands, from its document; what Python says of a failure, in a line. Pure. */
import { oneLine } from "../../../base/clean-text.ts";
import type { ComputeTaskReport } from "../../../controller/ports/compute.ts";
import { readResult } from "./packing.ts";

const MOST_WORDS = 300;
const ADVICE = "let the function write what is large into a file, and return its path";

/** It has ended, with more than an answer may have. */
export const tooLongReport: ComputeTaskReport = {
  state: "done",
  said: "success",
  problem: `What it gave is too long to be read: ${ADVICE}.`,
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export function taskReport(document: Readonly<Record<string, unknown>>): ComputeTaskReport {
  const said = oneLine(textOf(document["status"])).trim();
  const exception = document["exception"];
  if (typeof exception === "string") {
    const tooLong = tooLongText(exception);
    const problem = tooLong ?? failureIn(exception);
    return { state: "failed", said, problem, traceback: exception, ...(tooLong !== undefined && { isFinal: true }) };
  }
  const status = said.toLowerCase();
  if (status === "failed") {
    const reason = oneLine(textOf(document["reason"])).trim();
    return { state: "failed", said, problem: reason === "" ? "Compute says no more than that it failed" : reason };
  }
  if (status !== "success") return { state: status.startsWith("running") ? "running" : "waiting", said };
  const result = readResult(textOf(document["result"]));
  if (result !== undefined) return { state: "done", said, result };
  return { state: "done", said, problem: "It takes Python to read what it gave: let the function return JSON." };
}

/** What Compute says of a result that it did not take, in our words; undefined: the traceback is of something else. */
function tooLongText(traceback: string): string | undefined {
  const [, bytes, most] = /MaxResultSizeExceeded.*?(\d+)B\D+(\d+)B/.exec(traceback) ?? [];
  return bytes === undefined ? undefined : `its result has ${bytes} bytes, and Compute takes ${most}: ${ADVICE}`;
}

/** The exception in a traceback, in a line. */
function failureIn(traceback: string): string {
  const rows = traceback.split("\n").filter((row) => row.trim() !== "");
  const last = rows.findLast((row) => /^[A-Za-z_][\w.]*(:|$)/.test(row)) ?? rows.at(-1) ?? "it failed without a word";
  const words = oneLine(last).trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}
