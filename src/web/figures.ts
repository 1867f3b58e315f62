/** What the web server counts since its start, and the metrics of the process, the IOC and the server itself. */
import { readdirSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { COMMAND_NAMES, COMMAND_STATES, type CommandName } from "../controller/pvs/commands.ts";
import type { Metric, MetricLabels } from "./metric-text.ts";
import type { IocFigures } from "./ports.ts";

/** How a run ends, or is turned away: Refused while it runs already. */
const ENDS = [...COMMAND_STATES.filter((state) => state !== "Idle" && state !== "Running"), "Refused"];

/** Counts by labels. */
class Counter {
  readonly #byLabels = new Map<string, [MetricLabels, number]>();
  add(labels: MetricLabels, amount = 1): void {
    const key = JSON.stringify(labels);
    const known = this.#byLabels.get(key);
    if (known === undefined) this.#byLabels.set(key, [labels, amount]);
    else known[1] += amount;
  }
  get samples(): Metric["samples"] {
    return [...this.#byLabels.values()];
  }
}

export class Figures {
  readonly #outcomes = new Counter();
  readonly #requests = new Counter();
  readonly #puts = new Counter();
  readonly #startedAt: number;
  readonly #clock: Clock;
  #heartbeatAt: number;
  events = 0;
  eventBytes = 0;
  wrongTokens = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now() - process.uptime() * 1000;
    this.#heartbeatAt = clock.monotonic();
    for (const command of COMMAND_NAMES) for (const state of ENDS) this.#outcomes.add({ command, state }, 0);
  }

  commandEnded(command: CommandName, state: string): void {
    this.#outcomes.add({ command, state });
  }
  answered(status: number): void {
    this.#requests.add({ code: String(status) });
  }
  /** @param status of the answer */
  put(status: number): void {
    this.#puts.add({ code: String(status) });
  }
  beat(): void {
    this.#heartbeatAt = this.#clock.monotonic();
  }

  /** @param about what only others know now */
  metrics(about: WebState): readonly Metric[] {
    return [
      { ...gauge("globus_build_info", "Of which version and prefix the figures are.", 1), samples: [[about.build, 1]] },
      counter(
        "globus_command_outcomes_total",
        "How runs of commands have ended, or were turned away.",
        this.#outcomes.samples,
      ),
      gauge(
        "globus_heartbeat_age_seconds",
        "Time since Heartbeat has changed.",
        this.#clock.monotonic() - this.#heartbeatAt,
      ),
      ...iocMetrics(about.ioc),
      counter(
        "globus_web_requests_total",
        "Requests of the web server that were answered, by status.",
        this.#requests.samples,
      ),
      counter("globus_web_puts_total", "Puts through the web page, by the status of their answer.", this.#puts.samples),
      counter("globus_web_wrong_tokens_total", "Tokens that were none of this IOC's.", [[{}, this.wrongTokens]]),
      gauge("globus_web_pages", "Pages that are open.", about.pages),
      counter("globus_web_dropped_pages_total", "Pages that were dropped, for they read too slowly.", [
        [{}, about.droppedPages],
      ]),
      counter("globus_web_events_total", "Events that were written out for pages.", [[{}, this.events]]),
      counter("globus_web_event_bytes_total", "Their bytes, each event once.", [[{}, this.eventBytes]]),
      ...processMetrics(this.#startedAt),
    ];
  }
}

export interface WebState {
  /** Version and prefix. */
  readonly build: MetricLabels;
  readonly pages: number;
  readonly droppedPages: number;
  readonly ioc: IocFigures | undefined;
}

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  type: "gauge",
  help,
  samples: [[{}, value]],
});
const counter = (name: string, help: string, samples: Metric["samples"]): Metric => ({
  name,
  type: "counter",
  help,
  samples,
});

const iocMetrics = (ioc: IocFigures | undefined): readonly Metric[] =>
  ioc === undefined
    ? []
    : [
        gauge("globus_ca_clients", "Clients of Channel Access that are connected.", ioc.clients),
        gauge("globus_ca_channels", "Channels that they have open.", ioc.channels),
        gauge("globus_ca_subscriptions", "Monitors that they have.", ioc.subscriptions),
        counter("globus_ca_updates_total", "Updates that were sent to monitors.", [[{}, ioc.updates]]),
        counter("globus_ca_received_bytes_total", "Bytes that came from clients of Channel Access.", [
          [{}, ioc.bytesReceived],
        ]),
        counter("globus_ca_sent_bytes_total", "Bytes that went to them.", [[{}, ioc.bytesSent]]),
        counter("globus_ca_denied_total", "Requests that the access rules refused.", [[{}, ioc.denied]]),
      ];

/** Under the names that every program has for Prometheus. */
function processMetrics(startedAt: number): readonly Metric[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    counter("process_cpu_seconds_total", "Processor time of the IOC.", [[{}, (user + system) / 1e6]]),
    gauge("process_resident_memory_bytes", "Memory of the IOC.", rss),
    gauge("process_start_time_seconds", "When the IOC started, seconds since 1970.", startedAt / 1000),
    { ...gauge("process_open_fds", "Files and sockets that it has open.", 0), samples: openFiles() },
    gauge("nodejs_heap_size_used_bytes", "Memory of its JavaScript objects.", heapUsed),
  ];
}

/** Nothing elsewhere than on Linux. */
function openFiles(): Metric["samples"] {
  try {
    return [[{}, readdirSync("/proc/self/fd").length]];
  } catch {
    return [];
  }
}
