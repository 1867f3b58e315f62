/** PVs of tagging and of safety forms. */
import { input, result, setting, UNKNOWN_COUNT } from "./row.ts";

/** Days that Set may move now by: a hundred years. */
export const MOST_DAYS = 36_500;

export const TAGGING_ROWS = {
  Set: setting("Time added to now when the present run and beamtime are looked for.", {
    initial: 0,
    unit: "d",
    takes: { least: -MOST_DAYS, most: MOST_DAYS, isWhole: false },
  }),
  BeamtimeIndex: input("Tag: which of Beamtimes, counted from 1; 0: the only one there is. 0 again after a Tag.", {
    initial: 0,
    takes: { least: 0, most: 1000, isWhole: true },
  }),
  Beamtimes: result("Tag: the beamtimes that it found for that day, one a line."),
  TagTruncated: result("Tag: texts that TomoScan's PVs could not hold whole, one a line."),
  ManualExperiment: input("TagManual: name of the experiment, as YYYY-MM-LastName-GUP."),
  EsafStart: input("ListEsafs: first day, YYYY-MM-DD; empty: the first of this month."),
  EsafEnd: input("ListEsafs: last day, YYYY-MM-DD; empty: today."),
  Esafs: result("ListEsafs: the safety forms, newest first, one a line."),
  EsafCount: result("ListEsafs: how many there are; -1 before anybody has looked.", { initial: UNKNOWN_COUNT }),
} as const;
