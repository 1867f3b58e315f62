/**
 * What operators read: the last event and its severity, the last error, and the log with its lines; the same goes to
 * the program's log.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { facilityIso, facilitySecond } from "../../base/facility-time.ts";
import { type Log } from "../../base/log.ts";
import type { Pvs } from "../ports/pvs.ts";
import type { PvName } from "../pvs/index.ts";
import { EVENT_BYTES, LOG_LINES, logLine, SEVERITIES, type Severity } from "../pvs/run.ts";
import { fitted } from "./fitting.ts";

/** Events kept for Log: more than its 8192 bytes hold at a usual length. */
const KEPT = 100;

export interface JournalOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly pvs: Pvs;
}

export class Journal {
  readonly #options: JournalOptions;
  #lines: string[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** One event: into Message, Log and its lines. A failure or refusal also becomes LastError. */
  say(sentence: string, severity: Severity = "NO_ALARM"): void {
    this.#options.log[LOG_LEVEL[severity]](oneLine(sentence));
    this.show(sentence, severity);
  }

  /** As `say`, for an event that the program's log has already. */
  show(sentence: string, severity: Severity): void {
    const text = oneLine(sentence);
    this.#lines = [`${this.#time()} ${severity === "NO_ALARM" ? "" : `${severity} `}${text}`, ...this.#lines].slice(
      0,
      KEPT,
    );
    const event = fitted(text, EVENT_BYTES, " … (see Log)");
    if (severity !== "NO_ALARM") this.#write("LastError", event);
    this.#options.pvs.put("MessageSeverity", SEVERITIES.indexOf(severity));
    this.#write("Message", event);
    this.#write("Log", this.#lines.join("\n"));
    for (let i = 0; i < LOG_LINES; i++) this.#write(logLine(i), this.#lines[i] ?? "");
  }

  /** What is being done, in one line. */
  status(text: string): void {
    this.#write("Status", text);
  }

  /** An operator has seen the last error. */
  acknowledge(): void {
    this.#write("LastError", "");
  }

  #write(name: PvName, text: string): void {
    this.#options.pvs.put(name, text);
  }
  #time(): string {
    return facilitySecond(new Date(this.#options.clock.now()));
  }
}

const LOG_LEVEL = { NO_ALARM: "info", MINOR: "warn", MAJOR: "error" } as const;

/** Now, ISO 8601 to the second, with the facility's offset from UTC. */
export const isoTime = (clock: Clock): string => facilityIso(new Date(clock.now()));
