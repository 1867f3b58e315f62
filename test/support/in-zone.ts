/** Runs `work` with another facility's clock. What it returns is awaited before the zone of the tests comes back. */
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
