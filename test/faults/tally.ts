/**
 * What a fault scenario comes to: how often it was tried, and everything that was found wrong, by kind. One line a
 * scenario in the report of `npm run test:faults`.
 */
import { appendFileSync } from "node:fs";
import { expect } from "vitest";

/**
 * lost: done or acknowledged, and gone. doubled: done twice. crashed: the IOC ended, or did not start again. untrue: a
 * PV says what is not so, or a failure is not told in a sentence that names what is at fault.
 */
export const WRONGS = ["lost", "doubled", "crashed", "untrue"] as const;
export type Wrong = (typeof WRONGS)[number];

export class Tally {
  readonly scenario: string;
  tried = 0;
  readonly findings: { readonly wrong: Wrong; readonly what: string }[] = [];

  constructor(scenario: string) {
    this.scenario = scenario;
  }
  /** Counts each of `whats` as one finding. @param where which try of the scenario */
  find(wrong: Wrong, where: string, whats: readonly string[]): void {
    this.findings.push(...whats.map((what) => ({ wrong, what: `${where}: ${what}` })));
  }
  /** A try that cannot be brought to its end is a finding, too, and the row is kept. @returns undefined then */
  async attempt<T>(where: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.find("untrue", where, [`the scenario did not get to its end: ${String(thrown)}`]);
      return undefined;
    }
  }
  count(wrong: Wrong): number {
    return this.findings.filter((one) => one.wrong === wrong).length;
  }
  /** Writes the line of the report, where one is kept, and fails for whatever was found. */
  close(): void {
    const file = process.env["FAULTS_REPORT"];
    const { scenario, tried } = this;
    const counts = Object.fromEntries(WRONGS.map((wrong) => [wrong, this.count(wrong)]));
    const findings = this.findings.map(({ wrong, what }) => `${wrong}: ${what}`);
    if (file !== undefined) appendFileSync(file, `${JSON.stringify({ scenario, tried, ...counts, findings })}\n`);
    expect(findings).toEqual([]);
    expect(tried).toBeGreaterThan(0);
  }
}
