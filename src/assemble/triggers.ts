/** The triggers as the settings have them: what tells that a scan has ended, and where its scans go. */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import { KINDS, type TriggerSettings } from "../config/settings.ts";
import type { BeamlinePvs } from "../controller/ports/beamline-pvs.ts";
import type { AnyTomoScanKey } from "../controller/pvs/tomoscan.ts";
import { tomoScanScans$ } from "../controller/transfers/tomoscan-scans.ts";
import { parseCondition, pvTrigger } from "../controller/transfers/triggers/pv-trigger.ts";
import { tomoScanTrigger } from "../controller/transfers/triggers/tomoscan-trigger.ts";
import type { TriggerRow } from "../controller/transfers/triggers/trigger.ts";
import type { PartOptions } from "./parts.ts";

export interface TriggerPartOptions {
  readonly beamline: BeamlinePvs;
  readonly nameOf: (key: AnyTomoScanKey) => string;
}

type TriggerKind = Exclude<TriggerSettings["kind"], "">;

/** Follows nothing yet. */
export function openTriggers(options: PartOptions, about: TriggerPartOptions): readonly TriggerRow[] {
  const { settings, problems } = options;
  return settings.triggers.flatMap((trigger) => {
    const made = problems.collect(`[trigger ${trigger.name}]`, () => triggerRow(options, about, trigger));
    return made ?? [];
  });
}

/** @throws ActionError */
function triggerRow(options: PartOptions, about: TriggerPartOptions, trigger: TriggerSettings): TriggerRow {
  const { name, destinations } = trigger;
  const known = options.settings.destinations.map((one) => one.name);
  const unknown = destinations.find((one) => !known.includes(one));
  if (unknown !== undefined)
    throw new ActionError(
      `there is no destination ${cleanJson(unknown)}: name one of ${known.join(", ") || "them in a [destination …] section"}`,
    );
  return {
    name,
    ...(destinations.length > 0 && { destinations }),
    news$: MAKERS[kindOf(trigger)](options, about, trigger),
  };
}

/** @throws ActionError */
function kindOf({ name, kind }: TriggerSettings): TriggerKind {
  const found = kind === "" ? KINDS.triggerKind.parse(name) : kind;
  if (found !== undefined && found !== "") return found;
  throw new ActionError(
    `kind is not set, and the name ${name} is none: set kind to ${KINDS.triggerKind.wanted.replace(", or empty", "")}`,
  );
}

type Maker = (options: PartOptions, about: TriggerPartOptions, trigger: TriggerSettings) => TriggerRow["news$"];

const notYet: Maker = () => {
  throw new ActionError("there are no triggers of this kind yet");
};

/** How each kind of trigger is made. @throws ActionError for settings that cannot be used */
const MAKERS: Readonly<Record<TriggerKind, Maker>> = {
  tomoscan: ({ clock }, { beamline, nameOf }) =>
    tomoScanTrigger((isOn$, { scheduler }) => tomoScanScans$({ beamline, nameOf, clock, scheduler, isOn$ })),
  pv: (_options, { beamline }, { pv, condition, "path-pv": pathPv }) => {
    if (pv === "") throw new ActionError("pv is not set");
    if (pathPv === "") throw new ActionError("path-pv is not set: nothing would say which scan has ended");
    const parsed = parseCondition(condition);
    if (parsed === undefined) throw new ActionError(`condition = ${cleanJson(condition)} is none`);
    return pvTrigger({ beamline, pv, condition: parsed, pathPv });
  },
  marker: notYet,
  count: notYet,
  quiet: notYet,
  next: notYet,
};
