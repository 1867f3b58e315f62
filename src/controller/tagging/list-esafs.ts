/**
 * ListEsafs: the station's safety forms whose dates touch the days from EsafStart to EsafEnd, newest first. Reads only.
 */

import { onePerLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { facilityDay } from "../../base/facility-time.ts";
import type { DataManagement, Esaf } from "../ports/data-management.ts";
import { type ActionRequest, type FreeAction, type RunContext, textInput } from "../run/action.ts";
import { dayInput } from "../run/day-input.ts";
import { type ActionResult, InputError } from "../run/outcome.ts";

export interface ListEsafsOptions {
  /** Undefined where no service has safety forms. */
  readonly esafs: DataManagement["esafs"] | undefined;
  readonly clock: Clock;
}

/** Most years of a range: each year is one request. */
const MOST_YEARS = 20;

/** Days at the facility, both included. */
interface Range {
  readonly first: string;
  readonly last: string;
}

export function listEsafs(options: ListEsafsOptions): FreeAction {
  return {
    plan: (request) => {
      const { first, last } = range(request, options.clock);
      return [`would read the safety forms from ${first} to ${last}`];
    },
    run: (context) => list(options, context),
  };
}

/** @throws InputError */
function range(request: ActionRequest, clock: Clock): Range {
  const today = facilityDay(new Date(clock.now()));
  const first = textInput(request, "EsafStart") || `${today.slice(0, 7)}-01`;
  const last = textInput(request, "EsafEnd") || today;
  const [start, end] = [dayInput("EsafStart", first), dayInput("EsafEnd", last)];
  if (end < start) throw new InputError("EsafEnd", `EsafEnd ${last} lies before EsafStart ${first}.`);
  if (yearOf(last) - yearOf(first) >= MOST_YEARS)
    throw new InputError(
      "EsafStart",
      `From EsafStart ${first} to EsafEnd ${last} are too many years; ${MOST_YEARS} are the most.`,
    );
  return { first, last };
}

const yearOf = (text: string): number => Number(text.slice(0, 4));

async function list({ esafs, clock }: ListEsafsOptions, context: RunContext): Promise<ActionResult> {
  const { first, last } = range(context, clock);
  context.publish("Esafs", "");
  context.publish("EsafCount", 0);
  if (esafs === undefined)
    throw new ActionError("safety forms cannot be read: set aps-db-url in the [dm] section of globus.conf");
  const byId = new Map<string, Esaf>();
  for (let year = yearOf(first); year <= yearOf(last); year++)
    for (const form of await esafs(year, context)) byId.set(form.esafId, form);
  const forms = [...byId.values()].filter((form) => touches(form, { first, last })).sort(newestFirst);
  context.publish("Esafs", onePerLine(forms.map(esafText)));
  context.publish("EsafCount", forms.length);
  return {
    state: "Done",
    message: `${forms.length} safety form${forms.length === 1 ? "" : "s"} from ${first} to ${last}.`,
  };
}

/** Whether a form's dates touch the days; a form without dates may be of any day. */
const touches = ({ startDate, endDate }: Esaf, { first, last }: Range): boolean =>
  (startDate || endDate || first) <= last && (endDate || startDate || last) >= first;

const newestFirst = (a: Esaf, b: Esaf): number =>
  b.startDate.localeCompare(a.startDate) || Number(b.esafId) - Number(a.esafId);

/** `302911, Approved, 2026-03-03 to 2026-03-06, Granular flows` */
const esafText = ({ esafId, status, startDate, endDate, title }: Esaf): string =>
  [
    esafId,
    status,
    startDate === "" && endDate === "" ? "no dates" : `${startDate} to ${endDate}`,
    title.replace(/\s+/g, " "),
  ].join(", ");
