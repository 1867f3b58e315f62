/**
 * The values that records come to, in EPICS base and in our database. A chapter is a list of examples; an example is
 * some records and what is read of them. Base's answers (test/peers/field_values.py) stand in a text file, one line an
 * example. test/interop/chapters-softioc.test.ts compares the file with base, test/database/chapters.test.ts our
 * database, with a clock that stands still, with the file.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLog } from "../../../src/base/log.ts";
import { Database } from "../../../src/database/database.ts";
import type { PutResult } from "../../../src/database/put.ts";
import { loadRecords } from "../../../src/dbfile/load.ts";
import { DBE_ALARM, DBE_LOG, DBE_VALUE } from "../../../src/epics/facts.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { epicsEnvironment, freePort } from "../peers/epics-environment.ts";
import { PYTHON, ROOT } from "../peers/real-peers.ts";
import { runPeer } from "../peers/spawn-peer.ts";

/**
 * Reads a PV, or puts a text to it. "wait" lets everything that was asked for happen, for all examples of a chapter at
 * once. "posts PV" watches the PV from its first use on, and tells the posts since its last use. "callback PV" with a
 * text puts with a callback; without, it tells how each of these puts has ended: done, failed, waiting.
 */
export type ValueStep = readonly [pv: string] | readonly [pv: string, text: string];

export interface ValueCase {
  /** .db texts, each loaded as a file of its own. */
  readonly records: readonly string[];
  readonly steps: readonly ValueStep[];
}

/** One line of a chapter. In records and steps `$R` stands for a name that no other example has. */
export interface Example extends ValueCase {
  readonly title: string;
  /** Why our database differs. docs/protocol-compliance.md says the same. */
  readonly onPurpose?: string;
}

export interface Chapter {
  /** The name of the chapter's text file. */
  readonly name: string;
  readonly examples: readonly Example[];
}

export interface ValueAnswer {
  /** For each text of records whether it failed to load. */
  readonly refused: readonly boolean[];
  /** For each step the elements as texts, null where there is no such value; for a put whether it succeeded. */
  readonly seen: readonly (readonly string[] | boolean | null)[];
}

/** @returns null for a case that base does not survive */
export async function askBase(cases: readonly ValueCase[]): Promise<readonly (ValueAnswer | null)[]> {
  const env = { ...process.env, ...epicsEnvironment(await freePort()) } as Record<string, string>;
  const request = { input: JSON.stringify(cases), env, timeoutSeconds: 300 };
  const { code, stdout, stderr } = await runPeer(PYTHON, ["test/peers/field_values.py"], request);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as readonly (ValueAnswer | null)[];
}

/** @param said told each line of the database's log */
export function askOurs({ records, steps }: ValueCase, said: (line: string) => void = () => {}): ValueAnswer {
  const clock = new FakeClock();
  const database = new Database({ clock, log: createLog("db", said) });
  const refused = records.map((text) => {
    const { errors } = loadRecords(database, { file: "case.db", text });
    for (const error of errors) said(error.message);
    return errors.length > 0;
  });
  database.initialize();
  database.start();
  clock.settle();
  const watched = new Map<string, string[]>();
  const callbacks = new Map<string, string[]>();
  const answer = ([pv, text]: ValueStep): ValueAnswer["seen"][number] => {
    if (pv === "wait") {
      clock.settle();
      return null;
    }
    if (pv.startsWith("posts ")) return postsOf(database, pv.slice("posts ".length), watched);
    if (pv.startsWith("callback ")) return callbackOf(database, pv.slice("callback ".length), text, callbacks);
    const address = database.find(pv);
    if (address === undefined) return text === undefined ? null : false;
    if (text !== undefined) return database.put(address, text) === undefined;
    return database.getStrings(address).map((one) => one.slice(0, 39));
  };
  const seen = steps.map(answer);
  database.stop();
  return { refused, seen };
}

const POSTED = [
  ["V", DBE_VALUE],
  ["L", DBE_LOG],
  ["A", DBE_ALARM],
] as const;

/**
 * The bits by which a PV was posted since the last call, each as often as it was posted.
 * @param watched for each watched PV the bits that were posted and not told yet
 */
function postsOf(database: Database, pv: string, watched: Map<string, string[]>): readonly string[] | null {
  const address = database.find(pv);
  if (address === undefined) return null;
  const posts = watched.get(pv);
  if (posts !== undefined) {
    const names = posts.splice(0);
    return POSTED.flatMap(([name]) => names.filter((one) => one === name));
  }
  const waiting: string[] = [];
  watched.set(pv, waiting);
  for (const [name, mask] of POSTED) database.subscribe(address, mask, () => void waiting.push(name));
  return [];
}

/** Puts `text` with a callback, or tells how earlier puts have ended. @param ended the ends of the puts, by PV */
function callbackOf(
  database: Database,
  pv: string,
  text: string | undefined,
  ended: Map<string, string[]>,
): readonly string[] | null {
  const ends = ended.get(pv) ?? [];
  ended.set(pv, ends);
  const address = database.find(pv);
  if (address === undefined || text === undefined) return [...ends];
  const place = ends.push("waiting") - 1;
  const notifyDone = (result: PutResult): void => void (ends[place] = result === undefined ? "done" : "failed");
  const notify = database.putNotify(address, text, notifyDone);
  if (notify.isDone) notifyDone(notify.result);
  return null;
}

export const answersFile = ({ name }: Chapter): string => join(ROOT, "test/database/base", `${name}.txt`);

/** The lines of the chapter's text file. */
export const recordedLines = (chapter: Chapter): readonly string[] =>
  readFileSync(answersFile(chapter), "utf8").trimEnd().split("\n");

/** All examples of a chapter as one case. */
export function asCase({ examples }: Chapter): ValueCase {
  const named = (text: string, index: number): string => text.replaceAll("$R", `R${index}`);
  return {
    records: examples.flatMap(({ records }, index) => records.map((text) => named(text, index))),
    steps: stepsOf(examples).map(
      ({ step, index }) => step.map((text) => named(text, index)) as readonly string[] as ValueStep,
    ),
  };
}

interface PlacedStep {
  readonly step: ValueStep;
  /** The example's index; -1 for the wait of all examples. */
  readonly index: number;
}

/**
 * The steps in the order of a case: the steps of each example before its first "wait", one wait for all, the steps of
 * each before its second, and so on.
 */
function stepsOf(examples: readonly Example[]): readonly PlacedStep[] {
  const stages: PlacedStep[][] = [];
  for (const [index, { steps }] of examples.entries()) {
    let stage = 0;
    for (const step of steps) {
      stages[stage] ??= stage === 0 ? [] : [{ step: ["wait"], index: -1 }];
      if (step[0] === "wait") stage++;
      else stages[stage]?.push({ step, index });
    }
  }
  return stages.flat();
}

/** `title => seen | seen`, or `title => refused`: the lines that an answer to the case gives. */
export function linesOf({ examples }: Chapter, { refused, seen }: ValueAnswer): readonly string[] {
  const answers = examples.map((): string[] => []);
  for (const [place, { step, index }] of stepsOf(examples).entries())
    if (step.length === 1) answers[index]?.push(shown(seen[place] ?? null));
  let record = 0;
  return examples.map(({ title, records }, index) => {
    const isRefused = refused.slice(record, (record += records.length)).includes(true);
    return `${title} => ${isRefused ? "refused" : answers[index]?.join(" | ")}`.trimEnd();
  });
}

const shown = (answer: ValueAnswer["seen"][number]): string =>
  answer === null ? "none" : Array.isArray(answer) ? answer.join(",").trim() : String(answer);
