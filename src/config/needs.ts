/**
 * THE table of settings that have no default because they belong to one beamline, to a person or to a facility: which
 * commands need which. The start and `show` list what is missing from it, and a command that can do nothing without is
 * refused with its sentence. Where a service is merely off without a setting, the service says so itself. The same for
 * files that are named and are not there.
 */
import { accessSync, constants } from "node:fs";
import { codeOf } from "../base/errors.ts";
import { listed } from "../base/word-list.ts";
import { COMMAND_NAMES, COMMANDS, type CommandName } from "../controller/pvs/commands.ts";
import type { ServerSettings, Settings } from "./settings.ts";

interface Need {
  /** Of globus.conf; `server`: of each server that is used. */
  readonly section: Exclude<keyof Settings, "servers" | "destinations" | "triggers" | "directory"> | "server";
  readonly keys: readonly string[];
  readonly by: readonly CommandName[];
  /** Asked for where a server of this kind is used. */
  readonly on?: ServerSettings["kind"];
  /** A setting that does instead, by key. */
  readonly instead?: Readonly<Record<string, SettingKey>>;
  /** A setting that does instead of all of them. */
  readonly unless?: SettingKey;
  /** Without it the command is refused. */
  readonly refuses?: true;
}
type SettingKey = readonly [section: string, key: string];

const TAGGED = COMMAND_NAMES.filter((name) => COMMANDS[name].needs === "tag");
const USERS = ["AddUser", "RemoveUser", "ListUsers"] as const;
const DAQ = ["StartDaq", "StopDaq", "Upload"] as const;
const MAIL = ["PreviewEmail", "Email"] as const;
const WORKFLOWS = ["WorkflowRun", "WorkflowMonitor", "WorkflowCancel"] as const;
const SCHEDULED = ["Tag", "TagManual", "Init", ...MAIL] as const;
const DM_COMMANDS = ["Init", "TagManual", "CreateManual", ...USERS, ...MAIL, ...DAQ, "ListEsafs", "Delete"] as const;
const GLOBUS_COMMANDS = ["Init", "CreateManual", ...USERS, "Email"] as const;

const NEEDS: readonly Need[] = [
  { section: "epics", keys: ["ioc-prefix"], by: ["Tag", "TagManual", ...TAGGED], refuses: true },
  {
    section: "scheduling",
    keys: ["beamline", "url"],
    by: SCHEDULED,
    unless: ["scheduling", "schedule-file"],
  },
  {
    section: "dm",
    keys: ["station", "ds-url", "login-file"],
    by: DM_COMMANDS,
    on: "dm",
    unless: ["dm", "setup-file"],
  },
  { section: "dm", keys: ["daq-url"], by: DAQ, on: "dm", unless: ["dm", "setup-file"] },
  { section: "dm", keys: ["proc-url"], by: WORKFLOWS, on: "dm", unless: ["dm", "setup-file"] },
  { section: "dm", keys: ["aps-db-url"], by: ["ListEsafs"], on: "dm", unless: ["dm", "setup-file"] },
  {
    section: "globus",
    keys: ["experiment-type", "primary-beamline-contact-badge"],
    by: ["Init", "CreateManual"],
    on: "dm",
    refuses: true,
  },
  {
    section: "globus-auth",
    keys: ["client-id"],
    by: GLOBUS_COMMANDS,
    on: "globus",
  },
  { section: "server", keys: ["uuid"], by: MAIL, on: "dm" },
  { section: "server", keys: ["uuid"], by: ["Init", "CreateManual", ...USERS, ...MAIL], on: "globus" },
  {
    section: "local",
    keys: ["detector", "detector-user-name", "detector-top-dir", "analysis", "analysis-user-name", "analysis-top-dir"],
    by: ["Dirs"],
  },
  {
    section: "local",
    keys: ["data-host", "data-top-dir"],
    by: ["StartDaq", "Upload"],
    on: "dm",
    instead: { "data-host": ["local", "analysis"], "data-top-dir": ["local", "analysis-top-dir"] },
  },
  { section: "globus", keys: ["globus-message-file"], by: MAIL, refuses: true },
  {
    section: "globus",
    keys: ["primary-beamline-contact-email"],
    by: MAIL,
    instead: { "primary-beamline-contact-email": ["email", "from"] },
    refuses: true,
  },
  { section: "email", keys: ["smtp-host"], by: ["Email"], refuses: true },
];

/** The settings of one section that are missing. */
export interface Missing {
  /** The section's name as in globus.conf, `server petrel` too. */
  readonly section: string;
  readonly keys: readonly string[];
  readonly by: readonly CommandName[];
}

/** All that is missing for the servers that are used: the chosen server, and those that have a collection. */
export function missingSettings(settings: Settings): readonly Missing[] {
  return NEEDS.flatMap((need) => {
    if (need.unless !== undefined && !isMissing(settings, ...need.unless)) return [];
    const servers = usedServers(settings).filter(({ kind }) => need.on === undefined || need.on === kind);
    if (need.section === "server")
      return servers.filter(({ uuid }) => uuid === "").map(({ name }) => missing(need, `server ${name}`, need.keys));
    if (need.on !== undefined && servers.length === 0) return [];
    const keys = missingKeys(settings, need);
    return keys.length === 0 ? [] : [missing(need, need.section, keys)];
  });
}

