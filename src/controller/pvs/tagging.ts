/** PVs of tagging, of experiments without a proposal, and of safety forms. */
import { input, managed, result, setting, UNKNOWN_COUNT } from "./row.ts";

/** Days that Set may move now by: a hundred years. */
export const MOST_DAYS = 36_500;
/** The highest proposal number: what a record of 32 bits holds. */
export const MOST_GUP = 2_147_483_647;

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
  ManualName: input("CreateManual: last name."),
  ManualFirstName: input("CreateManual: first name."),
  ManualTitle: input("CreateManual: title."),
  ManualGup: input("CreateManual: proposal (GUP) number; 0: none.", {
    initial: 0,
    takes: { least: 0, most: MOST_GUP, isWhole: true },
  }),
  ManualDate: input("CreateManual: YYYY-MM; empty: this month."),
  ManualStart: input("CreateManual: first day, YYYY-MM-DD; empty: the first of the month."),
  ManualEnd: input("CreateManual: last day, YYYY-MM-DD; empty: 14 days after the first."),
  ManualBadges: managed(input("CreateManual: badge numbers of its users, separated by commas.")),
  ManualEmail: input("CreateManual: e-mail address of its PI."),
  ManualInstitution: input("CreateManual: institution of its PI."),
  EsafStart: input("ListEsafs: first day, YYYY-MM-DD; empty: the first of this month."),
  EsafEnd: input("ListEsafs: last day, YYYY-MM-DD; empty: today."),
  Esafs: result("ListEsafs: the safety forms, newest first, one a line."),
  EsafCount: result("ListEsafs: how many there are; -1 before anybody has looked.", { initial: UNKNOWN_COUNT }),
} as const;
