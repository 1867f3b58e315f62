/**
 * Times in the put log, in the facility's zone: formats of C's strftime, in English, with base's `%3f` for a fraction
 * of the second. epics-base: epicsTime.cpp.
 */
import { facilityIso } from "../../base/facility-time.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");

const two = (value: number): string => String(value).padStart(2, "0");
const three = (value: number): string => String(value).padStart(3, "0");
const twelve = (hour: number): number => hour % 12 || 12;

/** caPutLog's own: `03-Mar-26 08:00:00`. */
export const DEFAULT_TIME_FORMAT = "%d-%b-%y %H:%M:%S";

/** What each letter stands for. */
const LETTERS: Readonly<Record<string, (at: Date) => string>> = {
  a: (at) => DAYS[at.getDay()]!.slice(0, 3),
  A: (at) => DAYS[at.getDay()]!,
  b: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  B: (at) => MONTHS[at.getMonth()]!,
  d: (at) => two(at.getDate()),
  D: (at) => `${two(at.getMonth() + 1)}/${two(at.getDate())}/${two(at.getFullYear() % 100)}`,
  e: (at) => String(at.getDate()).padStart(2),
  F: (at) => facilityIso(at).slice(0, 10),
  f: (at) => `${three(at.getMilliseconds())}000000`,
  H: (at) => two(at.getHours()),
  I: (at) => two(twelve(at.getHours())),
  j: (at) => three(dayOfYear(at)),
  m: (at) => two(at.getMonth() + 1),
  M: (at) => two(at.getMinutes()),
  p: (at) => (at.getHours() < 12 ? "AM" : "PM"),
  R: (at) => facilityIso(at).slice(11, 16),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  S: (at) => two(at.getSeconds()),
  T: (at) => facilityIso(at).slice(11, 19),
  y: (at) => two(at.getFullYear() % 100),
  Y: (at) => String(at.getFullYear()),
  z: (at) => facilityIso(at).slice(19).replace(":", ""),
  "%": () => "%",
};

const PLACE = /%(?:0?(\d)f|([^]))/g;

/** The first `%` and letter of a format that stand for nothing; undefined: the format is good. */
export function unknownIn(format: string): string | undefined {
  if (format.replace(PLACE, "").includes("%")) return "%";
  for (const [place, digits, letter = ""] of format.matchAll(PLACE)) {
    if (digits === undefined && LETTERS[letter] === undefined) return place;
  }
  return undefined;
}

/** The letters that a format may have behind `%`. */
export const knownLetters = (): string => Object.keys(LETTERS).join(" ");

/** A moment by a format without unknown letters. */
export function formatTime(format: string, milliseconds: number): string {
  const at = new Date(milliseconds);
  return format.replace(PLACE, (_, digits: string | undefined, letter = "") =>
    digits === undefined ? LETTERS[letter as string]!(at) : LETTERS["f"]!(at).slice(0, Number(digits)),
  );
}

/** A formatter that remembers its last text, for many puts in one second. */
export function secondFormatter(format: string): (milliseconds: number) => string {
  const isWhole = !/%[0\d]*f/.test(format.replaceAll("%%", ""));
  let second = Number.NaN;
  let text = "";
  return (milliseconds) => {
    const now = isWhole ? Math.floor(milliseconds / 1000) : milliseconds;
    if (now !== second) {
      second = now;
      text = formatTime(format, milliseconds);
    }
    return text;
  };
}

function dayOfYear(at: Date): number {
  const midnight = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return (midnight - Date.UTC(at.getFullYear(), 0, 1)) / 86_400_000 + 1;
}
