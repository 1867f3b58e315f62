/** PVs of health: what the program is made of and works with, and what to do where something of it is wrong. */
import { type PvRow, type Result, result, sentence, UNKNOWN_COUNT } from "./row.ts";

export const HEALTH_PARTS = ["IOC", "TomoScan", "DM", "Globus", "SSH", "Mail", "Ledger", "Watcher"] as const;
export type HealthPart = (typeof HEALTH_PARTS)[number];
/**
 * Off: not configured. Trouble: its last use failed, or a person should see to it. Down: it cannot be reached, or not
 * written.
 */
export const HEALTH_STATES = ["Unknown", "Off", "OK", "Trouble", "Down"] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

type StatePv = `Health${HealthPart}`;
type MessagePv = `Health${HealthPart}Message`;
export const healthPv = (part: HealthPart): StatePv => `Health${part}`;
export const healthMessagePv = (part: HealthPart): MessagePv => `Health${part}Message`;

const WHAT: Readonly<Record<HealthPart, string>> = {
  IOC: "This program itself: its event loop, its watchdog and its faults.",
  TomoScan: "The connections to TomoScan's PVs.",
  DM: "Data Management, as its last use ended.",
  Globus: "Globus, as its last use ended.",
  SSH: "The hosts that are reached over SSH, as the last use of each ended.",
  Mail: "The mail server, as its last use ended.",
  Ledger: "The ledger on this host's disk.",
  Watcher: "The watch over directories, which finds the scans there.",
};
const state = (meaning: string): Result => result(meaning, { states: HEALTH_STATES, initial: "Unknown" });

const parts = HEALTH_PARTS.flatMap((part): [string, Result][] => [
  [healthPv(part), state(`${WHAT[part]} Unknown: nobody has seen it yet.`)],
  [healthMessagePv(part), sentence(`What is wrong with it, since when, and what to do (Health${part}).`)],
]);

export const HEALTH_ROWS = {
  ...(Object.fromEntries(parts) as Record<StatePv | MessagePv, Result>),
  Health: state("The worst of the Health states of the parts; OK where every part that is known is OK or Off."),
  HealthMessage: sentence("What is wrong, of the parts in the worst state; empty where nothing is."),
  EventLoopLag: result("How late the program's event loop was at most in the last seconds; -1: not measured yet.", {
    initial: UNKNOWN_COUNT,
    unit: "ms",
  }),
} as const satisfies Readonly<Record<string, PvRow>>;
