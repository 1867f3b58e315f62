/**
 * THE table of the data-management commands: their names, the PV command that each runs, the options that fill its
 * inputs, and the results that are shown. The parser, the help, and the runs here and on an IOC come from the table.
 * Names and spellings are those of the Python programs globus and DMagic (integration.md §5).
 */

import { KINDS } from "../config/settings.ts";
import { COMMANDS, type CommandName } from "../controller/pvs/commands.ts";
import { type InputName, rowOf, statesOf } from "../controller/pvs/index.ts";
import { inputProblem, takesText } from "../controller/run/input-check.ts";
import { type DataCommand, type InputOption, text, yesNo } from "./data-command.ts";
import { TRANSFER_COMMANDS } from "./transfer-commands.ts";

const SET = text("set", "Set", "days", "days added to now when the beamtime is looked for");
const BADGES = text(
  "badges",
  "EditUserBadge",
  "list",
  "badge numbers, separated by commas; on a Globus collection also e-mail addresses",
);
const SIDES: readonly InputOption[] = [
  yesNo("raw", "DaqRaw", "the raw data"),
  yesNo("rec", "DaqRec", "the reconstructions"),
];
const SOURCES = [
  "DaqRawSource",
  "DaqRawSourceState",
  "DaqRawSourceBytes",
  "DaqRecSource",
  "DaqRecSourceState",
  "DaqRecSourceBytes",
] as const;

/** The option of every command that works on the tagged experiment; Delete checks a name of its own. */
const EXPERIMENT_NAME = text(
  "exp-name",
  "ExperimentNameOverride",
  "name",
  "a name to use instead of the one made from TomoScan's PVs",
);

