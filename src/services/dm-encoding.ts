/**
 * How texts travel in DM's URLs and how DM writes dates: pure, both ways where both are needed (reference: dm-api §3, §6, §7.1).
 */
import { FACILITY_ZONE } from "../base/facility-time.ts";

/** Characters in a line of MIME base64. */
const MIME_LINE = 76;

/**
 * A text as DM's clients send it: base64 in lines, base64 again, wrapped as `b'…'`. Holds no `/` and no `+`, so it is one segment of
 * a path. Empty text gives `b''`.
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

const dayParts = new Intl.DateTimeFormat("en-US", {
  timeZone: FACILITY_ZONE,
  day: "2-digit",
  month: "short",
  year: "2-digit",
});

/** `DD-Mon-YY` as DM takes dates, e.g. `03-Mar-26`: English months on every machine, the day as it is at the facility. */
export function dmDate(at: Date): string {
  const parts = Object.fromEntries(dayParts.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts["day"]}-${parts["month"]}-${parts["year"]}`;
}
