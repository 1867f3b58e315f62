/** The rows of the commands that an IOC does about scans, transfers and flows. */
import type { Kind } from "../config/settings.ts";
import { type DataCommand, type InputOption, text, yesNo } from "./data-command.ts";

/** From where to where files go. */
const ENDS: readonly InputOption[] = [
  text("source-collection", "SourceCollection", "uuid", "the Globus collection from which files go"),
  text("source-path", "SourcePath", "path", "the file or folder there"),
  text("dest-collection", "DestCollection", "uuid", "the Globus collection to which they go"),
  text("dest-path", "DestPath", "path", "the file or folder there"),
];

/** `14d`, or `14`. */
const DAYS: Kind<number> = {
  wanted: "a number of days, as 14d",
  parse: (given) => (/^[1-9]\d{0,4}d?$/.test(given) ? Number.parseInt(given, 10) : undefined),
};

export const TRANSFER_COMMANDS: readonly DataCommand[] = [
  {
    name: "transfer-run",
    runs: "TransferRun",
    about: "let the IOC submit one Globus transfer, and follow it",
    options: [
      ...ENDS,
      text("label", "RunLabel", "text", "what the task is called at Globus; without it the source's name"),
    ],
    shows: ["TaskId", "TransferStatus", "NiceStatus"],
    examples: [
      "transfer-run --ioc --source-collection 11111111-1111-4111-8111-111111111111 --source-path /data/a1.h5 --dest-collection 22222222-2222-4222-8222-222222222222 --dest-path /a1.h5",
    ],
  },
  {
    name: "transfer-cancel",
    runs: "TransferCancel",
    about: "let the IOC end the transfer of transfer-run before its time",
    shows: ["TaskId", "TransferStatus", "NiceStatus"],
    examples: ["transfer-cancel --ioc"],
  },
  {
    name: "flow-run",
    runs: "FlowRun",
    about: "let the IOC start one run of a flow, and follow it",
    options: [
      text("flow", "FlowId", "flow", "the flow, a UUID or its name; without it FlowId, or flow of [flows]"),
      ...ENDS,
      text("input", "RunInput", "json", "a JSON object that is merged into the input of the run"),
      text("tags", "RunTags", "list", "tags of the run, separated by commas"),
      text("label", "RunLabel", "text", "what the run is called at Globus; without it the source's name"),
    ],
    shows: ["RunId", "RunUrl", "RunStatus", "RunMessage"],
    examples: [
      "flow-run --ioc",
      "flow-run --ioc --flow transfer --source-path /data/a1.h5 --dest-path /a1.h5 --label a1",
    ],
  },
  {
    name: "flow-monitor",
    runs: "FlowMonitor",
    about: "wait until the IOC's run of a flow has ended, and end as that run does",
    shows: ["RunId", "RunUrl", "RunStatus", "RunStep", "RunMessage", "RunBytes", "RunFiles"],
    examples: ["flow-monitor --ioc"],
  },
  {
    name: "flow-cancel",
    runs: "FlowCancel",
    about: "let the IOC end its run of a flow before its time",
    shows: ["RunId", "RunStatus", "RunMessage"],
    examples: ["flow-cancel --ioc"],
  },
  {
    name: "flow-resume",
    runs: "FlowResume",
    about: "let the IOC's run of a flow go on that is INACTIVE",
    shows: ["RunId", "RunStatus", "RunMessage"],
    examples: ["flow-resume --ioc"],
  },
  {
    name: "flow-respond",
    runs: "FlowRespond",
    about: "answer the question that the IOC's run of a flow waits for",
    options: [text("answer", "FlowInputChoice", "number", "number of the answer, as FlowInputOptions has it")],
    shows: ["FlowInputWaiting", "FlowInputQuestion", "RunMessage"],
    examples: ["flow-respond --ioc --answer 1 --yes"],
  },
  {
    name: "workflow-run",
    runs: "WorkflowRun",
    about: "start one job of a Data Management workflow; globus-ioc workflow has more",
    options: [
      text("workflow", "WorkflowName", "name", "the workflow; without it WorkflowName"),
      text("owner", "WorkflowOwner", "user", "who owns it; without it the user of the login file"),
      text("args", "WorkflowArgs", "json", "a JSON object with values of its variables"),
      text("file", "WorkflowFile", "path", "the file, as its commands see it; without it the newest scan"),
    ],
    shows: ["WorkflowJobId", "WorkflowStatus", "WorkflowMessage"],
    examples: ["workflow-run --ioc", "workflow-run --ioc --workflow recon --file /data/a1.h5"],
  },
  {
    name: "workflow-monitor",
    runs: "WorkflowMonitor",
    about: "wait until the job of a workflow has ended, and end as it does",
    options: [
      text("job", "WorkflowJob", "id", "the job; without it the one that the IOC shows"),
      text("timeout", "WorkflowTimeout", "seconds", "how long to wait"),
    ],
    shows: ["WorkflowJobId", "WorkflowStatus", "WorkflowStage", "WorkflowExit", "WorkflowErrors", "WorkflowMessage"],
    examples: ["workflow-monitor --ioc"],
  },
  {
    name: "workflow-cancel",
    runs: "WorkflowCancel",
    about: "stop the job of a workflow, where the site's Data Management is known to do that",
    options: [text("job", "WorkflowJob", "id", "the job; without it the one that the IOC shows")],
    shows: ["WorkflowJobId", "WorkflowStatus", "WorkflowMessage"],
    examples: ["workflow-cancel --ioc"],
  },
  {
    name: "reconcile",
    runs: "Reconcile",
    about: "let the IOC compare disk, ledger and destinations; globus-ioc queue reconcile says all lines",
    options: [yesNo("enqueue", "ReconcileEnqueue", "take what is proven into the ledger, and queue what is not")],
    shows: [
      "ReconcileFound",
      "ReconcileMissing",
      "ReconcileUnknown",
      "ReconcileAdopted",
      "ReconcileQueued",
      "ReconcileText",
    ],
    examples: ["reconcile --ioc", "reconcile --ioc --enqueue"],
  },
  {
    name: "prune",
    runs: "Prune",
    about: "let the IOC delete old scans that are proven at all destinations; off unless allow-prune is True",
    options: [
      text("older-than", "PruneDays", "days", "only scans that are older, as 14d; without it PruneDays", DAYS),
      yesNo("plan", "PrunePlan", "delete nothing, and say what would be deleted"),
    ],
    shows: ["PruneFound", "PruneFiles", "PruneBytes", "PruneKept", "PruneText"],
    examples: ["prune --ioc --older-than 14d --plan", "prune --ioc --older-than 14d --yes"],
  },
  {
    name: "check",
    runs: "TransferCheck",
    about: "try everything that transfers need before beam time, up to a test file to each destination",
    shows: ["CheckState", "CheckCount", "CheckLines"],
    examples: ["check", "check --ioc", "check --dry-run"],
  },
];
