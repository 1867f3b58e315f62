/**
 * The sections of the page below the overview, as a table: which PVs stand together, in which order. What a PV is
 * called, means and may be is told by the IOC (model.ts).
 */
import type { CommandName } from "../../controller/pvs/commands.ts";
import type { PvSuffix } from "../../controller/pvs/index.ts";

/** What a group shows, from top to bottom. */
export type SectionItem =
  | PvSuffix
  | { readonly command: CommandName }
  /** A text of several lines. */
  | { readonly lines: PvSuffix; readonly isLetter?: true }
  /** The last minutes of a figure. */
  | { readonly graph: PvSuffix }
  /** A button that writes 1. */
  | { readonly press: PvSuffix }
  /** What a file of its own draws. */
  | { readonly drawn: "destinations" | "daqs" | "scans" | "allPvs" };

export interface SectionGroup {
  readonly title: string;
  /** Left out of the labels of its PVs. */
  readonly stem?: string;
  /** Is not there while this text is empty, as the name of a trigger that globus.conf does not have. */
  readonly shownBy?: PvSuffix;
  /** Takes the whole width. */
  readonly isWide?: true;
  readonly items: readonly SectionItem[];
}

interface Section {
  /** The anchor; the topic's name. */
  readonly id: string;
  readonly title: string;
  readonly groups: readonly SectionGroup[];
}

const TRIGGERS = [0, 1, 2, 3] as const;