export const DATA_COMMANDS: readonly DataCommand[] = [
  {
    name: "config",
    aliases: ["set"],
    runs: "config",
    about: "write a globus.conf with the defaults and the settings given; never over one that exists, unless --force",
    examples: ["config --beamline 2-BM-A,B --experiment-type 2BM --config ./globus.conf"],
  },
  {
    name: "show",
    runs: "show",
    about: "show the settings, who has the beam, the beamtime, the servers and the experiment",
    options: [SET],
    shows: [
      "Version",
      "Hostname",
      "TomoScanConnected",
      "TagValid",
      "TagMessage",
      "ExperimentName",
      "ProposalTitle",
      "DataLink",
      "AuthDM",
      "AuthGlobus",
      "ActiveCommand",
      "LastError",
    ],
    examples: ["show", "show --set -30", "show --ioc 2bmb:Globus:"],
  },
  {
    name: "tag",
    runs: "Tag",
    about: "write who has the beam, from the schedule, into TomoScan's user PVs",
    options: [SET, text("beamtime", "BeamtimeIndex", "number", "which of the beamtimes of that day, counted from 1")],
    shows: ["Beamtimes", "TagTruncated"],
    examples: ["tag", "tag --set 2 --beamtime 1"],
  },
  {
    name: "tag-manual",
    runs: "TagManual",
    about: "write TomoScan's user PVs from an experiment of the server",
    options: [text("exp-name", "ManualExperiment", "name", "the experiment, YYYY-MM-LastName-GUP")],
    shows: ["TagTruncated"],
    examples: ["tag-manual --exp-name 2026-03-Staff-0"],
  },
  {
    name: "init",
    aliases: ["create"],
    runs: "Init",
    about: "create the experiment on its server, or find it, and put its users on it",
    options: [SET],
    shows: ["ExperimentExists", "ExperimentCreated", "UsersAdded", "UsersFailed"],
    examples: ["init", "init --server petrel --dry-run"],
  },
  {
    name: "create-manual",
    runs: "CreateManual",
    about: "create an experiment without a proposal",
    options: [
      text("name", "ManualName", "name", "last name"),
      text("first-name", "ManualFirstName", "name", "first name"),
      text("title", "ManualTitle", "text", "title"),
      text("gup", "ManualGup", "number", "proposal number; 0: none"),
      text("date", "ManualDate", "YYYY-MM", "month; without it this month", KINDS.month),
      text("start", "ManualStart", "YYYY-MM-DD", "first day; without it the first of the month", KINDS.day),
      text("end", "ManualEnd", "YYYY-MM-DD", "last day; without it 14 days after the first", KINDS.day),
      text("badges", "ManualBadges", "list", "badge numbers of its users, separated by commas", KINDS.optionalBadges),
      text("email", "ManualEmail", "address", "e-mail address of its PI", KINDS.email),
      text("institution", "ManualInstitution", "name", "institution of its PI"),
    ],
    shows: ["ManualExperiment"],
    examples: ['create-manual --name Staff --title "Detector tests" --badges 111111,222222'],
  },
  {
    name: "dirs",
    runs: "Dirs",
    about: "make the experiment's directories on the detector and the analysis host",
    options: [yesNo("set-file-path", "SetFilePath", "set TomoScan's FilePath, too")],
    shows: ["DetectorDir", "AnalysisDir", "DirsDetector", "DirsAnalysis", "DirsMismatch"],
    examples: ["dirs", "dirs --detector-top-dir /data/2BM/"],
  },
  {
    name: "list-users",
    runs: "ListUsers",
    about: "list the users of the experiment",
    shows: ["UserCount", "Users", "UserNames", "UserBadges", "UserEmails"],
    examples: ["list-users", "list-users --json"],
  },
  {
    name: "add-user",
    runs: "AddUser",
    about: "put users on the experiment",
    options: [BADGES, { ...BADGES, flag: "edit-user-badge", meaning: "the same, as the Python program spells it" }],
    shows: ["UsersChanged", "UserErrors", "UserResults"],
    examples: ["add-user --badges 222222,111111"],
  },
  {
    name: "remove-user",
    runs: "RemoveUser",
    about: "take users off the experiment",
    options: [BADGES, { ...BADGES, flag: "edit-user-badge", meaning: "the same, as the Python program spells it" }],
    shows: ["UsersChanged", "UserErrors", "UserResults"],
    examples: ["remove-user --badges 111111"],
  },
  {
    name: "preview-email",
    runs: "PreviewEmail",
    about: "show the e-mail to users, and to whom it would go",
    options: emailOptions(),
    shows: ["EmailCount", "EmailRecipients", "EmailHadBefore", "EmailNoAddress", "EmailUncertain", "EmailPreview"],
    examples: ["preview-email --mode new"],
  },
  {
    name: "email",
    runs: "Email",
    about: "show the e-mail to users and, when a person says so, send it",
    options: emailOptions(),
    shows: ["EmailSent", "EmailRefused", "EmailNoAddress", "EmailUncertain", "EmailResults"],
    progress: { done: ["EmailSent", "EmailRefused"], total: "EmailCount", what: "addresses" },
    examples: ["email", "email --mode test", "email --mode all --yes", "email --schedule"],
  },
  {
    name: "start-daq",
    aliases: ["daq-start"],
    runs: "StartDaq",
    about: "start moving the experiment's files, after a look at their source directories",
    options: [...SIDES, yesNo("existing", "ProcessExisting", "also the files that are there already")],
    shows: [...SOURCES, "DaqRawState", "DaqRawId", "DaqRecState", "DaqRecId", "DaqRunning", "DaqMessage"],
    examples: ["start-daq", "start-daq --no-rec --no-existing"],
  },
  {
    name: "stop-daq",
    aliases: ["daq-stop"],
    runs: "StopDaq",
    about: "stop the experiment's DAQs",
    shows: ["DaqStopped", "DaqMessage"],
    examples: ["stop-daq"],
  },
  {
    name: "daq-status",
    runs: "daq-status",
    about: "list the DAQs that run at the station, whosever they are",
    shows: ["DaqList"],
    examples: ["daq-status", "daq-status --ioc"],
  },
  {
    name: "upload",
    runs: "Upload",
    about: "move what is in the source directories once, and wait until it is done",
    options: [...SIDES],
    shows: [...SOURCES, "UploadId", "UploadState", "UploadFilesDone", "UploadFilesTotal"],
    progress: { done: ["UploadFilesDone"], total: "UploadFilesTotal", what: "files" },
    examples: ["upload --no-rec"],
  },
  ...TRANSFER_COMMANDS,
  {
    name: "list-esafs",
    runs: "ListEsafs",
    about: "list the station's safety forms",
    options: [
      text("start-date", "EsafStart", "YYYY-MM-DD", "first day; without it the first of this month", KINDS.day),
      text("end-date", "EsafEnd", "YYYY-MM-DD", "last day; without it today", KINDS.day),
    ],
    shows: ["EsafCount", "Esafs"],
    examples: ["list-esafs --start-date 2026-02-01 --end-date 2026-03-31"],
  },
  {
    name: "delete",
    runs: "Delete",
    about: "delete the experiment from its server; off unless allow-delete is True",
    options: [text("exp-name", "DeleteName", "name", "the experiment to delete, for --yes")],
    examples: ["delete", "delete --exp-name 2026-03-Staff-0 --yes"],
  },
];

