/** Values as people read them. Pure: no document, no clock. What nobody knows is a dash, and no number. */

/** Stands where nobody knows. */
export const NOBODY_KNOWS = "–";
/** Keeps a number and its unit in one line. */
const SPACE = "\u00a0";
/** Between thousands. */
const THIN = "\u202f";
const SCALES = ["", "k", "M", "G", "T", "P"] as const;

/** A number with at most `digits` significant digits, and no more than it has; whole from 1000 on. */
function figure(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return grouped(value);
  if (size >= 1000) return grouped(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

function grouped(value: number): string {
  const text = String(value);
  if (!/^-?\d{5,}$/.test(text)) return text; // four digits need no help
  return text.replaceAll(/\B(?=(\d{3})+$)/g, THIN);
}

/** `1.23 GB`: steps of 1000, three digits. */
function bytesText(bytes: number): string {
  const size = Math.abs(bytes);
  let scale = 0;
  let scaled = bytes;
  // What would be rounded to 1000 is 1 of the next
  while (scale < SCALES.length - 1 && Math.abs(Number(scaled.toPrecision(3))) >= 1000) {
    scaled /= 1000;
    scale++;
  }
  const text = size < 1000 || Math.abs(scaled) >= 1000 ? figure(scaled) : scaled.toPrecision(3);
  return `${text}${SPACE}${SCALES[scale] ?? ""}B`;
}

/** `3 min 20 s`: the two largest units that it has. */
function durationText(seconds: number): string {
  if (seconds < 0) return `-${durationText(-seconds)}`;
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)}${SPACE}s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = Math.max(
    0,
    parts.findIndex(([count]) => count > 0),
  );
  if (whole === 0) return `0${SPACE}s`;
  return parts
    .slice(first, first + 2)
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, unit]) => `${count}${SPACE}${unit}`)
    .join(" ");
}

/** A number with its unit, as the PV table names units. */
export function quantityText(value: number, unit: string | undefined): string {
  switch (unit) {
    case "B":
      return bytesText(value);
    case "B/s":
      return `${bytesText(value)}/s`;
    case "s":
      return durationText(value);
    case "%":
      return `${figure(Math.round(value * 10) / 10)}${SPACE}%`;
    case "1/min":
      return `${figure(value)}${SPACE}a minute`;
    case undefined:
    case "":
      return figure(value);
    default:
      return `${figure(value)}${SPACE}${unit}`;
  }
}

const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Minutes that a zone is ahead of UTC, from the end of an ISO 8601 text; undefined for what is none. */
export function offsetMinutes(iso: string): number | undefined {
  const zone = ISO.exec(iso)?.[4];
  if (zone === undefined) return undefined;
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith("-") ? -minutes : minutes;
}

/**
 * A time of the facility, short: the time of day today, the day else. What is no time stays as it is.
 * @param now milliseconds since 1970
 */
export function shortTime(iso: string, now: number): string {
  const [, day, minute, second = ""] = ISO.exec(iso) ?? [];
  if (day === undefined || minute === undefined) return iso;
  const today = new Date(now + (offsetMinutes(iso) ?? 0) * 60_000).toISOString().slice(0, 10);
  return day === today ? `${minute}${second}` : `${day} ${minute}`;
}

/** The time of day of a moment in a zone, `10:11:12`. */
export const timeOfDay = (at: number, zoneMinutes: number): string =>
  new Date(at + zoneMinutes * 60_000).toISOString().slice(11, 19);

/** An address that may be a link: the web's alone, whatever else a text calls itself. */
export function webAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).href;
}
