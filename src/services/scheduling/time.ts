/** How schedules write times: with one of three spellings of the offset (data-management.md §8). Pure. */

/**
 * ISO time whose offset is spelt `Z`, `-05:00`, `-0500` or `-05`; undefined for anything else, also without an offset.
 */
export function parseTime(text: string): Date | undefined {
  const found = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|([+-]\d{2}):?(\d{2})?)$/.exec(
    text.trim(),
  );
  if (found === null) return undefined;
  const [, day, time, zone, hours, minutes = "00"] = found;
  const at = new Date(`${day}T${time}${zone === "Z" ? "Z" : `${hours}:${minutes}`}`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
