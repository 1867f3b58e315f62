/**
 * What `globusShow` prints at the IOC's prompt: which file counts, what it says, and what is missing. It reads no
 * service; `globus-ioc show` does.
 */
import type { Config } from "../config/config.ts";
import { missingSentence, missingSettings } from "../config/needs.ts";

export interface GlobusReport {
  /** Absolute path of globus.conf. */
  readonly file: string;
  readonly config: Config;
  /** Of our own PVs. */
  readonly prefix: string;
  /** Whether st.cmd says globusStart. */
  readonly isStarted: boolean;
  /** In which times are told, e.g. `America/Chicago (-06:00)`. */
  readonly zone: string;
}

/**
 * For people, one line each.
 * @param level from 1 on every setting that globus.conf sets, from 2 on those with their defaults too
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