export const SECTIONS: readonly Section[] = [
  {
    id: "transfers",
    title: "Transfers",
    groups: [
      { title: "Destinations", isWide: true, items: [{ drawn: "destinations" }] },
      {
        title: "Queue",
        stem: "Queue",
        items: [
          "QueueState",
          "QueueMessage",
          "QueueDepth",
          "QueueOldest",
          "QueueFailed",
          "QueuePaused",
          { press: "QueueRetry" },
          "LastQueued",
          "LastDone",
        ],
      },
      {
        title: "All together",
        items: [
          "PercentComplete",
          "BytesTransferred",
          "BytesTotal",
          "FilesTransferred",
          "FilesTotal",
          "Rate",
          { graph: "Rate" },
          "ETA",
          "Faults",
        ],
      },
      { title: "Last scans", isWide: true, items: [{ drawn: "scans" }] },
      {
        title: "Archive",
        stem: "Archive",
        items: [
          "ArchiveVerified",
          "ArchiveMessage",
          "ArchiveScans",
          "ArchiveProven",
          "ArchiveMissing",
          { lines: "ArchiveMissingFiles" },
        ],
      },
      {
        title: "One transfer",
        items: [
          { command: "TransferRun" },
          { command: "TransferCancel" },
          "SourceCollection",
          "SourcePath",
          "DestCollection",
          "DestPath",
          "RunLabel",
          "TaskId",
          "TransferStatus",
          "NiceStatus",
        ],
      },
    ],
  },
  {
    id: "daq",
    title: "DAQ",
    groups: [
      { title: "What runs", isWide: true, items: [{ drawn: "daqs" }] },
      {
        title: "DAQ",
        items: [
          { command: "StartDaq" },
          { command: "StopDaq" },
          "DaqRaw",
          "DaqRec",
          "ProcessExisting",
          "DaqMessage",
          "DaqRunning",
          "DaqPercent",
          "DaqErrors",
        ],
      },
      { title: "Upload", stem: "Upload", items: [{ command: "Upload" }, "UploadId"] },
      {
        title: "Source directories",
        items: [
          "DaqRawSource",
          "DaqRawSourceState",
          "DaqRawSourceBytes",
          "DaqRecSource",
          "DaqRecSourceState",
          "DaqRecSourceBytes",
        ],
      },
      { title: "All DAQs of the station", stem: "Daq", items: [{ lines: "DaqList" }] },
    ],
  },
  {
    id: "experiment",
    title: "Experiment",
    groups: [
      {
        title: "Tag",
        items: [
          { command: "Tag" },
          "BeamtimeIndex",
          "Set",
          { lines: "Beamtimes" },
          { lines: "TagTruncated" },
          "YearMonth",
        ],
      },
      { title: "Tag an experiment of the server", items: [{ command: "TagManual" }, "ManualExperiment"] },
      {
        title: "On the server",
        items: [
          { command: "Init" },
          "ServerName",
          "ExperimentExists",
          "ExperimentCreated",
          "UsersAdded",
          "UsersFailed",
          "ExperimentNameOverride",
        ],
      },
      {
        title: "Directories",
        items: [
          { command: "Dirs" },
          "DetectorDir",
          "DirsDetector",
          "AnalysisDir",
          "DirsAnalysis",
          "DirsMatch",
          "DirsMismatch",
          "SetFilePath",
        ],
      },
      {
        title: "Without a proposal",
        stem: "Manual",
        items: [
          { command: "CreateManual" },
          "ManualName",
          "ManualFirstName",
          "ManualTitle",
          "ManualGup",
          "ManualDate",
          "ManualStart",
          "ManualEnd",
          "ManualBadges",
          "ManualEmail",
          "ManualInstitution",
        ],
      },
      {
        title: "Safety forms",
        stem: "Esaf",
        items: [{ command: "ListEsafs" }, "EsafStart", "EsafEnd", "EsafCount", { lines: "Esafs" }],
      },
      { title: "Delete the experiment", items: [{ command: "Delete" }, "DeleteName"] },
    ],
  },
  {
    id: "users",
    title: "Users",
    groups: [
      { title: "On the experiment", items: [{ command: "ListUsers" }, "UserCount", { lines: "Users" }] },
      {
        title: "Add or remove",
        items: [
          { command: "AddUser" },
          { command: "RemoveUser" },
          "EditUserBadge",
          "UsersChanged",
          "UserErrors",
          { lines: "UserResults" },
        ],
      },
    ],
  },
  {
    id: "email",
    title: "E-mail",
    groups: [
      {
        title: "Write and send",
        stem: "Email",
        items: [
          { command: "PreviewEmail" },
          { command: "Email" },
          "EmailTo",
          "EmailMode",
          "EmailSubject",
          "SlidesLink",
          "EmailCount",
          "EmailHadBefore",
          "EmailNoAddress",
          "EmailSent",
          "EmailRefused",
          "EmailUncertain",
        ],
      },
      { title: "Recipients", stem: "Email", items: [{ lines: "EmailRecipients" }, { lines: "EmailResults" }] },
      { title: "Preview", items: [{ lines: "EmailPreview", isLetter: true }] },
    ],
  },
  {
    id: "flows",
    title: "Flows",
    groups: [
      {
        title: "The last run",
        stem: "Run",
        items: [
          "RunStatus",
          "RunStep",
          "RunMessage",
          "RunUrl",
          "RunStarted",
          "RunEnded",
          "RunPercent",
          "RunBytes",
          "RunBytesTotal",
          "RunFiles",
          "RunRate",
          { graph: "RunRate" },
          "RunFaults",
          "RunTransferStatus",
          "RunNiceStatus",
          "RunTaskId",
          "RunId",
        ],
      },
      {
        title: "Run a flow",
        items: [
          { command: "FlowRun" },
          { command: "FlowMonitor" },
          { command: "FlowCancel" },
          { command: "FlowResume" },
          "FlowId",
          "RunInput",
          "RunTags",
        ],
      },
      { title: "The flow", stem: "Flow", items: ["FlowState", "FlowTitle", "FlowMessage", "FlowExpires"] },
      {
        title: "What the run asks",
        stem: "FlowInput",
        items: [
          "FlowInputWaiting",
          "FlowInputQuestion",
          { lines: "FlowInputOptions" },
          "FlowInputExpires",
          "FlowInputChoice",
          { command: "FlowRespond" },
        ],
      },
    ],
  },
  {
    id: "steps",
    title: "Steps",
    groups: [
      {
        title: "Behind verified scans",
        stem: "Steps",
        items: ["StepsMessage", "StepsWaiting", "StepsRunning", "StepsFailed", "LastStep"],
      },
      { title: "Globus Compute", stem: "Compute", items: ["ComputeStatus", "ComputeMessage"] },
    ],
  },
  {
    id: "workflows",
    title: "Workflows",
    groups: [
      {
        title: "The job",
        stem: "Workflow",
        items: [
          "WorkflowStatus",
          "WorkflowMessage",
          "WorkflowStage",
          "WorkflowJobId",
          "WorkflowJobName",
          "WorkflowStarted",
          "WorkflowEnded",
          "WorkflowElapsed",
          "WorkflowExit",
          { lines: "WorkflowOutput" },
          { lines: "WorkflowErrors" },
        ],
      },
      {
        title: "Run a job",
        stem: "Workflow",
        items: [
          { command: "WorkflowRun" },
          { command: "WorkflowMonitor" },
          { command: "WorkflowCancel" },
          "WorkflowName",
          "WorkflowOwner",
          "WorkflowArgs",
          "WorkflowFile",
          "WorkflowJob",
          "WorkflowTimeout",
        ],
      },
      { title: "Jobs that are followed", stem: "Workflow", items: ["WorkflowActive", { lines: "WorkflowList" }] },
    ],
  },
  {
    id: "triggers",
    title: "Triggers",
    groups: [
      ...TRIGGERS.map((index): SectionGroup => {
        const stem = `Trigger${index}` as const;
        return {
          title: `Trigger ${index}`,
          stem,
          shownBy: `${stem}Name`,
          items: [`${stem}Name`, `${stem}State`, `${stem}Message`, `${stem}Scans`, `${stem}Enable`],
        };
      }),
      {
        title: "Watch over directories",
        stem: "Watch",
        items: ["WatchAlive", "WatchMessage", "WatchAge", "WatchFiles"],
      },
    ],
  },
  {
    id: "keeping",
    title: "Keeping",
    groups: [
      {
        title: "Reconcile",
        stem: "Reconcile",
        items: [
          { command: "Reconcile" },
          "ReconcileEnqueue",
          "ReconcileFound",
          "ReconcileMissing",
          "ReconcileUnknown",
          "ReconcileAdopted",
          "ReconcileQueued",
          { lines: "ReconcileText" },
        ],
      },
      {
        title: "Prune",
        stem: "Prune",
        items: [
          { command: "Prune" },
          "PrunePlan",
          "PruneDays",
          "PruneFound",
          "PruneFiles",
          "PruneBytes",
          "PruneKept",
          { lines: "PruneText" },
        ],
      },
    ],
  },
  {
    id: "check",
    title: "Check",
    groups: [
      {
        title: "Before beam time",
        stem: "Check",
        isWide: true,
        items: [
          { command: "TransferCheck" },
          "CheckState",
          "CheckMessage",
          "CheckCount",
          "CheckTime",
          { lines: "CheckLines" },
        ],
      },
    ],
  },
  {
    id: "status",
    title: "IOC",
    groups: [
      {
        title: "Program",
        items: [
          "ServerRunning",
          "Version",
          "Hostname",
          "StartTime",
          "Uptime",
          "Heartbeat",
          "Watchdog",
          "Testing",
          "TomoScanConnected",
        ],
      },
      { title: "What it does", items: ["Busy", "ActiveCommand", "Status", "Message", "MessageSeverity", "RequestId"] },
      { title: "Health", items: ["Health", "HealthMessage", "EventLoopLag", { graph: "EventLoopLag" }] },
      { title: "Logins", items: ["AuthDM", "AuthGlobus", "TokenExpires"] },
      { title: "Log", isWide: true, items: [{ lines: "Log" }] },
    ],
  },
  { id: "all", title: "All PVs", groups: [{ title: "Search", isWide: true, items: [{ drawn: "allPvs" }] }] },
];
