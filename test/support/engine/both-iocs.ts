/**
 * Lets one foreign client do the same to softIoc and to our IOC, both with the same records, so that a test can compare
 * what the client saw. softIoc's answers prove the exercise; our IOC's have to be the same.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { randomPrefix } from "../peers/epics-environment.ts";
import { startOurIoc } from "../peers/our-ioc.ts";
import { ROOT } from "../peers/real-peers.ts";
import { type IocOptions, type RunningIoc, startSoftIoc } from "../peers/soft-ioc.ts";
import { runPython } from "../peers/spawn-peer.ts";

/** What a client saw, by section of the exercise. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Comparison {
  /** What the client saw at softIoc; the exercise runs once, when first asked for. */
  readonly reference: () => Promise<Facts>;
  /** What the client saw at our IOC. */
  readonly ours: () => Promise<Facts>;
}

const peerText = (file: string): string => readFileSync(join(ROOT, "test/peers", file), "utf8");

/**
 * @param exercise runs the client against an IOC; called once for each IOC
 * @param files the records and access rules, in test/peers
 */
export function compareIocs(
  exercise: (ioc: RunningIoc) => Promise<Facts>,
  files: { readonly db: string; readonly acf?: string } = { db: "interop.db" },
): Comparison {
  const access = files.acf === undefined ? {} : { acf: peerText(files.acf) };
  const options = { prefix: randomPrefix(), db: peerText(files.db), ...access };
  const runAt = async (start: (options: IocOptions) => Promise<RunningIoc>): Promise<Facts> => {
    await using ioc = await start(options);
    return await exercise(ioc);
  };
  return { reference: once(() => runAt(startSoftIoc)), ours: once(() => runAt(startOurIoc)) };
}

/** An exercise that is a script of test/peers which prints its facts as JSON in its last line. */
export const pythonExercise =
  (script: string, variables: Readonly<Record<string, string>> = {}) =>
  async (ioc: RunningIoc): Promise<Facts> => {
    const lines = (await runPython(script, [ioc.prefix], { ...ioc.env, ...variables })).trimEnd().split("\n");
    return JSON.parse(lines.at(-1) ?? "{}") as Facts;
  };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
