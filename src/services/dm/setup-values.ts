/**
 * The variables of a station's dm.setup.sh that stand for settings of ours: which they are, which of them can be used,
 * and what is still missing. How the file is read is in setup-file.ts (data-management.md §1).
 */
import { listed } from "../../base/word-list.ts";
import { DM_SERVICES } from "./routes.ts";
import { parseSetupFile, type SetupEntry } from "./setup-file.ts";

/** The name in the setup file, by the key of the [dm] section that it may fill. */
const SETUP_NAMES = {
  station: "DM_STATION_NAME",
  "ds-url": DM_SERVICES.ds.variable,
  "daq-url": DM_SERVICES.daq.variable,
  "proc-url": DM_SERVICES.proc.variable,
  "aps-db-url": DM_SERVICES.apsDb.variable,
  "login-file": "DM_LOGIN_FILE",
} as const;
export type SetupKey = keyof typeof SETUP_NAMES;
export const SETUP_KEYS = Object.keys(SETUP_NAMES) as readonly SetupKey[];

/** What a value must be, as the settings table has it. */
export interface SetupValueKind {
  readonly wanted: string;
  readonly parse: (text: string) => string | undefined;
}

export interface SetupValues {
  readonly values: Readonly<Partial<Record<SetupKey, string>>>;
  /** One sentence for each value that is there and cannot be used. */
  readonly problems: readonly string[];
}

/** What the text of a setup file gives for these keys. @param file for the sentences */
export function setupValues(
  text: string,
  file: string,
  kinds: Readonly<Partial<Record<SetupKey, SetupValueKind>>>,
): SetupValues {
  const entries = parseSetupFile(text);
  const values: Partial<Record<SetupKey, string>> = {};
  const problems: string[] = [];
  for (const [key, kind] of Object.entries(kinds) as [SetupKey, SetupValueKind][]) {
    const name = SETUP_NAMES[key];
    const entry = entries.get(name);
    if (entry === undefined) continue;
    const value = "value" in entry ? kind.parse(entry.value) : undefined;
    if (value !== undefined) values[key] = value;
    else
      problems.push(
        `${file}:${entry.line}: ${name} ${flawOf(entry, kind)}; set ${key} in the [dm] section of globus.conf`,
      );
  }
  return { values, problems };
}

const flawOf = (entry: SetupEntry, { wanted }: SetupValueKind): string =>
  "unusable" in entry ? entry.unusable : `= ${JSON.stringify(entry.value)} is not ${wanted}`;

/** Why there is no way to Data Management. @param missing keys of the [dm] section @param setupFile "" without one */
export function offSentence(missing: readonly string[], setupFile: string): string {
  const set = `Data Management is off: set ${listed(missing)} in the [dm] section of globus.conf`;
  return setupFile === ""
    ? `${set}, or setup-file to the site's dm.setup.sh`
    : `${set}, which ${setupFile} does not give`;
}
