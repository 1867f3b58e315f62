/** What the steps of a visit are at one site, and what the site's other parts know of an experiment. */
import type { Experiment } from "../experiment.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { VisitStep } from "../pvs/visit.ts";
import type { Server } from "../run/action.ts";
import type { DaqEvidence, ScanEvidence } from "./visit-facts.ts";

export interface VisitSite {
  /** Whether nobody needs the step on this server: what it takes is not in the settings at all. */
  isOff(step: VisitStep, server: Pick<Server, "kind">): boolean;
  /** Why the command cannot begin on this server before somebody has changed the settings, a sentence. */
  problem(command: CommandName, server: Pick<Server, "name" | "kind">): string | undefined;
  /* What is known of an experiment, without asking a service; undefined: nobody knows. */
  daqs(experiment: Experiment): DaqEvidence | undefined;
  scans(experiment: Experiment): ScanEvidence | undefined;
  /** From the ledger. */
  isMailed(experiment: Experiment): Promise<boolean | undefined>;
}
