/** PVs of the experiment: what TomoScan's user PVs name, on which server. */
import { input, managed, NO_YES, result, sentence, setting } from "./row.ts";

/** Servers that ServerName can choose from: a record has so many states. */
export const MOST_SERVERS = 16;

export const EXPERIMENT_ROWS = {
  TomoScanConnected: result("Whether all the TomoScan PVs that are needed are connected.", { states: NO_YES }),
  TagValid: result("Whether TomoScan's user PVs name an experiment; nothing with an effect runs otherwise.", {
    states: NO_YES,
  }),
  /** Also the XMessage of Tag; the PV shows what was said last. */
  TagMessage: sentence("What is wrong with the user PVs, how a name was cleaned, or how the last Tag ended."),
  ExperimentName: result("Name of the experiment and of its directories."),
  ExperimentNameOverride: managed(
    input("A name to use instead of the one made from the user PVs; empty: none. A new tag clears it."),
  ),
  YearMonth: result("YYYY-MM of the experiment."),
  PILastName: result("Last name of the principal investigator, as used in names."),
  ProposalNumber: result("Proposal (GUP) number; 0 without a proposal."),
  ProposalTitle: result("Title of the proposal."),
  ESAFNumber: result("Number of the safety form (ESAF), where TomoScan has it."),
  DataLink: result("Web address of the experiment's data, as mailed to its users."),
  /** The states are the servers of globus.conf. */
  ServerName: managed(
    setting("Which of the configured servers is used; cannot change while a command runs.", {
      initial: 0,
      takes: { least: 0, most: MOST_SERVERS - 1, isWhole: true },
    }),
  ),
} as const;