function emailOptions(): readonly InputOption[] {
  return [
    text("mode", "EmailMode", "who", "whom to write to"),
    yesNo("schedule", "EmailTo", "mail all users of the schedule instead of those of the experiment"),
    text("subject", "EmailSubject", "text", "subject, instead of the usual one"),
    text("presentation-url", "SlidesLink", "url", "address of the slides, instead of tomolog's newest", KINDS.link),
  ];
}

/** The PV command of a row; undefined for a command that only the command line has. */
export const pvCommandOf = ({ runs }: DataCommand): CommandName | undefined =>
  runs in COMMANDS ? (runs as CommandName) : undefined;

/** All options of a row that fill inputs. */
export function inputOptionsOf(row: DataCommand): readonly InputOption[] {
  const own = row.options ?? [];
  const command = pvCommandOf(row);
  const isTagged = command !== undefined && COMMANDS[command].needs === "tag";
  return isTagged && !own.some(({ flag }) => flag === EXPERIMENT_NAME.flag) ? [...own, EXPERIMENT_NAME] : own;
}

/** Every spelling of a row's name but the first. */
export function spellingsOf({ name, aliases = [] }: Pick<DataCommand, "name" | "aliases">): string[] {
  const all = [name, ...aliases].flatMap((one) => [one, one.replaceAll("-", "_")]);
  return [...new Set(all)].filter((one) => one !== name);
}

/** The words that an option takes, where its input has states; in lower case, as they are typed. */
export const wordsOf = ({ input }: InputOption): readonly string[] | undefined =>
  statesOf(input)?.map((state) => state.toLowerCase());

/**
 * The value for its input that an option's text gives: a number, a text, or the index of a state, of whose name the
 * beginning is enough.
 * @returns undefined for a text that gives none
 */
export function inputValue(option: InputOption, given: string): string | number | undefined {
  const words = option.value === undefined ? undefined : wordsOf(option);
  if (words !== undefined) {
    const fitting = words.filter((word) => word.startsWith(given.toLowerCase()));
    const word = words.find((one) => one === given.toLowerCase()) ?? (fitting.length === 1 ? fitting[0] : undefined);
    return word === undefined ? undefined : words.indexOf(word);
  }
  if (option.value === undefined) return KINDS.yesNo.parse(given) === true ? 1 : 0;
  const takes = rowOf(option.input)?.takes;
  if (takes === undefined) return (option.kind ?? KINDS.text).parse(given);
  return takenNumber(option.input, option.kind === undefined ? given : String(option.kind.parse(given) ?? given));
}

function takenNumber(input: InputName, given: string): number | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(given)) return undefined;
  const number = Number(given);
  return inputProblem(input, { value: number, given: number, room: 0 }) === undefined ? number : undefined;
}

/** What may stand behind the option, for a sentence. */
export function wantedOf(option: InputOption): string {
  const words = wordsOf(option);
  if (words !== undefined) return `one of ${words.join(", ")}`;
  if (rowOf(option.input)?.takes !== undefined) return `one of the ${takesText(option.input)}`;
  return (option.kind ?? KINDS.text).wanted;
}
