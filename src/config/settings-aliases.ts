/**
 * What the files of the Python programs name otherwise than globus.conf: each version of globus and of DMagic had
 * sections and keys of its own, and a file that any of them has written means here what it meant there. Keys that mean
 * nothing here are known too: they are told, and do nothing.
 */
import type { SERVER_SETTINGS, SectionName } from "./settings.ts";

/**
 * What a key of another program's file sets: a key of ours, or a key of each dm server or of the chosen server, with
 * the text that goes there.
 */
type AliasTarget = { readonly key: string; readonly text?: (text: string) => string } & (
  | { readonly section: SectionName }
  | { readonly section: "server"; readonly of: "dm" | "chosen"; readonly key: keyof typeof SERVER_SETTINGS }
);
/** By key; the first keys win. No target: the key means nothing here. */
type Aliases = Readonly<Record<string, readonly AliasTarget[]>>;

const moved = (section: SectionName, ...keys: readonly string[]): Aliases =>
  Object.fromEntries(keys.map((key) => [key, [{ section, key }]]));
const renamed = (section: SectionName, key: string): readonly AliasTarget[] => [{ section, key }];
const idle = (...keys: readonly string[]): Aliases => Object.fromEntries(keys.map((key) => [key, []]));

/** `2bmb:TomoScan:` as the two parts that globus.conf has. */
const PREFIX_PARTS = /^((?:[^:]*:)?)(.*)$/;
const WHOLE_PREFIX: readonly AliasTarget[] = [
  { section: "epics", key: "ioc-prefix", text: (text) => PREFIX_PARTS.exec(text)?.[1] ?? "" },
  { section: "epics", key: "tomoscan-prefix", text: (text) => PREFIX_PARTS.exec(text)?.[2] ?? text },
];
/** Whether a prefix has both parts, as DMagic's option has it. */
export const isWholePrefix = (text: string): boolean => /^[^:]*:.+/.test(text);

const EXPERIMENT = moved(
  "globus",
  "experiment-type",
  "globus-message-file",
  "primary-beamline-contact-badge",
  "primary-beamline-contact-email",
  "secondary-beamline-contact-badge",
  "secondary-beamline-contact-email",
);
const SERVER: Aliases = {
  "globus-server-uuid": [{ section: "server", of: "dm", key: "uuid" }],
  "globus-server-top-dir": [{ section: "server", of: "dm", key: "top" }],
};
const MANUAL: Aliases = {
  ...moved("manual", "badges", "date", "email", "first-name", "gup", "institution", "name", "start", "end", "title"),
  ...idle("manual"),
};
const SCHEDULE = moved("scheduling", "beamline", "credentials", "url");
const CHOSEN_UUID: readonly AliasTarget[] = [{ section: "server", of: "chosen", key: "uuid" }];
/** The data link was below this directory. */
const CHOSEN_TOP: readonly AliasTarget[] = [
  { section: "server", of: "chosen", key: "top" },
  { section: "server", of: "chosen", key: "data-link-path", text: (text) => `${text.replace(/\/+$/, "")}/{ym}/{exp}/` },
];
const OLD_SCHEDULE = idle("username", "password", "internal", "external");

/** By section and key. A key that is set in its own place wins. */
export const ALIASES: Readonly<Record<string, Aliases>> = {
  site: {
    ...moved("general", "verbose"),
    ...SCHEDULE,
    ...EXPERIMENT,
    ...moved("email", "tomolog-home"),
    ...SERVER,
    "tomoscan-prefix": WHOLE_PREFIX,
  },
  settings: {
    ...moved("scheduling", "set"),
    ...SCHEDULE,
    "tomoscan-prefix": WHOLE_PREFIX,
    scan_prefix: renamed("epics", "tomoscan-prefix"),
    pv_prefix: WHOLE_PREFIX, // alone it is all of it
    ...idle("testing"),
  },
  dm: { ...EXPERIMENT, ...SERVER, ...MANUAL },
  create: MANUAL,
  globus: {
    "globus-server-uuid": CHOSEN_UUID,
    "globus-server-id": CHOSEN_UUID,
    "globus-endpoint-id": CHOSEN_UUID,
    "globus-server-top-dir": CHOSEN_TOP,
    "globus-beamline-root": CHOSEN_TOP,
    ...idle(
      "app-id",
      "globus-app-id",
      "globus-app-uuid",
      "globus-message",
      "personal-endpoint-name",
      "personal-endpoint-uuid",
      "personal-endpoint-top-dir",
    ),
  },
  epics: {
    pv_prefix: renamed("epics", "ioc-prefix"),
    "pv-prefix": renamed("epics", "ioc-prefix"),
    scan_prefix: renamed("epics", "tomoscan-prefix"),
    "scan-prefix": renamed("epics", "tomoscan-prefix"),
    "gup-number": renamed("epics", "proposal-number"),
    "gup-desc": renamed("epics", "proposal-title"),
  },
  email: {
    "support-email": renamed("globus", "primary-beamline-contact-email"),
    "support-primary-email": renamed("globus", "primary-beamline-contact-email"),
    "support-secondary-email": renamed("globus", "secondary-beamline-contact-email"),
  },
  scheduling: OLD_SCHEDULE,
  credentials: OLD_SCHEDULE,
  hosts: OLD_SCHEDULE,
  experiment: idle("year-month", "pi-last-name", "pi-email"),
  "file-io": idle("input-file-path", "input-path", "output-file-path", "output-path"),
};

/**
 * Sections that the Python programs write. They write every key, and what a person has not set as `None` or empty:
 * there `None` means the default, and so does an empty value where the key needs a value.
 */
export const PYTHON_SECTIONS: readonly string[] = [...Object.keys(ALIASES), "general", "local", "manual", "query"];

/** Keys of [site] that are options of DMagic's command line and no keys of globus.conf. */
export const SITE_OPTIONS = ["globus-server-uuid", "globus-server-top-dir"] as const;
