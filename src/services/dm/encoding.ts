/**
 * How texts travel in DM's URLs and how DM writes dates: pure, both ways where both are needed (data-management.md §3,
 * §6, §7.1).
 */
import { facilityDay } from "../../base/facility-time.ts";

/** Characters in a line of MIME base64. */
const MIME_LINE = 76;

/**
 * A text as DM's clients send it: base64 in lines, base64 again, wrapped as `b'…'`. Holds no `/` and no `+`, so it is
 * one segment of a path. Empty text gives `b''`.
 */
export function dmEncode(text: string): string {
  const lines =
    Buffer.from(text, "utf8")
      .toString("base64")
      .match(new RegExp(`.{1,${MIME_LINE}}`, "g")) ?? [];
  const mime = lines.map((line) => `${line}\n`).join("");
  return `b'${Buffer.from(mime, "latin1").toString("base64")}'`;
}

/** The text in `b'…'`, with line ends inside or not; undefined for anything else. For what reads captured requests. */
export function dmDecode(segment: string): string | undefined {
  const inner = /^b'([A-Za-z0-9+/]*={0,2})'$/.exec(segment)?.[1];
  if (inner === undefined) return undefined;
  const mime = Buffer.from(inner, "base64").toString("latin1");
  if (!/^[A-Za-z0-9+/\n]*={0,2}\n?$/.test(mime)) return undefined;
  return Buffer.from(mime, "base64").toString("utf8");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * `DD-Mon-YY` as DM takes dates, e.g. `03-Mar-26`: English months on every machine, the day as it is at the facility.
 */
export function dmDate(at: Date): string {
  const [year = "", month = "", day = ""] = facilityDay(at).split("-");
  return `${day}-${MONTHS[Number(month) - 1]}-${year.slice(2)}`;
}

/**
 * A time as DM writes it: `YYYY-MM-DD HH:MM:SS`, with a fraction or not, and `±HH:MM`, `±HHMM` or `±HH`; without an
 * offset it is the facility's own.
 * @returns undefined for anything else
 */
export function readDmDate(text: string): Date | undefined {
  const [, day, time = "00:00:00", hours, minutes = "00"] =
    /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?))?(?:Z|([+-]\d{2})(?::?(\d{2}))?)?$/.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = text.endsWith("Z") ? "Z" : hours === undefined ? "" : `${hours}:${minutes}`;
  const at = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(at) ? undefined : new Date(at);
}
