/**
 * The settings of commands that work at Globus by themselves, without an IOC: those of globus.conf, or the defaults
 * where there is none, with the options; of the environment what neither says.
 */
import type { Environment } from "../base/environment.ts";
import { loadConfig, lookForConfigFile, parseSource, type SettingOption } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";

/** The options that all of them have. */
export interface ClientFlags {
  readonly config?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly tokenStore?: string;
  readonly logDirectory?: string;
}

type Options = readonly (readonly [flags: string, meaning: string])[];

/** Those of the login, as commander and the help have them. */
export const LOGIN_OPTIONS: Options = [
  [
    "--client-id <uuid>",
    "the Globus application or service account; else [globus-auth] of globus.conf, or $GLOBUS_CLIENT_ID",
  ],
  [
    "--client-secret-file <file>",
    "the file with a service account's secret; else as above, or $GLOBUS_CLIENT_SECRET_FILE",
  ],
  ["--token-store <file>", "the file with a person's login"],
];

/** All of them. */
export const CLIENT_OPTIONS: Options = [
  ["--log-directory <folder>", "where the log file goes; else [general] log-directory of globus.conf, or ~/logs"],
  ...LOGIN_OPTIONS,
];

/** A setting that may have been given. */
type MaybeGiven = Omit<SettingOption, "text"> & { readonly text: string | undefined };

export const givenOptions = (all: readonly MaybeGiven[]): readonly SettingOption[] =>
  all.flatMap(({ text, ...rest }): SettingOption[] => (text === undefined ? [] : [{ ...rest, text }]));

/** @param more settings that other options give @throws ConfigError */
export function clientSettings(
  flags: ClientFlags,
  environment: Environment,
  more: readonly SettingOption[] = [],
): Settings {
  const options = [
    ...givenOptions([
      auth("client-id", flags.clientId, "--client-id"),
      auth("client-secret-file", flags.clientSecretFile, "--client-secret-file"),
      auth("token-store", flags.tokenStore, "--token-store"),
      { section: "general", key: "log-directory", text: flags.logDirectory, option: "--log-directory" },
    ]),
    ...more,
  ];
  const file = lookForConfigFile(flags.config, environment);
  const read = (all: readonly SettingOption[]): Settings =>
    (file === undefined
      ? parseSource("", { file: "globus.conf", home: environment["HOME"] ?? "/", options: all })
      : loadConfig(file, environment, all)
    ).settings;
  const settings = read(options);
  const client = environment["GLOBUS_CLIENT_ID"] ?? "";
  if (settings["globus-auth"]["client-id"] !== "" || client === "") return settings;
  const secret = environment["GLOBUS_CLIENT_SECRET_FILE"] ?? "";
  return read([
    ...options,
    ...givenOptions([
      auth("client-id", client, "GLOBUS_CLIENT_ID"),
      auth(
        "client-secret-file",
        secret === "" || flags.clientSecretFile !== undefined ? undefined : secret,
        "GLOBUS_CLIENT_SECRET_FILE",
      ),
    ]),
  ]);
}

const auth = (key: string, text: string | undefined, option: string): MaybeGiven => ({
  section: "globus-auth",
  key,
  text,
  option,
});
