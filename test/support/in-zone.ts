/** Runs `work` in the time zone of another facility; the zone of the tests comes back when `work` has ended. */
export async function inZone(zone: string, work: () => unknown): Promise<void> {
  const before = process.env["TZ"];
  process.env["TZ"] = zone;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  }
}
