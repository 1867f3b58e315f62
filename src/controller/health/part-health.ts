/** What the uses of a service say of its health, and the health of all parts together. Pure. */
import { ActionError, asSentence, messageOf } from "../../base/errors.ts";
import { facilitySecond } from "../../base/facility-time.ts";
import {
  AlreadyExistsError,
  NoRoomError,
  NotFoundError,
  NotOfferedError,
  OffError,
  SourceChangedError,
  UnavailableError,
} from "../ports/call.ts";
import { MESSAGE_BYTES } from "../pvs/commands.ts";
import type { HealthPart, HealthState } from "../pvs/health.ts";
import { fitted } from "../run/fitting.ts";

export interface PartHealth {
  readonly state: HealthState;
  /** What is wrong, since when, and what to do; empty where nothing is. */
  readonly message: string;
}

/** How the last use of a service, or of one host, ended. */
export interface LastUse {
  readonly state: "OK" | "Trouble" | "Down";
  /** A sentence; empty for OK. */
  readonly sentence: string;
  /** When it began to be so, milliseconds since 1970. */
  readonly since: number;
}

const ANSWERS = [NotFoundError, AlreadyExistsError, NotOfferedError, SourceChangedError] as const;

/**
 * What a failure says of the service: an answer that is no breakdown is OK; undefined: nothing, for nobody was asked,
 * or the call was cut short.
 */
function verdictOf(thrown: unknown): LastUse["state"] | undefined {
  if (!(thrown instanceof ActionError) || thrown instanceof OffError) return undefined;
  if (ANSWERS.some((answer) => thrown instanceof answer)) return "OK";
  return thrown instanceof UnavailableError && !(thrown instanceof NoRoomError) ? "Down" : "Trouble";
}

/** The use behind another one: what lasts has begun with the first. */
export function usedAgain(before: LastUse | undefined, thrown: unknown, now: number): LastUse | undefined {
  const state = thrown === undefined ? "OK" : verdictOf(thrown);
  if (state === undefined) return before;
  const since = before?.state === state ? before.since : now;
  return { state, since, sentence: state === "OK" ? "" : asSentence(messageOf(thrown)) };
}

const GRAVITY: readonly HealthState[] = ["Unknown", "Off", "OK", "Trouble", "Down"];
const worse = (one: HealthState, other: HealthState): number => GRAVITY.indexOf(other) - GRAVITY.indexOf(one);

const UNKNOWN: PartHealth = { state: "Unknown", message: "" };

/** The health of a part by the last use of each of its places. */
export function healthOfUses(uses: readonly LastUse[]): PartHealth {
  const [worst] = uses.toSorted((a, b) => worse(a.state, b.state));
  if (worst === undefined) return UNKNOWN;
  const told = new Map<string, number>();
  for (const { state, sentence, since } of uses)
    if (state === worst.state && state !== "OK") told.set(sentence, Math.min(since, told.get(sentence) ?? since));
  return { state: worst.state, message: whole([...told].map(([sentence, since]) => withTime(sentence, since))) };
}

/** A sentence, and behind it since when. */
export const withTime = (sentence: string, since: number): string =>
  `${sentence} Since ${facilitySecond(new Date(since))}.`;

const whole = (sentences: readonly string[]): string => fitted(sentences.join(" "), MESSAGE_BYTES, " …");

/** The worst of all parts; OK where every part that anything is known of is OK or Off. */
export function healthOfAll(parts: ReadonlyMap<HealthPart, PartHealth>): PartHealth {
  const [worst = UNKNOWN] = [...parts.values()].toSorted((a, b) => worse(a.state, b.state));
  if (worst.state === "Off") return UNKNOWN;
  if (worst.state !== "Trouble" && worst.state !== "Down") return { state: worst.state, message: "" };
  const told = [...parts].filter(([, { state }]) => state === worst.state);
  return { state: worst.state, message: whole(told.map(([part, { message }]) => `${part}: ${message}`)) };
}