/** What is missing for a command on a server of this kind, where the command is refused without it. */
export function refusal(
  settings: Settings,
  name: CommandName,
  kind: ServerSettings["kind"] | undefined,
): string | undefined {
  const lacking = NEEDS.filter(
    (need) => need.refuses === true && need.by.includes(name) && (need.on === undefined || need.on === kind),
  ).flatMap((need) => missingKeys(settings, need).map((key) => ({ section: need.section, key })));
  if (lacking.length === 0) return undefined;
  const sections = [...new Set(lacking.map(({ section }) => section))];
  const places = sections.map((section) => {
    const keys = lacking.filter((one) => one.section === section).map(({ key }) => key);
    return `${listed(keys)} in the [${section}] section`;
  });
  return `${name} needs ${listed(places)} of globus.conf, which ${lacking.length === 1 ? "is" : "are"} not set.`;
}

/** Files that are read when a command needs them, not before: a missing file would be noticed at night. */
interface NeededFile {
  readonly section: "scheduling" | "globus" | "email" | "dm" | "globus-auth" | "ssh" | "notify" | "flows" | "compute";
  readonly key: string;
  /** Commands, or what else needs it. */
  readonly by: readonly string[] | ((settings: Settings) => readonly string[]);
  /** When the file is needed; absent: whenever it is named. */
  readonly when?: (settings: Settings) => boolean;
}
const sshUsers = ({ local, destinations }: Settings): readonly string[] => [
  ...(local.detector !== "" || local.analysis !== "" ? ["Dirs", ...DAQ] : []),
  ...destinations.filter(({ kind }) => kind === "ssh").map(({ name }) => `the destination ${name}`),
];

const flowUsers = ({ destinations }: Settings): readonly string[] => [
  "FlowRun",
  ...destinations.filter(({ kind }) => kind === "flow").map(({ name }) => `the destination ${name}`),
];

const FILES: readonly NeededFile[] = [
  { section: "globus", key: "globus-message-file", by: MAIL },
  { section: "scheduling", key: "schedule-file", by: SCHEDULED },
  {
    section: "scheduling",
    key: "credentials",
    by: SCHEDULED,
    when: ({ scheduling }) => scheduling["schedule-file"] === "" && scheduling.url !== "",
  },
  { section: "email", key: "smtp-login-file", by: ["Email"] },
  {
    section: "notify",
    key: "webhook-header-file",
    by: ["the webhook"],
    when: ({ notify }) => notify["webhook-url"] !== "",
  },
  { section: "dm", key: "login-file", by: DM_COMMANDS },
  { section: "flows", key: "input-file", by: flowUsers },
  { section: "compute", key: "endpoint-config", by: ["Globus Compute"] },
  {
    section: "globus-auth",
    key: "client-secret-file",
    by: GLOBUS_COMMANDS,
    when: (settings) => settings["globus-auth"]["client-id"] !== "",
  },
  { section: "ssh", key: "identity-file", by: sshUsers },
  { section: "ssh", key: "known-hosts-file", by: sshUsers },
];

/** One sentence for each file that cannot be read. */
export function fileSentences(settings: Settings): readonly string[] {
  return FILES.flatMap(({ section, key, by, when }) => {
    const file = (settings[section] as Readonly<Record<string, unknown>>)[key];
    const users = typeof by === "function" ? by(settings) : by;
    if (typeof file !== "string" || file === "" || users.length === 0 || when?.(settings) === false) return [];
    try {
      accessSync(file, constants.R_OK);
      return [];
    } catch (error) {
      const why = codeOf(error) === "ENOENT" ? "does not exist" : `cannot be read (${codeOf(error)})`;
      return [`[${section}] ${key} = ${file} ${why}: needed by ${listed(users)}.`];
    }
  });
}

/** For the log and the screen. */
export const missingSentence = ({ section, keys, by }: Missing): string =>
  `[${section}] ${listed(keys)} ${keys.length === 1 ? "is" : "are"} not set: needed by ${listed(by)}.`;

const missing = ({ by }: Need, section: string, keys: readonly string[]): Missing => ({ section, keys, by });

const missingKeys = (settings: Settings, { section, keys, instead = {} }: Need): readonly string[] =>
  keys.filter((key) => isMissing(settings, section, key) && isMissing(settings, ...(instead[key] ?? [section, key])));

const isMissing = (settings: Settings, section: string, key: string): boolean =>
  (settings as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[section]?.[key] === "";

/** A built-in server that nobody chose, and that has no collection, is a name of the Python program and no more. */
function usedServers({ servers, globus }: Settings): readonly ServerSettings[] {
  const chosen = globus["globus-server-name"] || servers[0].name;
  return servers.filter(({ name, uuid }) => name === chosen || uuid !== "");
}
