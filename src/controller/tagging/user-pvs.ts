/**
 * Writing TomoScan's user PVs: which text goes into which PV, and in which order. Nothing is written unless TomoScan
 * answers. Who has the beam, the actions decide; what is left of a pass that ends early, tag-writing.ts decides.
 *
 * The PVs change one after the other, and no reader may take a mixture of two tags for a tag. So the month is "Unknown"
 * first, as in a TomoScan that was never tagged, and gets its text last: without a month there is no tag for us, and no
 * experiment for DMagic's scripts. A kill at any moment leaves the former tag, "Unknown", or the new tag. The PVs in
 * between are written in DMagic's order (integration.md §1.9).
 */

import { filter } from "rxjs";
import { visible } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { asSentence, clauseOf } from "../../base/errors.ts";
import { NEVER_TAGGED } from "../experiment.ts";
import { UnavailableError } from "../ports/call.ts";
import type { AnyTomoScanKey } from "../pvs/tomoscan.ts";
import type { RunContext } from "../run/action.ts";
import { failureOrAbort } from "../run/failure.ts";
import { isoTime } from "../run/journal.ts";
import { emitsWithin } from "../run/within.ts";
import type { TomoScan } from "../tomoscan.ts";
import { pvText, TagWriting } from "./tag-writing.ts";

/** Who has the beam, by the schedule or an experiment's name: nothing is cleaned yet. Empty: not known. */
export interface BeamUser {
  readonly firstName: string;
  readonly lastName: string;
  readonly institution: string;
  readonly email: string;
  readonly badge: string;
  readonly proposalNumber: string;
  readonly proposalTitle: string;
  /** `YYYY-MM` */
  readonly yearMonth: string;
  readonly esafNumber: string;
  /** Asks for the DOI when all else is written; undefined where there is none. */
  readonly esafDoi?: () => Promise<string | undefined>;
}

/** Seconds to wait for the DOI's PV while the other PVs are read: most TomoScans have no such PV. */
const DOI_SECONDS = 1;
/** What is written where there is no title: without a title TomoScan's user PVs name no experiment. */
const NO_TITLE = "No title";

/**
 * The PVs between "Unknown" and the month, in order, with the text for each. The safety form's DOI stands apart: few
 * TomoScans have a PV for it.
 */
const ORDER = [
  ["firstName", (user) => user.firstName],
  ["lastName", (user) => user.lastName],
  ["institution", (user) => user.institution],
  ["email", (user) => user.email],
  ["badge", (user) => user.badge],
  ["infoUpdate", (_user, clock) => isoTime(clock)],
  ["proposalNumber", (user) => user.proposalNumber],
  ["proposalTitle", (user) => (user.proposalTitle === "" ? NO_TITLE : user.proposalTitle)],
  ["esafNumber", (user) => user.esafNumber],
  ["yearMonth", (user) => user.yearMonth],
] as const satisfies readonly (readonly [AnyTomoScanKey, (user: BeamUser, clock: Clock) => string])[];

/** The full names of the PVs that are written, for a dry run. */
export const writtenNames = ({ nameOf }: Pick<TomoScan, "nameOf">): readonly string[] =>
  ORDER.map(([key]) => nameOf(key));

/**
 * Writes all user PVs.
 * @returns what did not fit, each the rest of a sentence; TagTruncated has the whole texts
 * @throws UnavailableError when TomoScan does not answer, and nothing was written; ActionError or CancelledError that
 * say what was written, and whether the month is "Unknown" now
 */
export async function writeUserPvs(
  tomoScan: TomoScan,
  user: BeamUser,
  context: RunContext,
): Promise<readonly string[]> {
  context.publish("TagTruncated", "");
  const hasDoi = await probe(tomoScan, context);
  const texts = new Map(ORDER.map(([key, textOf]) => [key, pvText(textOf(user, tomoScan.clock))] as const));
  const writing = new TagWriting(tomoScan, texts, context);
  await writing.run(async () => {
    await writing.write("yearMonth", NEVER_TAGGED);
    for (const [key, text] of texts) {
      if (key === "yearMonth") await writing.checkAll();
      else await writing.checkMonth();
      // The last form's DOI must not stay beside the new tag; the new form's DOI is looked up when all else is done.
      if (key === "yearMonth" && hasDoi) await tomoScan.beamline.writeText(tomoScan.nameOf("esafDoi"), "", context);
      await writing.write(key, text);
    }
    await writing.checkAll();
  });
  if (hasDoi) await writeDoi(tomoScan, user, context);
  return writing.cut.map(({ name, text }) => `${name} cannot hold ${visible(text)} whole`);
}

/**
 * @returns whether TomoScan has a PV for the DOI
 * @throws UnavailableError naming each PV that does not answer
 */
async function probe({ beamline, nameOf, clock }: TomoScan, { signal }: RunContext): Promise<boolean> {
  const doi$ = beamline.text$(nameOf("esafDoi")).pipe(filter(({ connected }) => connected));
  const [hasDoi, ...texts] = await Promise.all([
    emitsWithin(doi$, DOI_SECONDS, clock, signal),
    ...ORDER.map(([key]) => beamline.readText(nameOf(key), { signal })),
  ]);
  const missing = ORDER.filter((_, index) => texts[index] === undefined).map(([key]) => nameOf(key));
  signal.throwIfAborted();
  if (missing.length === 0) return hasDoi;
  throw new UnavailableError(
    `TomoScan does not answer: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not connected or silent; nothing was written. Is its IOC running, and are ioc-prefix and tomoscan-prefix in the [epics] section right?`,
  );
}

/**
 * TomoScan is tagged by now: a DOI that nobody knows, or an abort, is no failure any more (integration.md §1.9).
 */
async function writeDoi({ beamline, nameOf }: TomoScan, user: BeamUser, context: RunContext): Promise<void> {
  const { signal, say } = context;
  try {
    const doi = await user.esafDoi?.();
    if (doi !== undefined) await beamline.writeText(nameOf("esafDoi"), pvText(doi), { signal });
  } catch (thrown) {
    const why = clauseOf(failureOrAbort(thrown, signal));
    say(asSentence(`The DOI of ESAF ${visible(user.esafNumber)} was not written: ${why}`));
  }
}
