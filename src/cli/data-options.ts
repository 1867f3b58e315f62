/**
 * The options of the data-management commands: the options of each command (data-commands.ts), the options that all
 * commands have, and every key of globus.conf (settings.ts). Says what was given, or everything that is wrong with it;
 * runs nothing.
 */
import { type Command, Option } from "commander";
import { didYouMean } from "../base/suggest.ts";
import { ConfigError, type SettingOption } from "../config/config.ts";
import { KINDS, SERVER_SETTINGS, SETTINGS, type Setting } from "../config/settings.ts";
import { isWholePrefix, SITE_OPTIONS } from "../config/settings-aliases.ts";
import type { InputName } from "../controller/pvs/index.ts";
import type { DataCommand, InputOption } from "./data-command.ts";
import { inputOptionsOf, inputValue, wantedOf, wordsOf } from "./data-commands.ts";
import { UsageError } from "./exit-status.ts";

/** The options that all data-management commands have beside the settings. */
export interface CommonOptions {
  readonly config?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  /** True: the IOC of the settings; a text: the IOC with this prefix. */
  readonly ioc: string | boolean;
}

export interface GivenOptions {
  readonly common: CommonOptions;
  /** Options that are keys of globus.conf. */
  readonly settings: readonly SettingOption[];
  /** Options that are inputs of the command. */
  readonly inputs: ReadonlyMap<InputName, string | number>;
}

/** A key of globus.conf as an option. */
interface SettingFlag {
  readonly flag: string;
  readonly section: string;
  readonly key: string;
  readonly row: Setting<unknown>;
}

/** Options in DMagic's spelling that count for the Data Management servers. */
const SITE_ROWS = {
  "globus-server-uuid": SERVER_SETTINGS.uuid,
  "globus-server-top-dir": SERVER_SETTINGS.top,
} as const satisfies Readonly<Record<(typeof SITE_OPTIONS)[number], Setting<unknown>>>;

/** `--KEY` where one section alone has the key, and `--SECTION-KEY` for each key; `--server` for the chosen server. */
export function settingFlags(): readonly SettingFlag[] {
  const rows = Object.entries(SETTINGS).flatMap(([section, table]) =>
    Object.entries<Setting<unknown>>(table).map(([key, row]) => ({ section, key, row })),
  );
  const isOnly = (key: string): boolean => rows.filter((one) => one.key === key).length === 1;
  const long = rows.map((one) => ({ ...one, flag: `${one.section.replaceAll(" ", "-")}-${one.key}` }));
  const short = rows.filter(({ key }) => isOnly(key)).map((one) => ({ ...one, flag: one.key }));
  const server = rows.filter(({ key }) => key === "globus-server-name").map((one) => ({ ...one, flag: "server" }));
  const site = SITE_OPTIONS.map((flag) => ({ flag, section: "site", key: flag, row: SITE_ROWS[flag] }));
  return [...server, ...site, ...short, ...long.filter(({ flag }) => !short.some((one) => one.flag === flag))];
}
const SETTING_FLAGS = settingFlags();

/** The values that commander holds, by its name for the flag. */
type Parsed = Readonly<Record<string, string | boolean | undefined>>;

/** Flags and meaning, as the help has them. */
type Declared = readonly [flags: string, meaning: string];
const CONFIG_FILE: Declared = ["--config <file>", "the configuration file"];
/** The options of every data-management command but config, which runs nothing, beside the settings. */
export const COMMON_OPTIONS: readonly Declared[] = [
  CONFIG_FILE,
  ["--json", "one JSON object on standard output, and nothing else"],
  ["--dry-run", "say what would be done, and do nothing"],
  ["--ioc [prefix]", "let a running IOC do it, through its PVs"],
  ["--yes", "answer every question with yes"],
];
export const CONFIG_OPTIONS: readonly Declared[] = [CONFIG_FILE, ["--force", "also over a file that exists"]];
const COMMON_HEADING = "Options of every data-management command:";
/** Settings whose options are shown in the help. */
const SHOWN_SETTINGS: readonly string[] = ["server", "verbose"];

/**
 * Declares the options of a row.
 * @returns what was given, once the command line is parsed.
 * @throws UsageError, ConfigError
 */
