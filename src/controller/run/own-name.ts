/**
 * The text that a Phoebus field shows while its PV is disconnected, `<2bmb:Globus:EmailSubject>`: a field that was
 * clicked then keeps that text, and Enter writes it into the PV. Nobody means such a text, so every PV refuses its own.
 */
import { INPUTS, PVS, type PvName } from "../pvs/index.ts";

/** Inputs and settings that hold a text. */
export const TEXT_INPUTS: readonly PvName[] = INPUTS.filter((name) => !("initial" in PVS[name]));

/**
 * Whether a text is a PV's own name in angle brackets, as Phoebus writes names: with the protocol before it, the field
 * behind it, the `$` of a long string or a filter in braces.
 * @param name full name of the PV, without a field
 */
export function isOwnName(text: string, name: string): boolean {
  const shown = /^<(?:(?:ca|pva):\/\/)?([^<>]*)>$/.exec(text.trim())?.[1];
  return shown?.startsWith(name) === true && /^(?:\.VAL)?\$?\s*(?:\{.*\})?$/.test(shown.slice(name.length));
}
