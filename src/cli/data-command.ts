/** What a row of the table of data-management commands says (data-commands.ts), and how its options are written. */
import type { Kind } from "../config/settings.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import type { InputName, PvName } from "../controller/pvs/index.ts";

/** An option that fills an input PV. */
export interface InputOption {
  /** Without its dashes. */
  readonly flag: string;
  readonly input: InputName;
  /** For the help, e.g. `days`; absent: the option is given alone, for yes, or as --no-FLAG. */
  readonly value?: string;
  /** Absent: text, one of the input's states, or a number that the input takes. */
  readonly kind?: Kind<string | number>;
  readonly meaning: string;
}

/** A count that grows while a command runs. */
export interface Progress {
  readonly done: readonly PvName[];
  readonly total: PvName;
  /** What is counted. */
  readonly what: string;
}

/** Commands that only the command line has: they run no PV command. */
export type OwnCommand = "config" | "show" | "daq-status";

export interface DataCommand {
  readonly name: string;
  /** Other spellings, beside spellings with underscores. */
  readonly aliases?: readonly string[];
  readonly runs: CommandName | OwnCommand;
  readonly about: string;
  readonly options?: readonly InputOption[];
  /** Result PVs that are shown when the command is over; arrays in --json only. */
  readonly shows?: readonly PvName[];
  readonly progress?: Progress;
  /** Command lines, without `globus-ioc` before them. */
  readonly examples: readonly string[];
}

/** An option with a text, a word or a number. */
export const text = (
  flag: string,
  input: InputName,
  value: string,
  meaning: string,
  kind?: Kind<string | number>,
): InputOption => ({
  flag,
  input,
  value,
  meaning,
  ...(kind === undefined ? {} : { kind }),
});
/** An option that is given alone. */
export const yesNo = (flag: string, input: InputName, meaning: string): InputOption => ({ flag, input, meaning });
