/**
 * What the kinds of schedule have in common: who experiments, and what `show` tells of a beamtime, as labels and texts.
 * Pure; what is not known is left out.
 */
import { facilityMinute } from "../../base/facility-time.ts";
import type { Beamtime, Experimenter } from "../../controller/ports/scheduling.ts";

/** An experimenter as in a schedule. */
export interface ScheduledPerson {
  readonly badge?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly institution?: string | undefined;
  readonly email?: string | undefined;
  readonly isMarkedPi: boolean;
}

/** The principal investigator is the first person marked so, else the first of all. */
export function experimentersOf(people: readonly ScheduledPerson[]): readonly Experimenter[] {
  const marked = people.findIndex(({ isMarkedPi }) => isMarkedPi);
  const pi = Math.max(0, marked);
  return people.map(({ badge, firstName, lastName, institution, email }, index) => ({
    badge: badge ?? "",
    firstName: firstName ?? "",
    lastName: lastName ?? "",
    ...(email !== undefined && { email: email.toLowerCase() }),
    ...(institution !== undefined && { institution }),
    isPi: index === pi,
  }));
}

/** What a schedule may know beside the beamtime itself. */
export interface BeamtimeMore {
  readonly type?: string | undefined;
  /** As the schedule writes it; a time is shown as the facility's. */
  readonly submitted?: string | undefined;
  readonly shiftsGranted?: string | undefined;
  readonly shiftsScheduled?: string | undefined;
  readonly isProprietary?: boolean | undefined;
  readonly isMailIn?: boolean | undefined;
}

export function beamtimeDetails(beamtime: Beamtime, more: BeamtimeMore): NonNullable<Beamtime["details"]> {
  const { gupId, esafId, title, start, end, experimenters } = beamtime;
  const pi = experimenters.find(({ isPi }) => isPi);
  const emails = experimenters.flatMap(({ email }) => (email === undefined ? [] : [email]));
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Proposal (GUP)", gupId ?? "none"],
    ["ESAF", esafId ?? "none yet"],
    ["Title", title],
    ["Type", more.type],
    ["PI", pi === undefined ? undefined : personText(pi)],
    ["Start", facilityMinute(start)],
    ["End", facilityMinute(end)],
    ["Submitted", more.submitted],
    ["Shifts granted", more.shiftsGranted],
    ["Shifts scheduled", more.shiftsScheduled],
    ["Proprietary", yesNo(more.isProprietary)],
    ["Mail-in", yesNo(more.isMailIn)],
    ["Experimenters", experimenters.length === 0 ? undefined : experimenters.map(nameOf).join(", ")],
    ["E-mail addresses", emails.length === 0 ? undefined : emails.join(", ")],
  ];
  return rows.flatMap(([label, text]) => (text === undefined || text === "" ? [] : [[label, text] as const]));
}

const nameOf = ({ firstName, lastName }: Experimenter): string =>
  [firstName, lastName].filter((part) => part !== "").join(" ");

/** `Emmy Noether, University of Goettingen, badge 208112` */
const personText = (person: Experimenter): string =>
  [nameOf(person), person.institution ?? "", person.badge === "" ? "" : `badge ${person.badge}`]
    .filter((part) => part !== "")
    .join(", ");

const yesNo = (flag: boolean | undefined): string | undefined => (flag === undefined ? undefined : flag ? "yes" : "no");
