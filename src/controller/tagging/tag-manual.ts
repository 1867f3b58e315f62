/**
 * TagManual: TomoScan's user PVs from an experiment that exists, by its name: for time without a proposal, and for
 * another group within a beamtime. What the name does not tell comes from the schedule, or from CreateManual's inputs
 * where they are of this experiment; the PVs of what is then still unknown are emptied.
 */

import { visible } from "../../base/clean-text.ts";
import { clauseOf } from "../../base/errors.ts";
import { cleanName, saysNothing } from "../experiment.ts";
import { NotFoundError } from "../ports/call.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { Beamtime } from "../ports/scheduling.ts";
import { type ActionRequest, type FreeAction, type RunContext, textInput } from "../run/action.ts";
import { serviceFailure } from "../run/failure.ts";
import { type ActionResult, InputError } from "../run/outcome.ts";
import type { TomoScan } from "../tomoscan.ts";
import { beamtimeOf, hasProposal, type Schedule } from "./beamtimes.ts";
import { beamUser, doiOf } from "./tag-experiment.ts";
import { type BeamUser, writeUserPvs, writtenNames } from "./user-pvs.ts";

export interface TagManualOptions {
  /** Where the experiment is looked up; undefined: nowhere, and its name alone tells of it. */
  readonly dm: Pick<DataManagement, "experimentByName"> | undefined;
  /** As operators know the server. */
  readonly serverName: string;
  readonly schedule: Schedule;
  readonly tomoScan: TomoScan;
  readonly esafs: DataManagement["esafs"] | undefined;
}

/** What the name of an experiment tells. */
interface NameParts {
  /** `YYYY-MM` */
  readonly yearMonth: string;
  readonly lastName: string;
  /** Digits. */
  readonly proposalNumber: string;
}

/** `YYYY-MM-LastName-GUP`, where the last name may hold hyphens; undefined for any other form. */
export function parseName(name: string): NameParts | undefined {
  const [, yearMonth, lastName, proposalNumber] = /^(\d{4}-(?:0[1-9]|1[0-2]))-(.*[^-].*)-(\d{1,12})$/.exec(name) ?? [];
  if (yearMonth === undefined || lastName === undefined || proposalNumber === undefined) return undefined;
  return { yearMonth, lastName, proposalNumber };
}

export function tagManually(options: TagManualOptions): FreeAction {
  return {
    plan: (request) => [
      `would write what experiment ${wanted(request).name} tells into ${writtenNames(options.tomoScan).join(", ")}`,
    ],
    run: (context) => tag(options, context),
  };
}

/** @throws InputError */
function wanted(request: ActionRequest): NameParts & { readonly name: string } {
  const name = textInput(request, "ManualExperiment");
  if (name === "") throw new InputError("ManualExperiment", "ManualExperiment is empty: name an experiment.");
  const parts = parseName(name);
  if (parts !== undefined && saysNothing(parts.lastName))
    throw new InputError(
      "ManualExperiment",
      `ManualExperiment ${visible(name)} names nobody: ${parts.lastName} is no last name.`,
    );
  if (parts !== undefined) return { ...parts, name };
  throw new InputError(
    "ManualExperiment",
    `ManualExperiment ${visible(name)} is not of the form YYYY-MM-LastName-GUP; for such a name use ExperimentNameOverride.`,
  );
}

async function tag(options: TagManualOptions, context: RunContext): Promise<ActionResult> {
  const { name, ...parts } = wanted(context);
  const title = await titleOf(options, name, context);
  const found = await scheduled(options.schedule, parts, context);
  const user = userOf(options, { parts, title, beamtime: found.beamtime }, context);
  const cut = await writeUserPvs(options.tomoScan, user, context);
  const done = `TomoScan is tagged from ${name}: ${user.lastName}, proposal ${user.proposalNumber}, ${user.yearMonth}`;
  return { state: "Done", message: `${[done, ...found.remarks, ...cut].join("; ")}.` };
}

/**
 * The experiment's title; undefined where no service keeps experiments.
 * @throws RejectedError when there is no such experiment
 */
async function titleOf(
  { dm, serverName }: TagManualOptions,
  name: string,
  { signal }: RunContext,
): Promise<string | undefined> {
  try {
    return (await dm?.experimentByName(name, { signal }))?.description;
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    throw new InputError(
      "ManualExperiment",
      `There is no experiment ${name} on ${serverName}; ManualExperiment must name one.`,
      {
        cause: thrown,
      },
    );
  }
}

interface Found {
  readonly beamtime?: Beamtime;
  readonly remarks: readonly string[];
}

/** A schedule that cannot tell is no reason not to tag: the name tells what is needed. */
async function scheduled(schedule: Schedule, parts: NameParts, context: RunContext): Promise<Found> {
  if (!hasProposal(parts)) return { remarks: [] };
  try {
    return { beamtime: await beamtimeOf(schedule, parts, context, context), remarks: [] };
  } catch (thrown) {
    const reason = clauseOf(serviceFailure(thrown, context.signal));
    return { remarks: [`first name, e-mail and badge were emptied: ${reason}`] };
  }
}

interface Known {
  readonly parts: NameParts;
  readonly title: string | undefined;
  readonly beamtime: Beamtime | undefined;
}

function userOf({ esafs }: TagManualOptions, { parts, title, beamtime }: Known, context: RunContext): BeamUser {
  const manual = manualUser(context, parts);
  const byName = { ...manual, ...parts, proposalTitle: title || manual.proposalTitle };
  const pi = beamtime?.experimenters.find(({ isPi }) => isPi);
  if (beamtime === undefined || pi === undefined) return byName;
  const scheduledUser = beamUser(beamtime, pi, (id) => doiOf(esafs, beamtime, id, context));
  const { esafNumber, esafDoi } = scheduledUser;
  const ofBeamtime = { proposalTitle: title || scheduledUser.proposalTitle, esafNumber, ...(esafDoi && { esafDoi }) };
  // Where the experiment's name is not the PI's, the person of the schedule is somebody else.
  return isSameName(pi.lastName, parts.lastName)
    ? { ...scheduledUser, ...parts, lastName: pi.lastName, ...ofBeamtime }
    : { ...byName, ...ofBeamtime };
}

/** The person of CreateManual's inputs, if they are of this experiment; else nobody. */
function manualUser(request: ActionRequest, { lastName, proposalNumber }: NameParts): Omit<BeamUser, keyof NameParts> {
  const isSame =
    isSameName(textInput(request, "ManualName"), lastName) &&
    Number(request.input("ManualGup")) === Number(proposalNumber);
  const text = (name: Parameters<typeof textInput>[1]): string => (isSame ? textInput(request, name) : "");
  return {
    firstName: text("ManualFirstName"),
    institution: text("ManualInstitution"),
    email: text("ManualEmail"),
    badge: "",
    proposalTitle: text("ManualTitle"),
    esafNumber: "",
  };
}

/** Whether a last name, cleaned as names are, is the last name in an experiment's name. */
function isSameName(lastName: string, inName: string): boolean {
  const cleaned = cleanName(lastName);
  return cleaned.ok && cleaned.text === inName;
}
