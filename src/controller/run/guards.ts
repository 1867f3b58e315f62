/**
 * Judges puts before they take effect: the choice of a server, arming, and texts that nobody means. What an input can
 * take at all, input-check.ts knows.
 */
import { merge, type Observable, tap } from "rxjs";
import { visible } from "../../base/clean-text.ts";
import { entriesOf } from "../../base/entries.ts";
import type { OutsidePut } from "../ports/outside-put.ts";
import type { Pvs } from "../ports/pvs.ts";
import type { PvName } from "../pvs/index.ts";
import type { ArmCheck, Site } from "../site.ts";
import type { CommandBoard } from "./command-board.ts";
import type { Journal } from "./journal.ts";
import { isOwnName, TEXT_INPUTS } from "./own-name.ts";

export interface GuardOptions extends Pick<Site, "servers" | "arms"> {
  readonly pvs: Pvs;
  /** The prefix of our own PVs, as clients know them. */
  readonly prefix?: string;
}

/** Refuses puts that cannot take effect, and tells operators why. */
export function guards$(options: GuardOptions, board: CommandBoard, journal: Journal): Observable<unknown> {
  const { pvs, servers, arms, prefix = "" } = options;
  const guard$ = (name: PvName, problemOf: (put: OutsidePut) => string | undefined): Observable<unknown> =>
    pvs.puts$(name).pipe(tap((put) => isRefused(put, problemOf(put), journal)));
  return merge(
    guard$("ServerName", (put) => serverProblem(put, servers, board)),
    ...entriesOf(arms).map(([name, check]) => guard$(name, (put) => armProblem(check, put.value, (pv) => pvs.get(pv)))),
    ...TEXT_INPUTS.map((name) => guard$(name, (put) => textProblem(put, prefix + name))),
  );
}

/**
 * Refuses a put where there is a problem, and tells operators.
 * @param problem a sentence
 * @returns whether the put was refused
 */
export function isRefused(put: OutsidePut, problem: string | undefined, journal: Journal): boolean {
  if (problem === undefined) return false;
  put.refuse(problem);
  journal.say(problem, "MINOR");
  return true;
}

/** Why the arm cannot be set to Armed; Safe is always taken. */
export const armProblem = (
  check: ArmCheck | undefined,
  value: string | number,
  get: Parameters<ArmCheck>[0],
): string | undefined => (value === 0 ? undefined : check?.(get));

/** Why the server cannot be chosen: there is no such server, or a command runs. */
function serverProblem(put: OutsidePut, servers: Site["servers"], board: CommandBoard): string | undefined {
  if (board.busy) return `ServerName cannot change while ${board.runningText} runs; try again when it is over.`;
  return servers[Number(put.value)] === undefined
    ? `ServerName ${put.value} is none of the ${servers.length} servers; choose ${servers.map((server) => server.name).join(" or ")}.`
    : undefined;
}

/** Why nobody means the text: it is the PV's own name in angle brackets. @param name full name of the PV */
const textProblem = ({ value }: OutsidePut, name: string): string | undefined =>
  typeof value === "string" && isOwnName(value, name)
    ? `${name} was not set to ${visible(value)}: that is what a field of Phoebus shows while its PV is disconnected; put the text itself.`
    : undefined;
