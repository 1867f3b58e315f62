/**
 * Which beamtime counts: the day that Set asks for, the beamtimes of that day, the beamtime of a proposal. Reads the
 * schedule through its port.
 */
import { cleanJson } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { facilityDay, facilityMinute } from "../../base/facility-time.ts";
import type { Experiment } from "../experiment.ts";
import type { CallOptions } from "../ports/call.ts";
import type { Beamtime, Scheduling } from "../ports/scheduling.ts";
import { MOST_DAYS } from "../pvs/tagging.ts";
import type { ActionRequest } from "../run/action.ts";
import { InputError } from "../run/outcome.ts";

/** The schedule of one beamline. */
export interface Schedule {
  readonly scheduling: Scheduling;
  /** The beamline's name at the scheduling service. */
  readonly beamline: string;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;

/** Now, moved by the days of Set. @throws RejectedError for more than MOST_DAYS */
export function scheduleDay({ clock }: Pick<Schedule, "clock">, request: ActionRequest): Date {
  const days = Number(request.input("Set"));
  if (!(Math.abs(days) <= MOST_DAYS))
    throw new InputError(
      "Set",
      `Set ${days} is not a number of days from -${MOST_DAYS} to ${MOST_DAYS}; 0 means today.`,
    );
  return new Date(clock.now() + days * DAY_MS);
}

/** Time without a proposal, by the facility's convention. */
export const hasProposal = ({ proposalNumber }: Pick<Experiment, "proposalNumber">): boolean =>
  !/^0*$/.test(proposalNumber);

export const contains = ({ start, end }: Beamtime, at: Date): boolean => start <= at && at <= end;

/**
 * The proposal's beamtime in the run of that day: the beamtime of the day itself, else the proposal's first.
 * @throws ActionError when the schedule has no beamtime of the proposal
 */
export async function beamtimeOf(
  schedule: Schedule,
  experiment: Pick<Experiment, "proposalNumber">,
  request: ActionRequest,
  options: CallOptions,
): Promise<Beamtime> {
  const at = scheduleDay(schedule, request);
  const own = (await schedule.scheduling.beamtimes(at, options)).filter(
    ({ gupId }) => gupId !== undefined && Number(gupId) === Number(experiment.proposalNumber),
  );
  const found = own.find((one) => contains(one, at)) ?? own[0];
  if (found !== undefined) return found;
  throw new ActionError(
    `proposal ${experiment.proposalNumber} has no beamtime at ${schedule.beamline} in the run of ${facilityDay(at)}; check ProposalNumber, Set, and beamline in the [scheduling] section, or create the experiment by CreateManual`,
  );
}

/**
 * For commands that only look: the proposal's beamtime; without a proposal the beamtimes of the day, if any.
 * @throws as `beamtimeOf`
 */
export async function beamtimesFor(
  schedule: Schedule,
  experiment: Pick<Experiment, "proposalNumber"> | undefined,
  request: ActionRequest,
  options: CallOptions,
): Promise<readonly Beamtime[]> {
  if (experiment !== undefined && hasProposal(experiment))
    return [await beamtimeOf(schedule, experiment, request, options)];
  const at = scheduleDay(schedule, request);
  return (await schedule.scheduling.beamtimes(at, options)).filter((one) => contains(one, at));
}

/** `GUP 1014288, "Granular flows", Noether, 2026-03-03 08:00 to 2026-03-06 08:00` */
export function beamtimeText({ gupId, title, start, end, experimenters }: Beamtime): string {
  const pi = experimenters.find(({ isPi }) => isPi);
  return [
    gupId === undefined ? "no GUP" : `GUP ${gupId}`,
    cleanJson(title),
    ...(pi === undefined ? [] : [pi.lastName]),
    `${facilityMinute(start)} to ${facilityMinute(end)}`,
  ].join(", ");
}