export function declareOptions(command: Command, row: DataCommand): () => GivenOptions {
  const inputs = row.runs === "config" ? [] : inputOptionsOf(row);
  for (const option of inputs) for (const one of inputDeclarations(option)) command.addOption(one);
  command.optionsGroup(COMMON_HEADING);
  for (const [flags, meaning] of row.runs === "config" ? CONFIG_OPTIONS : COMMON_OPTIONS)
    command.option(flags, meaning);
  const taken = new Set(command.options.map(({ long }) => long));
  const settings = SETTING_FLAGS.filter(({ flag }) => !taken.has(`--${flag}`));
  for (const one of settings) for (const option of settingDeclarations(one)) command.addOption(option);
  command.allowUnknownOption().allowExcessArguments();
  return () => {
    refuseUnknown(command);
    const parsed = command.opts<Parsed>();
    return {
      common: commonOptions(parsed),
      settings: settings.flatMap((one) => settingOption(one, parsed)),
      inputs: new Map(inputs.flatMap((option) => givenInput(option, parsed))),
    };
  };
}

/** Commander's name for a flag's value. */
const attribute = (flag: string): string => flag.replace(/-(\w)/g, (_whole, letter: string) => letter.toUpperCase());

function inputDeclarations(option: InputOption): Option[] {
  const { flag, value, meaning } = option;
  if (value === undefined) return yesNoOptions(flag, meaning);
  return [new Option(`--${flag} <${wordsOf(option)?.join("|") ?? value}>`, meaning)];
}

function settingDeclarations({ flag, key, row }: SettingFlag): Option[] {
  const meaning = row.meaning.replace(/\.$/, "").replace(/^./, (letter) => letter.toLowerCase());
  const options =
    row.kind === KINDS.yesNo
      ? yesNoOptions(flag, meaning, " [True|False]")
      : [new Option(`--${flag} <${key.split("-").at(-1)}>`, meaning)];
  return SHOWN_SETTINGS.includes(flag) ? options : options.map((one) => one.hideHelp());
}

/** @param value shown behind the flag, where a key may be given with the value that it has in the file */
const yesNoOptions = (flag: string, meaning: string, value = ""): Option[] => [
  new Option(`--${flag}${value}`, `${meaning}; or --no-${flag}`),
  new Option(`--no-${flag}`).hideHelp(),
];

function commonOptions(parsed: Parsed): CommonOptions {
  const { config, ioc = false } = parsed;
  return {
    ...(typeof config === "string" ? { config } : {}),
    json: parsed["json"] === true,
    dryRun: parsed["dryRun"] === true,
    yes: parsed["yes"] === true,
    force: parsed["force"] === true,
    ioc,
  };
}

function settingOption({ flag, section, key }: SettingFlag, parsed: Parsed): SettingOption[] {
  const value = parsed[attribute(flag)];
  if (value === undefined) return [];
  if (typeof value === "string") {
    // DMagic's option, whose value is the whole prefix
    const isSite = flag === "tomoscan-prefix" && isWholePrefix(value);
    return [{ section: isSite ? "site" : section, key, text: value, option: `--${flag}` }];
  }
  return [{ section, key, text: value ? "True" : "False", option: value ? `--${flag}` : `--no-${flag}` }];
}

function givenInput(option: InputOption, parsed: Parsed): [InputName, string | number][] {
  const given = parsed[attribute(option.flag)];
  if (given === undefined) return [];
  const value = inputValue(option, String(given));
  if (value !== undefined) return [[option.input, value]];
  throw new ConfigError([`--${option.flag} = ${JSON.stringify(given)} is not ${wantedOf(option)}`]);
}

/** @throws UsageError for words that commander did not understand */
function refuseUnknown(command: Command): void {
  const [first] = command.args;
  if (first === undefined) return;
  const name = command.name();
  if (!first.startsWith("-")) {
    throw new UsageError(
      `globus-ioc ${name} takes options only, and "${first}" is none. See globus-ioc ${name} --help.`,
    );
  }
  const flag = first.split("=", 1)[0] as string;
  const known = command.options.flatMap(({ long }) => (typeof long === "string" ? [long] : []));
  if (known.includes(flag)) throw new UsageError(`globus-ioc ${name}: ${flag} takes no value, and "${first}" has one.`);
  const hint = didYouMean(flag, known) || `; see globus-ioc ${name} --help.`;
  throw new UsageError(`globus-ioc ${name} has no option ${flag}${hint}`);
}
