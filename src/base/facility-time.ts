/**
 * Days and times as they are at the facility, whose clock decides to which day and month a moment belongs, whatever the machine's own zone is.
 * Pure; it does not know what day it is.
 */

/** The facility's clock: a day begins when it begins there. */
export const FACILITY_ZONE = "America/Chicago";

const partsFormat = new Intl.DateTimeFormat("en-US", {
  timeZone: FACILITY_ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The facility's wall clock at `at`, as if it were UTC: milliseconds since 1970. */
function wallClock(at: Date): number {
  const parts = Object.fromEntries(partsFormat.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (part: string): number => Number(parts[part]);
  return Date.UTC(
    number("year"),
    number("month") - 1,
    number("day"),
    number("hour"),
    number("minute"),
    number("second"),
  );
}

/** Minutes by which the facility's clock is ahead of UTC: -360 or -300. */
function offsetMinutes(at: Date): number {
  return Math.round((wallClock(at) - at.getTime()) / MINUTE_MS);
}

/** `2026-03-03T08:00:00-06:00` */
export function facilityIso(at: Date): string {
  const minutes = offsetMinutes(at);
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${new Date(wallClock(at)).toISOString().slice(0, 19)}${offset}`;
}

/** `2026-03-03 08:00`, for people. */
export const facilityMinute = (at: Date): string => facilityIso(at).slice(0, 16).replace("T", " ");
/** `2026-03-03` */
export const facilityDay = (at: Date): string => facilityIso(at).slice(0, 10);
/** `2026-03` */
export const facilityMonth = (at: Date): string => facilityIso(at).slice(0, 7);

/** The moment at which a day, written `YYYY-MM-DD`, begins at the facility; undefined for what is no such day. */
export function facilityMidnight(day: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const asUtc = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 10) !== day) return undefined;
  // The clock changes at 2 in the morning: at midnight the offset is the one of the evening before.
  return new Date(asUtc.getTime() - offsetMinutes(asUtc) * MINUTE_MS);
}

/** The day, `YYYY-MM-DD`, that comes `days` after another. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
