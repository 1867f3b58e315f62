/**
 * One run of an action without a controller: inputs by name, and what was published and said, to be looked at
 * afterwards.
 */

import type { PvOutput, PvValue } from "../../../src/controller/ports/pvs.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { PVS, type PvName } from "../../../src/controller/pvs/index.ts";
import type { PvRow } from "../../../src/controller/pvs/row.ts";
import type { RunContext } from "../../../src/controller/run/action.ts";

export interface FakeRun extends RunContext {
  /** The last value that was published, by PV. */
  readonly published: Readonly<Partial<Record<PvName, PvOutput>>>;
  readonly said: readonly string[];
  /** Aborts the run's signal. */
  readonly abort: (reason: Error) => void;
}

const initialOf = ({ initial = "" }: PvRow): PvValue => (typeof initial === "object" ? "" : initial);

/**
 * @param inputs what input PVs hold; an input that is not listed holds its initial value
 * @param running commands that run beside
 */
export function fakeRun(
  inputs: Readonly<Partial<Record<PvName, PvValue>>> = {},
  running: readonly CommandName[] = [],
): FakeRun {
  const published: Partial<Record<PvName, PvOutput>> = {};
  const said: string[] = [];
  const controller = new AbortController();
  return {
    published,
    said,
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    input: (name) => inputs[name] ?? initialOf(PVS[name]),
    publish: (name, value) => void (published[name] = value),
    say: (sentence) => void said.push(sentence),
    isRunning: (command) => running.includes(command),
  };
}
