/**
 * `globus-ioc config`: writes a globus.conf with every key, its meaning and its default, and the settings that were
 * given. Replaces a file that exists only with --force; no other command writes a globus.conf.
 */

import { existsSync } from "node:fs";
import { oneLine } from "../base/clean-text.ts";
import type { Environment } from "../base/environment.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { writePrivateFile } from "../base/private-file.ts";
import { createFile, type FileCalls } from "../base/replace-file.ts";
import { ConfigError, configFileToWrite, parseSource, type SettingLine, type SettingOption } from "../config/config.ts";
import {
  BUILT_IN_SERVERS,
  DESTINATION_SETTINGS,
  SERVER_SETTINGS,
  SETTINGS,
  type Setting,
  type SettingTable,
} from "../config/settings.ts";
import type { ActionResult } from "../controller/run/outcome.ts";
import { UsageError } from "./exit-status.ts";

export interface ConfigRequest {
  /** `--config`. */
  readonly file?: string;
  readonly force: boolean;
  readonly settings: readonly SettingOption[];
  readonly environment: Environment;
  /** For tests. */
  readonly files?: FileCalls;
}

/** @throws ConfigError for settings that are wrong, UsageError when the file exists */
export async function writeConfig(request: ConfigRequest): Promise<ActionResult> {
  const file = configFileToWrite(request.file, request.environment);
  const home = request.environment["HOME"] ?? "/";
  // A wrong setting is told in its own words
  const { lines } = parseSource("", { file, home, options: request.settings });
  const text = configText(lines.filter(({ origin }) => origin === "option"));
  if (request.force && existsSync(file)) {
    await writePrivateFile(file, text, "configuration file", request.files);
    return { state: "Done", message: `${file} was written anew.` };
  }
  await create(file, text, request.files);
  return { state: "Done", message: `${file} was written; edit it, then see globus-ioc show.` };
}

/** Leaves no file behind when the text cannot be written whole. @throws ConfigError, UsageError */
async function create(file: string, text: string, files?: FileCalls): Promise<void> {
  try {
    await createFile(file, text, { mode: 0o600, ...(files !== undefined && { files }) });
  } catch (thrown) {
    if (codeOf(thrown) === "EEXIST")
      throw new UsageError(`${file} exists and was left as it is; give --force to write it anew.`);
    throw new ConfigError([`${file} cannot be written: ${messageOf(thrown, file)}`]);
  }
}

/** The text of the whole file. A key without a value is a comment, as the Python programs write it. */
function configText(given: readonly SettingLine[]): string {
  const textOf = (section: string, key: string, fallback: string): string =>
    given.find((one) => one.section === section && one.key === key)?.text ?? fallback;
  const sections = Object.entries<SettingTable>(SETTINGS).map(([section, table]) =>
    sectionText(section, table, (key, row) => textOf(section, key, row.fallback)),
  );
  const servers = Object.entries(BUILT_IN_SERVERS).map(([name, values]: [string, Readonly<Record<string, string>>]) =>
    sectionText(`server ${name}`, SERVER_SETTINGS, (key, row) =>
      textOf(`server ${name}`, key, values[key] ?? row.fallback),
    ),
  );
  const destination = sectionText("destination archive", DESTINATION_SETTINGS, (_, row) => row.fallback);
  return `${[HEAD, ...sections, ...servers, `${DESTINATION_HEAD}\n${commented(destination)}`].join("\n\n")}\n`;
}

const HEAD =
  "# globus-ioc: the settings of one beamline. Relative file names begin at this file, ~/ at home. Nothing but a person changes it.";

const DESTINATION_HEAD =
  "# Each place to which scans are sent has a section of its own; archive is an example of a name.";
const commented = (text: string): string => text.replace(/^(?!#)/gm, "# ");

function sectionText(
  section: string,
  table: SettingTable,
  textOf: (key: string, row: Setting<unknown>) => string,
): string {
  const keys = Object.entries(table).map(([key, row]) => {
    const text = oneLine(textOf(key, row)).replaceAll("%", "%%");
    const isUnset = text === "" && row.fallback === "";
    return `# ${row.meaning} It is ${row.kind.wanted}.\n${isUnset ? `# ${key} =` : `${key} = ${text}`}`;
  });
  return `[${section}]\n${keys.join("\n")}`;
}
