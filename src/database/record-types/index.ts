/** The record types, in the order of the manual. One file each: its table of fields and its functions. */
import type { RecordType } from "../record-type.ts";
import { ai } from "./ai.ts";
import { ao } from "./ao.ts";
import { bi } from "./bi.ts";
import { bo } from "./bo.ts";
import { busy } from "./busy.ts";
import { calc } from "./calc.ts";
import { calcout } from "./calcout.ts";
import { longin } from "./longin.ts";
import { longout } from "./longout.ts";
import { mbbi } from "./mbbi.ts";
import { mbbo } from "./mbbo.ts";
import { stringin } from "./stringin.ts";
import { stringout } from "./stringout.ts";
import { waveform } from "./waveform.ts";

export const RECORD_TYPES: readonly RecordType[] = [
  ai,
  ao,
  bi,
  bo,
  busy,
  mbbi,
  mbbo,
  longin,
  longout,
  stringin,
  stringout,
  waveform,
  calc,
  calcout,
];
