/** The experiment without a proposal that the Manual inputs describe, or why they describe none. Pure. */
import { visible } from "../../base/clean-text.ts";
import { dayAfter, facilityMidnight, facilityMonth } from "../../base/facility-time.ts";
import { cleanName, type Experiment, MAX_NAME, saysNothing } from "../experiment.ts";
import { type ActionRequest, textInput } from "../run/action.ts";
import { dayInput } from "../run/day-input.ts";
import { InputError } from "../run/outcome.ts";

export interface ManualExperiment {
  readonly experiment: Experiment;
  /** Midnight of the first and of the last day, at the facility. */
  readonly start: Date;
  readonly end: Date;
  readonly badges: readonly string[];
  /** How the name was cleaned, the rest of a sentence; absent if the name stayed as it was. */
  readonly remark?: string;
}

/** Days from the first day to the last where ManualEnd is empty. */
const USUAL_DAYS = 14;

/** @param now the first day where ManualDate is empty @throws InputError */
export function manualExperiment(request: ActionRequest, now: Date): ManualExperiment {
  const month = textInput(request, "ManualDate") || facilityMonth(now);
  const firstOfMonth = facilityMidnight(`${month}-01`);
  if (firstOfMonth === undefined)
    throw new InputError("ManualDate", `ManualDate ${visible(month)} is not a month as YYYY-MM, e.g. 2026-03.`);
  const first = textInput(request, "ManualStart") || `${month}-01`;
  const start = dayInput("ManualStart", first);
  const last = textInput(request, "ManualEnd") || dayAfter(first, USUAL_DAYS);
  const end = dayInput("ManualEnd", last);
  if (end < start) throw new InputError("ManualEnd", `ManualEnd ${last} lies before ManualStart ${first}.`);
  const yearMonth = first.slice(0, 7);
  const given = textInput(request, "ManualName");
  const name = cleanName(given);
  if (!name.ok) throw new InputError("ManualName", `ManualName ${visible(given)} ${name.reason}.`);
  if (saysNothing(name.text)) throw new InputError("ManualName", `ManualName ${visible(given)} names nobody.`);
  const proposalNumber = gup(request);
  const experimentName = `${yearMonth}-${name.text}-${proposalNumber}`;
  if (experimentName.length > MAX_NAME)
    throw new InputError(
      "ManualName",
      `ManualName is too long: the experiment's name may have ${MAX_NAME} characters.`,
    );
  return {
    experiment: {
      name: experimentName,
      uncleanedName: experimentName,
      yearMonth,
      piLastName: name.text,
      proposalNumber,
      proposalTitle: textInput(request, "ManualTitle"),
      esafNumber: "",
    },
    start,
    end,
    badges: textInput(request, "ManualBadges").split(/[\s,]+/),
    ...(name.changed && { remark: `ManualName ${visible(given)} is used as ${name.text}` }),
  };
}

function gup(request: ActionRequest): string {
  const number = Number(request.input("ManualGup"));
  if (Number.isInteger(number) && number >= 0) return String(number);
  throw new InputError("ManualGup", `ManualGup ${number} is not a proposal number; 0 means none.`);
}
