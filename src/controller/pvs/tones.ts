/**
 * How a state looks: one table from the names of states to the tones in which screens and the page in the browser draw
 * them. An alarm of the record goes before this table. What nobody has checked is never good. Chooses no colours.
 */
import { HEALTH_PARTS, healthPv } from "./health.ts";

const TONES = ["unknown", "idle", "busy", "good", "warning", "bad"] as const;
/**
 * unknown: nobody has looked; idle: nothing to tell; busy: something goes on; good: it was looked at, and is as it
 * should be; warning: a person may want to look; bad: a person must.
 */
export type Tone = (typeof TONES)[number];

const WORDS: Readonly<Record<Tone, string>> = {
  unknown: "Unknown UNKNOWN Unseen",
  idle: "Idle Later Tag Init Dirs Email StartDaq Scans StopDaq None Off No Safe Skipped Stopped NOT_YET All NewOnly Test Uncertain Experiment Schedule On Yes NO_ALARM",
  busy: "Next Running Busy ACTIVE Starting Pending Finalizing Aborting Checking Scanning Closing Sending Queued Waiting Watching",
  good: "Done OK Created Exists Online SUCCEEDED Verified",
  warning: "Left EMPTY Ended Retrying Armed Expiring Cancelled Partial Rejected Paused Problems MINOR Aborted",
  bad: "Down Ending Failed FAILED Error Trouble Offline Disconnected LoginNeeded INACTIVE ENDED MAJOR MISSING NO_TOPDIR Gone Stalled Timeout Unclear",
};
const TONE_OF: ReadonlyMap<string, Tone> = new Map(
  TONES.flatMap((tone) => WORDS[tone].split(" ").map((word): [string, Tone] => [word, tone])),
);

/** PVs in which a word means something else than usually. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, Tone>>>> = {
  Busy: { Done: "idle" },
  ServerRunning: { Running: "good", Stopped: "bad" },
  Testing: { Yes: "warning" },
  FlowInputWaiting: { Yes: "warning" },
  TagValid: { Yes: "good", No: "warning" },
  TomoScanConnected: { Yes: "good", No: "bad" },
  ExperimentExists: { Yes: "good" },
  DirsMatch: { Yes: "good", No: "warning" },
  ArchiveVerified: { Yes: "good", No: "warning" },
  WatchAlive: { Yes: "good", No: "bad" },
  ...Object.fromEntries(["Health", ...HEALTH_PARTS.map(healthPv)].map((suffix) => [suffix, { Trouble: "warning" }])),
};

/**
 * The tone of a state while its record has no alarm; undefined: the table does not know the state, which a test of
 * consistency finds.
 */
export const toneOf = (suffix: string, state: string): Tone | undefined =>
  ELSEWHERE[suffix]?.[state] ?? TONE_OF.get(state);
