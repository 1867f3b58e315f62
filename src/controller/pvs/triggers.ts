/** PVs of the triggers, which tell that a scan has ended, and of the watch over directories. */
import { ANSWERS, type PvRow, type Result, result, type SettingRow, sentence, setting, UNKNOWN_COUNT } from "./row.ts";

export const TRIGGER_STATES = [
  "Unknown",
  "None",
  "Off",
  "Disconnected",
  "Idle",
  "Scanning",
  "Closing",
  "Watching",
  "Trouble",
] as const;
export type TriggerState = (typeof TRIGGER_STATES)[number];

/** Triggers that have PVs, and so triggers that a site can have. */
export const MOST_TRIGGERS = 4;
type TriggerIndex = 0 | 1 | 2 | 3;

const OFF_ON = ["Off", "On"] as const;
/** What is told of each trigger, behind `Trigger0` and the others. */
const TRIGGER_PARTS = {
  /** Saved: TriggerNEnable belongs to the trigger of that name, whatever number it has at the next start. */
  Name: { ...result("its name; empty: there is no such trigger.", { initial: "" }), isSaved: true },
  State: result("what it sees.", { states: TRIGGER_STATES, initial: "Unknown" }),
  Message: sentence("the same in one sentence."),
  Scans: result("scans that it has announced since the start.", { initial: UNKNOWN_COUNT }),
} as const satisfies Readonly<Record<string, PvRow>>;
export type TriggerPart = keyof typeof TRIGGER_PARTS;
type TriggerPv = `Trigger${TriggerIndex}${TriggerPart}`;
type EnablePv = `Trigger${TriggerIndex}Enable`;
export const triggerPv = (index: number, part: TriggerPart): TriggerPv => `Trigger${index as TriggerIndex}${part}`;
export const enablePv = (index: number): EnablePv => `Trigger${index as TriggerIndex}Enable`;

const INDICES = Array.from({ length: MOST_TRIGGERS }, (_, index) => index);
const resultRows = INDICES.flatMap((index) =>
  Object.entries(TRIGGER_PARTS).map(([part, row]) => [
    triggerPv(index, part as TriggerPart),
    { ...row, meaning: `Trigger ${index} of globus.conf: ${row.meaning}` },
  ]),
);
const enableRows = INDICES.map((index) => [
  enablePv(index),
  setting(`On: scans that trigger ${index} of globus.conf sees are sent.`, { states: OFF_ON, initial: "Off" }),
]);

export const TRIGGER_ROWS = {
  ...(Object.fromEntries(resultRows) as Record<TriggerPv, Result>),
  ...(Object.fromEntries(enableRows) as Record<EnablePv, SettingRow>),
  WatchAge: result(
    "Time since the watch over directories has ended its last whole sweep; -1: nothing is watched, or no sweep has ended yet.",
    {
      initial: UNKNOWN_COUNT,
      unit: "s",
    },
  ),
  WatchFiles: result("Files in the scans that it has seen; -1: nobody knows.", { initial: UNKNOWN_COUNT }),
  WatchAlive: result(
    "Whether its sweeps end in time and see everything, and a file that was just made where there is a canary.",
    {
      states: ANSWERS,
      initial: "Unknown",
    },
  ),
  WatchMessage: sentence("What it does, or what is wrong, in one sentence."),
} as const;
