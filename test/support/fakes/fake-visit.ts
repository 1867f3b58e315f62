/** What a site knows of visits: every step is needed and nothing is known, unless a test says otherwise. */
import type { VisitStep } from "../../../src/controller/pvs/visit.ts";
import type { DaqEvidence, ScanEvidence } from "../../../src/controller/visit/visit-facts.ts";
import type { VisitSite } from "../../../src/controller/visit/visit-site.ts";

export class FakeVisitSite implements VisitSite {
  readonly off = new Set<VisitStep>();
  readonly problems = new Map<string, string>();
  /** By the experiment's name. */
  readonly daqsOf = new Map<string, DaqEvidence>();
  readonly scansOf = new Map<string, ScanEvidence>();
  readonly mailed = new Set<string>();

  isOff(step: VisitStep): boolean {
    return this.off.has(step);
  }
  problem(command: string): string | undefined {
    return this.problems.get(command);
  }
  daqs({ name }: { readonly name: string }): DaqEvidence | undefined {
    return this.daqsOf.get(name);
  }
  scans({ name }: { readonly name: string }): ScanEvidence | undefined {
    return this.scansOf.get(name);
  }
  async isMailed({ name }: { readonly name: string }): Promise<boolean> {
    return this.mailed.has(name);
  }
}
