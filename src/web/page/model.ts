/** What the IOC tells of its PVs beside their values: `GET /api/model`, and what follows from it. */
import type { CommandName } from "../../controller/pvs/commands.ts";
import type { PvSuffix } from "../../controller/pvs/index.ts";
import type { Tone } from "../../controller/pvs/tones.ts";
import { NOBODY_KNOWS, quantityText } from "./format.ts";
import type { PageValue, PvSeverity } from "./store.ts";

export interface PvAbout {
  readonly topic: string;
  readonly kind: "input" | "result" | "setting";
  readonly meaning: string;
  readonly states?: readonly string[];
  /** One for each state. */
  readonly tones?: readonly Tone[];
  readonly unit?: string;
  /** Only managers may write it. */
  readonly isManaged?: boolean;
  readonly arm?: PvSuffix;
}

export interface CommandAbout {
  readonly name: CommandName;
  readonly meaning: string;
  readonly isManaged?: boolean;
  readonly arm?: PvSuffix;
  readonly confirm?: boolean;
}

export interface PageModel {
  readonly prefix: string;
  readonly tomoscan: string;
  readonly version: string;
  readonly pvs: Readonly<Record<string, PvAbout>>;
  readonly commands: readonly CommandAbout[];
}

/** How a value looks: its words, and a tone for those who see colours. An alarm goes before the tone of a state. */
export interface PvLook {
  readonly text: string;
  readonly tone: Tone;
  /** Whether nobody knows it. */
  readonly isUnknown: boolean;
}

const UNKNOWN: PvLook = { text: NOBODY_KNOWS, tone: "unknown", isUnknown: true };
const BY_SEVERITY: readonly Tone[] = ["idle", "warning", "bad", "unknown"];

/** A value as people see it. @param value undefined before the IOC has told it */
export function lookOf(about: PvAbout | undefined, value: PageValue | undefined, severity: PvSeverity = 0): PvLook {
  if (value === undefined) return UNKNOWN;
  const alarm = severity === 0 ? undefined : (BY_SEVERITY[severity] ?? "unknown");
  const state = stateOf(about, value);
  if (state !== undefined) {
    const tone = alarm ?? about?.tones?.[Number(value)] ?? "idle";
    return { text: state, tone, isUnknown: tone === "unknown" };
  }
  if (typeof value === "number") {
    if (Number.isNaN(value)) return UNKNOWN;
    // A count that nobody knows is -1 (UNKNOWN_COUNT); what people enter may be -1
    if (about?.kind === "result" && value === -1) return UNKNOWN;
    return { text: quantityText(value, about?.unit), tone: alarm ?? "idle", isUnknown: false };
  }
  return { text: typeof value === "string" ? value : value.join(", "), tone: alarm ?? "idle", isUnknown: false };
}

/** The name of the state that a PV is in, where it chooses by state. */
export const stateOf = (about: PvAbout | undefined, value: PageValue | undefined): string | undefined =>
  typeof value === "number" ? about?.states?.[value] : undefined;

/** The suffixes that a family of PVs has, as Dest0Name and the others: `indexesOf(model, "Dest", "Name")`. */
export const indexesOf = (model: PageModel, stem: string, part: string): number[] => {
  const found: number[] = [];
  for (let index = 0; `${stem}${index}${part}` in model.pvs; index++) found.push(index);
  return found;
};
