/**
 * Who is on an experiment, by Data Management's roles (dm-roster.ts) or the access rules of a Globus collection
 * (globus-roster.ts). This file changes users one after the other; the rosters decide whether a failure is one user's
 * or ends the run.
 */

import { ActionError, CancelledError, clauseOf, messageOf } from "../../base/errors.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { ActionContext, RunContext } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";

/** What became of one user. */
export interface UserChange {
  /** already: there was nothing to change. */
  readonly state: "changed" | "already" | "failed";
  /** For UserResults, and for sentences: no full stop. */
  readonly line: string;
}

export interface ListedUser {
  /** The username where no name is known. */
  readonly name: string;
  /** Sorts the list; empty sorts last. */
  readonly lastName: string;
  /** 0: none. */
  readonly badge: number;
  /** Empty: none. */
  readonly email: string;
  /** The user in one line. */
  readonly line: string;
  /** Why no more is known of this user; no full stop. */
  readonly problem?: string;
}

/** The users of experiments on one server. */
export interface Roster {
  /** As operators know the server. */
  readonly serverName: string;
  /** The users of the tagged experiment. @throws RejectedError when there is no such experiment */
  open(context: ActionContext): Promise<OpenRoster>;
}

/** A call fails with an ActionError only where calls for other users would fail, too. */
export interface OpenRoster {
  /** The name that the experiment has on the server. */
  readonly experimentName: string;
  /** @param entry of EditUserBadge */
  add(entry: string): Promise<UserChange>;
  remove(entry: string): Promise<UserChange>;
  /** In no order. */
  list(): Promise<readonly ListedUser[]>;
}

/** Whether an entry is a badge number. */
export const isBadge = (entry: string): boolean => /^[1-9]\d{0,11}$/.test(entry);

export const countOf = (changes: readonly UserChange[], ...states: UserChange["state"][]): number =>
  changes.filter(({ state }) => states.includes(state)).length;

/** A user who could not be changed. @param line why, for UserResults */
export const failed = (line: string): UserChange => ({ state: "failed", line });

/**
 * A failure of one user alone, as the end of a line.
 * @param forAll kinds of failures that every other user would meet, too: they end the run
 * @throws failures of these kinds, an abort's reason, and bugs
 */
export function ownFailure(error: unknown, signal: AbortSignal | undefined, forAll: readonly ErrorKind[]): string {
  if (forAll.some((kind) => error instanceof kind)) throw error;
  return clauseOf(serviceFailure(error, signal));
}
type ErrorKind = abstract new (...args: never[]) => ActionError;

export const failuresOf = (changes: readonly UserChange[]): readonly string[] =>
  changes.flatMap(({ state, line }) => (state === "failed" ? [line] : []));

export interface ChangeOptions {
  readonly command: CommandName;
  /** Called with what was done so far: before the first user, and after each. */
  readonly publish: (changes: readonly UserChange[]) => void;
  /** What was done so far, as the beginning of a sentence. */
  readonly soFar: (changes: readonly UserChange[]) => string;
}

/**
 * Changes one user after the other; a user that fails does not stop the others.
 * @throws ActionError, CancelledError, both saying what was done before
 */
export async function changeUsers<T>(
  { signal }: Pick<RunContext, "signal">,
  users: readonly T[],
  change: (user: T) => Promise<UserChange>,
  { command, publish, soFar }: ChangeOptions,
): Promise<readonly UserChange[]> {
  const changes: UserChange[] = [];
  publish(changes);
  try {
    for (const user of users) {
      signal.throwIfAborted();
      changes.push(await change(user));
      publish(changes);
    }
  } catch (error) {
    const done = `${soFar(changes)}; run ${command} again${changes.length === 0 ? "" : " for the others"}`;
    if (signal.aborted) throw new CancelledError(`${messageOf(signal.reason)} ${done}.`);
    if (error instanceof ActionError) throw new ActionError(done, { cause: error });
    throw error;
  }
  return changes;
}
