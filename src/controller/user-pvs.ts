/**
 * Writing TomoScan's user PVs: which text goes where, in which order, and what became of it. Nothing is written unless TomoScan answers. Who has the beam is
 * the actions' business. Order: DMagic's (integration, section 1.9).
 */

import { filter } from "rxjs";
import type { Clock } from "../base/clock.ts";
import { ActionError, CancelledError, messageOf, pieceOf } from "../base/errors.ts";
import { facilityIso } from "../base/facility-time.ts";
import type { RunContext } from "./action.ts";
import { visible } from "./experiment.ts";
import { type BeamlinePvs, UnavailableError } from "./ports.ts";
import type { AnyTomoScanKey } from "./pvs.ts";
import { emitsWithin } from "./within.ts";

/** TomoScan's PVs, as far as tagging needs them. */
export interface TomoScan {
  readonly beamline: BeamlinePvs;
  /** Full name of a PV. */
  readonly nameOf: (key: AnyTomoScanKey) => string;
  readonly clock: Clock;
}

/** Who has the beam, as the schedule or an experiment's name has it: nothing is cleaned yet. Empty: not known. */
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
  /** Asked for when all else is written; undefined where nobody knows it. */
  readonly esafDoi?: () => Promise<string | undefined>;
}

/** Seconds to wait for the DOI's PV: the others of its IOC have just answered, and most TomoScans have none. */
const DOI_SECONDS = 1;
/** What is written where there is no title: TomoScan's user PVs name no experiment without one. */
const NO_TITLE = "No title";

/** The PVs that are written, in their order, with what goes into each. The safety form's DOI comes behind them: few TomoScans have a PV for it. */
const ORDER = [
  ["firstName", (user) => user.firstName],
  ["lastName", (user) => user.lastName],
  ["institution", (user) => user.institution],
  ["email", (user) => user.email],
  ["badge", (user) => user.badge],
  ["infoUpdate", (_user, clock) => facilityIso(new Date(clock.now()))],
  ["proposalNumber", (user) => user.proposalNumber],
  ["proposalTitle", (user) => (user.proposalTitle === "" ? NO_TITLE : user.proposalTitle)],
  ["yearMonth", (user) => user.yearMonth],
  ["esafNumber", (user) => user.esafNumber],
] as const satisfies readonly (readonly [AnyTomoScanKey, (user: BeamUser, clock: Clock) => string])[];

/** The full names of the PVs that are written, for a dry run. */
export const writtenNames = ({ nameOf }: Pick<TomoScan, "nameOf">): readonly string[] =>
  ORDER.map(([key]) => nameOf(key));

/**
 * Writes them all.
 * @returns what did not fit, each the rest of a sentence; TagTruncated has the whole texts
 * @throws UnavailableError when TomoScan does not answer, and nothing was written; ActionError or CancelledError that say what was written
 */
export async function writeUserPvs(
  tomoScan: TomoScan,
  user: BeamUser,
  context: RunContext,
): Promise<readonly string[]> {
  context.publish("TagTruncated", "");
  await probe(tomoScan, context);
  const written: string[] = [];
  const cut: Cut[] = [];
  try {
    for (const [key, textOf] of ORDER) {
      context.signal.throwIfAborted();
      const [name, text] = [tomoScan.nameOf(key), oneLine(textOf(user, tomoScan.clock))];
      const kept = await tomoScan.beamline.writeText(name, text, context);
      written.push(name);
      if (kept !== text) cut.push({ name, text, kept });
      context.publish("TagTruncated", cut.map(cutLine).join("\n"));
    }
    await writeDoi(tomoScan, user, context);
  } catch (thrown) {
    throw stopped(thrown, written, context.signal);
  }
  return cut.map(({ name, text }) => `${name} cannot hold ${visible(text)} whole`);
}

/** A text of which a PV holds the beginning only. */
interface Cut {
  readonly name: string;
  readonly text: string;
  readonly kept: string;
}

const cutLine = ({ name, text, kept }: Cut): string =>
  `${name} holds only ${JSON.stringify(kept)} of ${JSON.stringify(text)}`;

/** @throws UnavailableError naming each PV that does not answer */
async function probe({ beamline, nameOf }: TomoScan, { signal }: RunContext): Promise<void> {
  const texts = await Promise.all(ORDER.map(([key]) => beamline.readText(nameOf(key), { signal })));
  const missing = ORDER.filter((_, index) => texts[index] === undefined).map(([key]) => nameOf(key));
  signal.throwIfAborted();
  if (missing.length === 0) return;
  throw new UnavailableError(
    `TomoScan does not answer: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not connected or silent; nothing was written. Is its IOC running, and are ioc-prefix and tomoscan-prefix in the [epics] section right?`,
  );
}

/** What was thrown in mid-way, with what was written before. */
function stopped(thrown: unknown, written: readonly string[], signal: AbortSignal): unknown {
  const done =
    written.length === 0
      ? "no user PV was written"
      : `${written.join(", ")} were written, what comes behind them was not`;
  if (signal.aborted) return new CancelledError(`${messageOf(signal.reason)} ${done}; tag again.`);
  return thrown instanceof ActionError ? new ActionError(`${done}; tag again`, { cause: thrown }) : thrown;
}

/** The old one must not stay; a PV that does not exist, and a DOI that nobody knows, are no failures (integration, section 1.9). */
async function writeDoi({ beamline, nameOf, clock }: TomoScan, user: BeamUser, context: RunContext): Promise<void> {
  const { signal, say } = context;
  try {
    const name = nameOf("esafDoi");
    const connected$ = beamline.text$(name).pipe(filter(({ connected }) => connected));
    if (!(await emitsWithin(connected$, DOI_SECONDS, clock, signal))) return;
    await beamline.writeText(name, oneLine((await user.esafDoi?.()) ?? ""), { signal });
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof ActionError)) throw thrown;
    say(`The DOI of ESAF ${visible(user.esafNumber)} was not written: ${pieceOf(thrown)}.`);
  }
}

/** PVs hold one line. */
const oneLine = (text: string): string => text.replace(/[\x00-\x1f\x7f]+/g, " ").trim();
