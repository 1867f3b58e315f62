/**
 * Which PVs are metrics, under which names: a table. What a metric means is what its PV means. A figure that nobody
 * knows (UNKNOWN_COUNT) has no sample.
 */
import { COMMAND_NAMES } from "../controller/pvs/commands.ts";
import { HEALTH_PARTS, HEALTH_STATES, healthPv } from "../controller/pvs/health.ts";
import { allPvs, type PvSuffix, rowOf } from "../controller/pvs/index.ts";
import { UNKNOWN_COUNT } from "../controller/pvs/row.ts";
import { destPv, MOST_DESTINATIONS } from "../controller/pvs/transfers.ts";
import type { Metric, MetricLabels } from "./metric-text.ts";
import type { WebPvs } from "./ports.ts";

interface MetricSource {
  readonly suffix: PvSuffix;
  readonly labels?: MetricLabels;
}
interface Row {
  readonly name: string;
  readonly sources: readonly MetricSource[];
  /** Base units in one of the PV's. */
  readonly scale?: number;
}

const one = (name: string, suffix: PvSuffix, scale = 1): Row => ({ name, sources: [{ suffix }], scale });
const SIDES = ["Raw", "Rec"] as const;
const ofDaqs = (name: string, part: "FilesDone" | "FilesTotal" | "Rate" | "Errors" | "RunTime", scale = 1): Row => ({
  name,
  sources: SIDES.map((side) => ({ suffix: `Daq${side}${part}` as const, labels: { daq: side.toLowerCase() } })),
  scale,
});

const SECONDS_IN_HOUR = 3600;
const A_MILLISECOND = 1 / 1000;
const A_MINUTE = 1 / 60;

const ROWS: readonly Row[] = [
  one("globus_queue_scans", "QueueDepth"),
  one("globus_queue_oldest_seconds", "QueueOldest"),
  one("globus_queue_failed_scans", "QueueFailed"),
  one("globus_transfer_done_bytes", "BytesTransferred"),
  one("globus_transfer_wanted_bytes", "BytesTotal"),
  one("globus_transfer_done_files", "FilesTransferred"),
  one("globus_transfer_wanted_files", "FilesTotal"),
  one("globus_transfer_bytes_per_second", "Rate"),
  one("globus_transfer_faults", "Faults"),
  one("globus_archive_missing_scans", "ArchiveMissing"),
  one("globus_archive_proven_scans", "ArchiveProven"),
  one("globus_steps_waiting", "StepsWaiting"),
  one("globus_steps_running", "StepsRunning"),
  one("globus_steps_failed", "StepsFailed"),
  one("globus_flow_run_done_bytes", "RunBytes"),
  one("globus_flow_run_bytes_per_second", "RunRate"),
  one("globus_workflow_jobs", "WorkflowActive"),
  ofDaqs("globus_daq_done_files", "FilesDone"),
  ofDaqs("globus_daq_seen_files", "FilesTotal"),
  ofDaqs("globus_daq_failed_files", "Errors"),
  ofDaqs("globus_daq_files_per_second", "Rate", A_MINUTE),
  ofDaqs("globus_daq_running_seconds", "RunTime"),
  one("globus_watch_age_seconds", "WatchAge"),
  one("globus_watch_files", "WatchFiles"),
  one("globus_email_uncertain_addresses", "EmailUncertain"),
  one("globus_event_loop_lag_seconds", "EventLoopLag", A_MILLISECOND),
  one("globus_token_remaining_seconds", "TokenExpires", SECONDS_IN_HOUR),
];

/** Figures of a destination, whose name is a label. */
const DEST_ROWS = [
  ["globus_destination_queued_scans", "Queued"],
  ["globus_destination_failed_scans", "Failed"],
  ["globus_destination_done_bytes", "Bytes"],
  ["globus_destination_wanted_bytes", "Total"],
  ["globus_destination_bytes_per_second", "Rate"],
] as const;

export function pvMetrics(pvs: WebPvs): readonly Metric[] {
  const value = (suffix: PvSuffix): number => Number(pvs.look(suffix).value);
  const rows = ROWS.map(({ name, sources, scale = 1 }): Metric => {
    const samples = sources
      .map(({ suffix, labels = {} }) => [labels, value(suffix)] as const)
      .filter(([, figure]) => figure !== UNKNOWN_COUNT)
      .map(([labels, figure]) => [labels, figure * scale] as const);
    return { name, type: "gauge", help: meaningOf(sources), samples };
  });
  return [...rows, ...destinationMetrics(pvs), ...stateMetrics(pvs)];
}

function meaningOf(sources: readonly MetricSource[]): string {
  return sources.map(({ suffix }) => rowOf(suffix)?.meaning ?? "")[0] ?? "";
}

function destinationMetrics(pvs: WebPvs): readonly Metric[] {
  const indices = Array.from({ length: MOST_DESTINATIONS }, (_, index) => index);
  const named = indices
    .map((index) => ({ index, destination: String(pvs.look(destPv(index, "Name")).value) }))
    .filter(({ destination }) => destination !== "");
  return DEST_ROWS.map(([name, part]): Metric => {
    const samples = named
      .map(({ index, destination }) => [{ destination }, Number(pvs.look(destPv(index, part)).value)] as const)
      .filter(([, figure]) => figure !== UNKNOWN_COUNT);
    return { name, type: "gauge", help: rowOf(destPv(0, part))?.meaning ?? "", samples };
  });
}

/** States, one sample of 1 for the present state of a part and 0 for the others. */
function stateMetrics(pvs: WebPvs): readonly Metric[] {
  const health = HEALTH_PARTS.flatMap((part) => {
    const now = Number(pvs.look(healthPv(part)).value);
    return HEALTH_STATES.map((state, index) => [{ part, state }, index === now ? 1 : 0] as const);
  });
  const running = COMMAND_NAMES.map((command) => [{ command }, Number(pvs.look(command).value)] as const);
  const severities = [...allPvs().keys()].map((suffix) => pvs.look(suffix).severity);
  const alarms = (["MINOR", "MAJOR", "INVALID"] as const).map(
    (severity, index) => [{ severity }, severities.filter((number) => number === index + 1).length] as const,
  );
  return [
    {
      name: "globus_health",
      type: "gauge",
      help: "The state of each part: 1 for the state that it has.",
      samples: health,
    },
    { name: "globus_command_running", type: "gauge", help: "Whether a command runs.", samples: running },
    { name: "globus_alarms", type: "gauge", help: "PVs that have an alarm of this severity.", samples: alarms },
  ];
}
