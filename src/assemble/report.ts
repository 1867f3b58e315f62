/**
 * What `globusShow` prints at the IOC's prompt: which globus.conf counts, what it says, and what is missing. Asks no
 * service; `globus-ioc show` does.
 */
import type { Config } from "../config/config.ts";
import { missingSentence, missingSettings } from "../config/needs.ts";

export interface GlobusReport {
  /** Absolute path of globus.conf. */
  readonly file: string;
  readonly config: Config;
  /** The prefix of our own PVs. */
  readonly prefix: string;
  /** Whether st.cmd says globusStart. */
  readonly isStarted: boolean;
  /** The zone in which times are told, e.g. `America/Chicago (-06:00)`. */
  readonly zone: string;
}

/**
 * The report for people, in lines.
 * @param level from 1 on every setting that globus.conf sets, from 2 on also the settings that have their defaults
 */
export function globusReport(
  { file, config, prefix, isStarted, zone }: GlobusReport,
  level: number,
): readonly string[] {
  const { epics, servers } = config.settings;
  const tomoScan =
    epics["ioc-prefix"] === "" ? "nowhere: ioc-prefix is not set" : epics["ioc-prefix"] + epics["tomoscan-prefix"];
  const shown = config.lines.filter(({ origin }) => level > 1 || (level === 1 && origin !== "default"));
  return [
    `Settings: ${file}`,
    `Data management: ${isStarted ? "started by iocInit" : "not started, for st.cmd does not say globusStart"}`,
    `Time zone: ${zone}`,
    `PVs: ${prefix}*`,
    `TomoScan: ${tomoScan}`,
    `Servers: ${servers.map(({ name, kind }) => `${name} (${kind})`).join(", ") || "none"}`,
    ...shown.map(({ section, key, text, origin }) => `[${section}] ${key} = ${text}  (${origin})`),
    ...missingSettings(config.settings).map((one) => `Missing: ${missingSentence(one)}`),
    ...config.idle.map((sentence) => `Without effect: ${sentence}`),
  ];
}
