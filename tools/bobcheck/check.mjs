/** Judges one .bob file: what Phoebus' reader passes over, what operators stumble over, and what the PVs are not. */
import { readFileSync } from "node:fs";
import { channelFindings } from "./channels.mjs";
import { parseElements } from "./elements.mjs";
import { ModelReader } from "./model.mjs";
import { trapFindings } from "./traps.mjs";

/** The oldest Phoebus for which files are made. */
export const OLDEST_PHOEBUS = "4.7.3";

/** @returns findings, by line, and the uses of PVs: see check.d.mts */
export function checkBob(file, { macros = {}, phoebus = OLDEST_PHOEBUS, channels, text } = {}) {
  const reader = new ModelReader(file, { macros, phoebus });
  try {
    reader.read(parseElements(text ?? readFileSync(file, "utf8")));
  } catch (error) {
    const line = Number(/^(?:\S*:)?(\d+):/.exec(error.message)?.[1] ?? 1);
    return { findings: [{ level: "error", line, what: `Phoebus cannot read the file: ${error.message}` }], uses: [] };
  }
  const findings = [
    ...reader.findings,
    ...(reader.widgets.length > 0 ? trapFindings(reader) : []),
    ...(channels === undefined ? [] : channelFindings(reader, channels)),
  ];
  return {
    findings: findings.sort((a, b) => a.line - b.line),
    uses: reader.uses.map(({ of: _of, ...use }) => use),
  };
}
