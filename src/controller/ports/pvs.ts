/** Our own PVs, in this process. */
import type { Observable } from "rxjs";
import type { CommandName } from "../pvs/commands.ts";
import type { PvSuffix } from "../pvs/index.ts";
import type { OutsidePut } from "./outside-put.ts";

/** A PV value as the controller sees it: text in Unicode, an enum as its index. */
export type PvValue = string | number;
/** What the program may write, arrays too. */
export type PvOutput = PvValue | readonly string[] | readonly number[];

/** Our own PVs, by the suffix behind the prefix. Synchronous: they are in this process. */
export interface Pvs {
  get(suffix: PvSuffix): PvValue;
  /** The present value and every later value, whoever writes it. */
  value$(suffix: PvSuffix): Observable<PvValue>;
  /** Puts by clients, before they take effect. */
  puts$(suffix: PvSuffix): Observable<OutsidePut>;
  /**
   * Writes as the program, also to records that clients cannot write. Text and arrays longer than the record are cut.
   */
  put(suffix: PvSuffix, value: PvOutput): void;
  /**
   * Gives the PV's states these names, by index, and no others; clients are told. A name of more than 25 bytes is cut.
   */
  nameStates(suffix: PvSuffix, names: readonly string[]): void;
  /** Ends a command: its PV returns to 0, and a waiting put-callback is answered, with an error unless `succeeded`. */
  finish(suffix: CommandName, succeeded: boolean): void;
}
