/**
 * Tag: writes who has the beam, by the schedule Set days from now, into TomoScan's user PVs. Chooses no beamtime where
 * several are possible: a person does, with BeamtimeIndex.
 */
import { onePerLine } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { facilityDay, facilityMinute, facilityMonth } from "../../base/facility-time.ts";
import { plainNumber } from "../experiment.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { Beamtime, Experimenter } from "../ports/scheduling.ts";
import type { ActionRequest, FreeAction, RunContext } from "../run/action.ts";
import { type ActionResult, RejectedError } from "../run/outcome.ts";
import type { TomoScan } from "../tomoscan.ts";
import { personName } from "../users/people.ts";
import { beamtimeText, contains, type Schedule, scheduleDay } from "./beamtimes.ts";
import { type BeamUser, writeUserPvs, writtenNames } from "./user-pvs.ts";

export interface TagOptions {
  readonly schedule: Schedule;
  readonly tomoScan: TomoScan;
  /** Where the DOI of a safety form is read; undefined: nowhere. */
  readonly esafs: DataManagement["esafs"] | undefined;
}

export function tagFromSchedule(options: TagOptions): FreeAction {
  const { schedule, tomoScan } = options;
  return {
    plan: (request) => [
      `would look for the beamtime of ${facilityDay(scheduleDay(schedule, request))} at ${schedule.beamline}`,
      `would write who has it into ${writtenNames(tomoScan).join(", ")}`,
    ],
    run: (context) => tag(options, context),
  };
}

async function tag({ schedule, tomoScan, esafs }: TagOptions, context: RunContext): Promise<ActionResult> {
  context.publish("Beamtimes", "");
  const at = scheduleDay(schedule, context);
  const beamtimes = await schedule.scheduling.beamtimes(at, context);
  const now = beamtimes.filter((one) => contains(one, at));
  context.publish("Beamtimes", onePerLine(now.map((one, index) => `${index + 1}: ${beamtimeText(one)}`)));
  if (now.length === 0) throw new ActionError(noneSentence(schedule, beamtimes, at));
  // BeamtimeIndex counts for this list alone: a wrong index must not stand in the way of the next Tag.
  if (Number(context.input("BeamtimeIndex")) !== 0) context.publish("BeamtimeIndex", 0);
  const beamtime = chosen(now, context, at);
  const pi = beamtime.experimenters.find(({ isPi }) => isPi);
  if (pi === undefined)
    throw new ActionError(`the beamtime ${beamtimeText(beamtime)} has no experimenter; tag by TagManual`);
  const user = beamUser(beamtime, pi, (id) => doiOf(esafs, beamtime, id, context));
  const cut = await writeUserPvs(tomoScan, user, context);
  const done = `TomoScan is tagged: ${personName(pi)}, proposal ${user.proposalNumber}, ${user.yearMonth}`;
  return { state: "Done", message: `${[done, ...cut].join("; ")}.` };
}

/** What TomoScan is to hold for a beamtime. */
export function beamUser(
  beamtime: Beamtime,
  pi: Experimenter,
  readDoi: (esafId: string) => Promise<string | undefined>,
): BeamUser {
  const { esafId } = beamtime;
  return {
    firstName: pi.firstName,
    lastName: pi.lastName,
    institution: pi.institution ?? "",
    email: pi.email ?? "",
    badge: pi.badge,
    proposalNumber: plainNumber(beamtime.gupId ?? "0"),
    proposalTitle: beamtime.title,
    yearMonth: facilityMonth(beamtime.start),
    esafNumber: esafId ?? "",
    ...(esafId !== undefined && { esafDoi: () => readDoi(esafId) }),
  };
}

/** @returns undefined where no DOI is known */
export async function doiOf(
  esafs: DataManagement["esafs"] | undefined,
  { start }: Pick<Beamtime, "start">,
  esafId: string,
  { signal }: Pick<RunContext, "signal">,
): Promise<string | undefined> {
  const forms = (await esafs?.(Number(facilityMonth(start).slice(0, 4)), { signal })) ?? [];
  return forms.find((one) => Number(one.esafId) === Number(esafId))?.doi;
}

/** @throws RejectedError when BeamtimeIndex does not say which */
function chosen(now: readonly Beamtime[], request: ActionRequest, at: Date): Beamtime {
  const index = Number(request.input("BeamtimeIndex"));
  const only = index === 0 && now.length === 1 ? now[0] : now[index - 1];
  if (only !== undefined) return only;
  const wanted =
    now.length === 1 ? "set it to 0 or 1" : `set BeamtimeIndex to 1..${now.length}, as Beamtimes lists them`;
  throw new RejectedError(
    index === 0
      ? `There are several beamtimes on ${facilityDay(at)}: ${wanted}.`
      : `BeamtimeIndex ${index} is none of the ${now.length} of ${facilityDay(at)}: ${wanted}.`,
  );
}

/** @param beamtimes sorted by start */
function noneSentence({ beamline }: Schedule, beamtimes: readonly Beamtime[], at: Date): string {
  const before = beamtimes
    .filter(({ end }) => end < at)
    .sort((a, b) => a.end.getTime() - b.end.getTime())
    .at(-1);
  const after = beamtimes.find(({ start }) => start > at);
  const near = [
    ...(before === undefined ? [] : [`the one before it is ${beamtimeText(before)}`]),
    ...(after === undefined ? [] : [`the one after it is ${beamtimeText(after)}`]),
  ];
  const others = near.length === 0 ? "nothing is scheduled in its run" : near.join("; ");
  return `there is no beamtime at ${beamline} on ${facilityMinute(at)}: ${others}; set Set to the days between, or tag by TagManual`;
}
