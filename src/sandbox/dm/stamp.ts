/** Times as Data Management writes them for people. */
import { ZONE } from "../people.ts";

const clockAtFacility = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  dateStyle: "short",
  timeStyle: "medium",
  hourCycle: "h23",
});
const zoneAtFacility = new Intl.DateTimeFormat("en-US", { timeZone: ZONE, timeZoneName: "short" });

/** `YYYY/MM/DD HH:MM:SS CDT`, as it stands beside the number. @param at seconds since 1970 */
export function stamp(at: number): string {
  const zone = zoneAtFacility.formatToParts(at * 1000).find(({ type }) => type === "timeZoneName")?.value;
  return `${clockAtFacility
    .format(at * 1000)
    .replaceAll("-", "/")
    .replace(",", "")} ${zone}`;
}
