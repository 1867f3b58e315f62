/**
 * What globus.conf and st.cmd must say alike: the prefix of our own PVs, which is TomoScan's unless globus-ioc-prefix
 * says otherwise. An IOC that reads the TomoScan of another beamline would tag it.
 */
import type { Config } from "./config.ts";
import { KINDS, type Settings } from "./settings.ts";

/** The prefix of our own PVs, as globus.conf has it: where --ioc finds the IOC. */
export const ownPrefix = ({ epics }: Pick<Settings, "epics">): string => firstPart(epics) + epics["globus-prefix"];

const firstPart = (epics: Settings["epics"]): string => epics["globus-ioc-prefix"] || epics["ioc-prefix"];

/** What st.cmd hands to globusConfigure. */
export interface ScriptPrefix {
  readonly P: string;
  readonly R: string;
}

/**
 * What is wrong with st.cmd's prefix, or between it and globus.conf; none: all is well.
 * @param file globus.conf, for the sentences
 */
export function prefixProblems({ settings: { epics }, lines }: Config, given: ScriptPrefix, file: string): string[] {
  const spelt = Object.entries({ P: given.P, R: given.R })
    .filter(([, text]) => KINDS.prefix.parse(text) === undefined)
    .map(([name, text]) => `st.cmd's ${name} = ${JSON.stringify(text)} is not ${KINDS.prefix.wanted}`);
  if (spelt.length > 0) return spelt;
  const at = (key: string): string => {
    const line = lines.find((one) => one.section === "epics" && one.key === key)?.line ?? 0;
    return line > 0 ? `${file}:${line}` : file;
  };
  const first = firstPart(epics);
  // Without a first part globus.conf leaves that part to st.cmd; R is always there.
  if (first === "" ? given.R === epics["globus-prefix"] : given.P + given.R === ownPrefix({ epics })) return [];
  const differ = (name: keyof ScriptPrefix, key: string, text: string): string =>
    `${at(key)}: st.cmd's ${name} is ${JSON.stringify(given[name])}, and [epics] ${key} is ${JSON.stringify(text)}`;
  if (first === "" || given.P === first)
    return [
      `${differ("R", "globus-prefix", epics["globus-prefix"])}, where --ioc would look for this IOC: make them alike`,
    ];
  if (epics["globus-ioc-prefix"] !== "") return [`${differ("P", "globus-ioc-prefix", first)}: make them alike`];
  return [
    `${differ("P", "ioc-prefix", first)}, TomoScan of another beamline: make them alike, or set globus-ioc-prefix = ${given.P} in [epics] where TomoScan has another prefix on purpose`,
  ];
}
