/** What a row of the PV table says, and how rows are written: the builders. No PV stands here. */
import type { CommandName } from "./commands.ts";

export interface PvRow {
  /**
   * input: clients write it. result: only the program does. setting: an input that belongs to the beamline rather than
   * to one experiment; settings survive a restart (autosave), and of the others only what is saved with one.
   */
  readonly kind: "input" | "result" | "setting";
  /** For a result: it is saved with a setting, whose saved value means nothing without it. */
  readonly isSaved?: true;
  /**
   * What the PV holds until it is written: a number, empty text, or an empty array; where `initial` is absent, 0 or
   * empty text. What is not known yet has a state of its own, or is UNKNOWN_COUNT, and never looks like an answer. db/
   * has the same numbers.
   */
  readonly initial?: Initial;
  /** Where the PV chooses by state: the states' names, by index, as db/ has them. */
  readonly states?: readonly string[];
  /** The unit of a number, as db/ has it in EGU. */
  readonly unit?: string;
  /** What a number input without states may hold. */
  readonly takes?: Takes;
  /**
   * For a result of one experiment on one server: the commands that write the result. The PV holds `initial` again once
   * the experiment or the server changes, unless one of these commands runs: its results are of the experiment with
   * which it began.
   */
  readonly ofExperiment?: readonly CommandName[];
  /** A sentence for people: X0 and X1 hold its halves, for MEDM, which draws one line and breaks none. */
  readonly isSentence?: true;
  /** A line of a long text, for MEDM. */
  readonly isLine?: true;
  /** Only managers may write: what is written opens data to people, mails or deletes (decision 0023). */
  readonly isManaged?: true;
  /** One sentence for operators and the manual. */
  readonly meaning: string;
}

/** The access security group of a PV's record: ASG in db/, with its rules in iocBoot/iocGlobus/globus.acf. */
export function securityGroup({ kind, isManaged }: PvRow): string {
  if (kind === "result") return "GLOBUS_RESULT";
  return isManaged === true ? "GLOBUS_MANAGED" : "GLOBUS";
}

export type Initial = number | "" | readonly [];
export interface Takes {
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

/** A count, or another figure, that is not known. */
export const UNKNOWN_COUNT = -1;
export const NO_YES = ["No", "Yes"] as const;
/** Unknown: nobody has looked yet. */
export const ANSWERS = ["Unknown", "No", "Yes"] as const;
export const ARM_STATES = ["Safe", "Armed"] as const;
/** Seconds that an arm stays Armed. */
export const ARMED_SECONDS = 30;

/** What a row says beside the meaning. A PV with states begins with one of its states. */
type Details<S extends string> =
  | { readonly initial?: Initial; readonly unit?: string; readonly states?: never }
  | { readonly states: readonly S[]; readonly initial?: NoInfer<S>; readonly unit?: never };

type Told = Pick<PvRow, "initial" | "states" | "unit" | "meaning">;
function told<S extends string>(meaning: string, details: Details<S>): Told {
  if (details.states === undefined) return { ...details, meaning };
  const { states, initial } = details;
  return { states, meaning, ...(initial !== undefined && { initial: states.indexOf(initial) }) };
}

export type Result = PvRow & { readonly kind: "result" };
export const result = <S extends string>(meaning: string, details: Details<S> = {}): Result => ({
  kind: "result",
  ...told(meaning, details),
});
/** A sentence for people; its halves follow from it (halvesOf). */
export const sentence = (meaning: string): Result & { readonly isSentence: true } => ({
  ...result(meaning, { initial: "" }),
  isSentence: true,
});
/** A result of one experiment on one server, whose meaning begins with the commands that write the PV. */
export const resultOf = <S extends string>(
  by: readonly CommandName[],
  meaning: string,
  details: Details<S>,
): Result => ({ ...result(`${by.join(", ")}: ${meaning}`, details), ofExperiment: by });

/** Columns of a half of a sentence. */
export const HALF_COLUMNS = 80;
/** The suffixes of a sentence's halves, in order. */
export const halvesOf = (suffix: string): readonly [string, string] => [`${suffix}0`, `${suffix}1`];

type Input<K extends "input" | "setting"> = PvRow & { readonly kind: K; readonly initial?: number };
/** Text, without details. */
type InputDetails<S extends string> =
  | { readonly initial?: number; readonly unit?: string; readonly takes?: Takes; readonly states?: never }
  | { readonly states: readonly S[]; readonly initial: NoInfer<S> };

function inputOf<K extends "input" | "setting", S extends string>(
  kind: K,
  meaning: string,
  details: InputDetails<S>,
): Input<K> {
  if (details.states === undefined) return { kind, ...details, meaning };
  return { kind, meaning, states: details.states, initial: details.states.indexOf(details.initial) };
}
export const input = <S extends string>(meaning: string, details: InputDetails<S> = {}): Input<"input"> =>
  inputOf("input", meaning, details);
export const setting = <S extends string>(meaning: string, details: InputDetails<S> = {}): Input<"setting"> =>
  inputOf("setting", meaning, details);

export type SettingRow = Input<"setting">;

/** An input that only managers may write. */
export const managed = <R extends Input<"input" | "setting">>(row: R): R & { readonly isManaged: true } => ({
  ...row,
  isManaged: true,
});

/** An input that does something when 1 is written to it. */
export const button = (meaning: string): Input<"input"> => input(meaning, { initial: 0 });

/** One row for each line of a long text, for MEDM, which draws one line of at most 511 bytes. */
export function lines<N extends string>(stem: string, count: number, row: (line: string) => PvRow): Record<N, Result> {
  const rows = Array.from({ length: count }, (_, i) => [`${stem}${i}`, { ...row(`Line ${i} of`), isLine: true }]);
  return Object.fromEntries(rows) as Record<N, Result>;
}
export type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
