/**
 * Days and times as they are at the facility, whose clock decides to which day and month a moment belongs. Its zone is
 * the process's own, which every local time of Node's follows: the host's, or what [general] time-zone has put into TZ.
 * It does not know what day it is.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The zone's name as Node has it, such as `America/Chicago`, in capitals or not; undefined for a zone that Node does
 * not know.
 */
export function knownZone(name: string): string | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined; // +05:00 would mean the opposite in TZ
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The zone in which times are told now, e.g. `America/Chicago (-06:00)`. */
export const facilityZone = (at: Date): string =>
  `${new Intl.DateTimeFormat().resolvedOptions().timeZone} (${facilityIso(at).slice(-6)})`;

/** `2026-03-03T08:00:00-06:00` */
export function facilityIso(at: Date): string {
  const ahead = -at.getTimezoneOffset();
  const size = Math.abs(ahead);
  const two = (value: number): string => String(value).padStart(2, "0");
  const offset = `${ahead < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${new Date(at.getTime() + ahead * MINUTE_MS).toISOString().slice(0, 19)}${offset}`;
}

/** `2026-03-03 08:00:00`, for people. */
export const facilitySecond = (at: Date): string => facilityIso(at).slice(0, 19).replace("T", " ");
/** `2026-03-03 08:00`, for people. */
export const facilityMinute = (at: Date): string => facilitySecond(at).slice(0, 16);
/** `2026-03-03` */
export const facilityDay = (at: Date): string => facilityIso(at).slice(0, 10);
/** `2026-03` */
export const facilityMonth = (at: Date): string => facilityIso(at).slice(0, 7);

/** The moment at which a day, written `YYYY-MM-DD`, begins at the facility; undefined for what is no such day. */
export function facilityMidnight(day: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const at = new Date(`${day}T00:00:00`);
  return !Number.isNaN(at.getTime()) && facilityDay(at) === day ? at : undefined;
}

/** The day, `YYYY-MM-DD`, that comes `days` after another. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
