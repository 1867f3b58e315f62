/** What a site has decided about its transfers: the settings, as the controller sees them. */
import type { Copier } from "../ports/destinations.ts";
import type { FlowFiles } from "../ports/flow-files.ts";
import type { Flows } from "../ports/flows.ts";
import type { Mailer } from "../ports/mail.ts";
import type { QueueLedger, ScanTags } from "../ports/queue-ledger.ts";
import type { ScanDrops } from "../ports/scan-drops.ts";
import type { ScanDisk, ScanSource } from "../ports/scans.ts";
import type { StepKind, StepRow } from "../ports/steps.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import type { Webhook } from "../ports/webhook.ts";
import type { TreeTrigger } from "./triggers/tree-trigger.ts";

/** A place to which scans are sent. */
export type DestinationRow = {
  readonly name: string;
  /** Levels below its top: scan-path.ts. */
  readonly template: string;
} & (
  | {
      readonly kind: "copy";
      readonly copier: Copier;
      readonly writesManifest: boolean;
      /** What a scan that is a folder is called there; absent: as it is called here. */
      readonly as?: string;
    }
  | { readonly kind: "globus"; readonly collection: string; readonly top: string }
  | {
      readonly kind: "flow";
      /** What runs for each scan: a UUID, or the name under which it was deployed. */
      readonly flow: string;
      /** Where it brings the scan. */
      readonly collection: string;
      readonly top: string;
    }
);

export type CopyRow = DestinationRow & { readonly kind: "copy" };

export interface SourceRow {
  /** Where finished scans are looked at and sent from. */
  readonly source: ScanSource;
  /** The disk of the source; absent where nothing is sent. */
  readonly disk?: ScanDisk;
  /** The host on which scans are written, where they are sent from a copy that TomoScan makes. */
  readonly original?: ScanSource;
  /** Where Globus sees the source. */
  readonly collection?: { readonly id: string; readonly path: string };
}

export interface TransferRules {
  /** Seconds that a scan's files must not change before it is sent. */
  readonly settleSeconds: number;
  /** Seconds until a scan whose files are not there is left. */
  readonly giveUpSeconds: number;
  readonly aborted: "send" | "leave" | "mark";
  /** Attempts after which a person decides. */
  readonly attempts: number;
  /** Of one Globus task, at most. */
  readonly batchScans: number;
  readonly batchBytes: number;
  /** Seconds that a scan waits for others to share its task. */
  readonly batchSeconds: number;
  /** Tasks of one destination under way. */
  readonly tasks: number;
  readonly deadlineHours: number;
  /** Seconds with faults and without a byte after which a task whose trouble does not heal by itself is ended. */
  readonly stuckSeconds: number;
  readonly pollSeconds: number;
  /** Whether Prune may delete scans at the source. */
  readonly mayPrune: boolean;
  readonly tells: { readonly webhook: boolean; readonly mailFailed: boolean; readonly mailVerified: boolean };
}

/** Whom transfers are mailed to, and how. */
export interface MailRoom {
  readonly mailer: Mailer;
  readonly from: string;
  /** Addresses, at least one. */
  readonly to: readonly string[];
  /** Begins each subject: the beamline, or the IOC. */
  readonly label: string;
  /** What tries again what has failed, an imperative for the text. */
  readonly retry: string;
  /** Time of day of the daily summary at the facility, `HH:MM`; absent: there is none. */
  readonly summaryAt?: string;
}

/** A trigger that watches a directory, by the names of the source host. */
export interface SentTree extends TreeTrigger {
  /** Of its scans; absent: all. */
  readonly destinations?: readonly string[];
}

/** How scans go through flows. */
export interface SiteFlows {
  readonly flows: Flows;
  readonly files: FlowFiles;
  /** The site's own part of the input of each run. @throws ActionError for a file that cannot be used */
  readonly input: () => Promise<Readonly<Record<string, unknown>>>;
  /** Seconds between two looks at runs. */
  readonly pollSeconds: number;
}

/** Everything that transfers work with, chosen once. */
export interface TransferSite {
  readonly ledger: QueueLedger;
  /** Where scans lie that a person has put in while no process could be asked; absent: nowhere. */
  readonly drops?: ScanDrops;
  readonly source: SourceRow;
  readonly destinations: readonly DestinationRow[];
  /** What scans are there by the triggers that watch directories. Absent: none does. */
  readonly trees?: readonly SentTree[];
  /** What the path of a scan says of its experiment; absent: the tagged one counts. */
  readonly tagsOf?: (file: string) => ScanTags;
  /** Of a command in the foreground, which has a ledger of its own and no PVs; absent: an IOC's. */
  readonly foreground?: { readonly ledger: string };
  /** What follows a scan that is verified at a destination; absent: nothing does. */
  readonly steps?: readonly StepRow[];
  readonly stepKinds?: readonly StepKind[];
  /** Runs of flows; absent where Globus is off. */
  readonly flows?: SiteFlows;
  /** Absent where Globus is off. */
  readonly tasks?: TransferTasks;
  /** Absent where nobody is mailed. */
  readonly mail?: MailRoom;
  readonly webhook?: Webhook;
  readonly rules: TransferRules;
}
