/** How a PV looks now: what the IOC tells of it once, and what it holds. */
import type { PageContext } from "./context.ts";
import { lookOf, type PvAbout, type PvLook, stateOf } from "./model.ts";

type Known = Pick<PageContext, "model" | "store">;

export const lookAt = (known: Known, suffix: string): PvLook =>
  lookOf(aboutNow(known, suffix), known.store.value(suffix), known.store.severity(suffix));

/** The name of the state that a PV is in; undefined for one that does not choose by state, or is not known yet. */
export const stateAt = (known: Known, suffix: string): string | undefined =>
  stateOf(aboutNow(known, suffix), known.store.value(suffix));

/** The names of a PV's states now. */
export const statesAt = (known: Known, suffix: string): readonly string[] | undefined =>
  aboutNow(known, suffix)?.states;

function aboutNow({ model, store }: Known, suffix: string): PvAbout | undefined {
  const about = model.pvs[suffix];
  const states = store.states(suffix);
  return about === undefined || states === undefined ? about : { ...about, states };
}
