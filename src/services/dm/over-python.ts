/**
 * The DataManagement port over the site's own Python `dm` package: the operations of port.ts as calls through the
 * bridge, the package's exceptions as the ports' errors. It repeats nothing: the package keeps its own sessions and
 * decides itself whom it trusts (data-management.md §6, §9.3).
 */

import type { Clock } from "../../base/clock.ts";
import type { Environment } from "../../base/environment.ts";
import { ActionError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { type CallOptions, NotFoundError, NotOfferedError, UnavailableError } from "../../controller/ports/call.ts";
import type { DataManagement } from "../../controller/ports/data-management.ts";
import { type BridgeFailure, DmBridge } from "./bridge.ts";
import { CODE_BY_TYPE, errorOfCode } from "./errors.ts";
import { dmPort } from "./port.ts";
import type { DmAnswer, DmWay } from "./questions.ts";
import {
  DM_ROUTES,
  DM_SERVICES,
  type DmArguments,
  type DmOperation,
  type DmRoute,
  type DmServiceKey,
  noUrl,
} from "./routes.ts";

export interface DmPythonOptions {
  /** The Python that has the package: a program, found as a shell finds it. */
  readonly python: string;
  /** As DM calls it, e.g. `2BM`. */
  readonly station: string;
  /** What is empty or absent stays as the environment has it. */
  readonly urls: Readonly<Partial<Record<DmServiceKey, string | undefined>>>;
  readonly loginFile: string;
  /** The child inherits it. */
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** For one call; default 60. */
  readonly timeoutSeconds?: number | undefined;
}

export interface DmPython extends DataManagement {
  /** Any operation of the route table. It repeats nothing. */
  readonly way: DmWay;
  /**
   * Whether the package is there; it is kept running then.
   * @returns why not, in Python's own words, or undefined when it is
   * @throws UnavailableError when that stays unknown, or the signal's reason
   */
  look(signal: AbortSignal | undefined): Promise<string | undefined>;
  close(): Promise<void>;
}

const TIMEOUT_SECONDS = 60;
/** Seconds for which an answer proves that the login holds. */
const PROVEN_SECONDS = 300;
/** Nobody has this name, so asking for it costs DM nothing and shows whether it lets us ask. */
const NOBODY = "d0";

/** The package's environment: what is inherited, and over it what is given. */
export function dmEnvironment(
  options: Pick<DmPythonOptions, "station" | "urls" | "loginFile" | "environment">,
): Record<string, string | undefined> {
  const { station, urls, loginFile, environment } = options;
  const given = new Map([
    ["DM_STATION_NAME", station],
    ["DM_LOGIN_FILE", loginFile],
  ]);
  for (const key of Object.keys(DM_SERVICES) as DmServiceKey[]) given.set(DM_SERVICES[key].variable, urls[key] ?? "");
  const filled = [...given].filter(([, value]) => value !== "");
  return { ...environment, ...Object.fromEntries(filled) };
}

/** Starts nothing yet. @throws ActionError for a station or URL that is missing */
export function createDmPython(options: DmPythonOptions): DmPython {
  const { station, log } = options;
  if (station === "") throw new ActionError("DM needs the station's name; set [dm] station (DM_STATION_NAME)");
  const way = new PythonWay(options);
  return {
    ...dmPort(station, way, log),
    way,
    look: (signal) => way.bridge.look(signal),
    close: () => way.bridge.close(),
  };
}

/** Operations as calls of the package. An answer proves for a while that the login holds. */
class PythonWay implements DmWay {
  readonly bridge: DmBridge;
  readonly #clock: Clock;
  readonly #environment: Environment;
  readonly #timeoutSeconds: number;
  #provenAt = Number.NEGATIVE_INFINITY;

  constructor(options: DmPythonOptions) {
    const { python, clock, log, timeoutSeconds = TIMEOUT_SECONDS } = options;
    const environment = dmEnvironment(options);
    this.#clock = clock;
    this.#environment = environment;
    this.#timeoutSeconds = timeoutSeconds;
    this.#requireUrl("ds");
    this.bridge = new DmBridge({
      python,
      namedBy: "[dm] python",
      remedy: "set [dm] python to the Python that has it, or [dm] backend = http",
      environment,
      clock,
      log,
      startSeconds: timeoutSeconds,
    });
  }

  async ask(operation: DmOperation, args: DmArguments, { signal }: CallOptions): Promise<DmAnswer> {
    const { service, method, timeoutSeconds: own = 0 }: DmRoute = DM_ROUTES[operation];
    this.#requireUrl(service);
    const changes = method !== "GET";
    const seconds = Math.max(own, this.#timeoutSeconds);
    const answer = await this.bridge.call({ operation, args, changes, seconds, signal });
    if ("failure" in answer) {
      const message = this.bridge.clean(answer.failure.message);
      const error = errorOf({ ...answer.failure, message }, operation, changes);
      if (error instanceof NotFoundError) this.#provenAt = this.#clock.monotonic();
      throw error;
    }
    this.#provenAt = this.#clock.monotonic();
    return { json: answer.result, by: "DM's Python package" };
  }

  async checkLogin(call: CallOptions): Promise<void> {
    if (this.#clock.monotonic() - this.#provenAt < PROVEN_SECONDS) return;
    try {
      await this.ask("getUserByUsername", { username: NOBODY }, call);
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
    }
  }

  /** @throws ActionError for a service whose URL nobody has given */
  #requireUrl(service: DmServiceKey): void {
    if ((this.#environment[DM_SERVICES[service].variable] ?? "") === "") throw noUrl(service);
  }
}

/** What the package raised, as the ports have it. Its class decides, else DM's number; never its text. */
function errorOf({ type, message, code }: BridgeFailure, operation: DmOperation, changes: boolean): ActionError {
  if (type === "MissingMethod") {
    return new NotOfferedError(
      `The site's dm package has no ${message}, so ${operation} was not done; bring the package up to date or set [dm] backend = http`,
    );
  }
  const sentence = `DM's Python package, ${operation}: ${type} says "${message}"`;
  const known = CODE_BY_TYPE[type] ?? (code !== null && code > LAST_BREAKDOWN ? code : undefined);
  // Without a refusal of DM's own nobody knows whether it has heard.
  if (known === undefined) return new UnavailableError(sentence, { mayHaveHappened: changes });
  return errorOfCode(known, sentence, !changes);
}

/** DM's numbers up to this tell of a breakdown on the way: generic, internal, communication, configuration. */
const LAST_BREAKDOWN = 4;
