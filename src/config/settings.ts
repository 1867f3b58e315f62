/**
 * THE settings table: every key of globus.conf with its section, kind, default and meaning. The reader, its messages,
 * the typed settings and the manual come from it. Sections general to email have the keys and defaults of the Python
 * program `globus`, beside some of ours, so its files are read as they are; what the files of the Python programs name
 * otherwise stands in settings-aliases.ts.
 */

import { knownZone } from "../base/facility-time.ts";
import { addressProblem } from "../base/mail-address.ts";
import { UUID } from "../base/uuid.ts";
import { MOST_GUP } from "../controller/pvs/setup.ts";
import { MOST_DAYS } from "../controller/pvs/tagging.ts";

/** How a value is written, and the sentence for a value that is not written so. */
export interface Kind<T> {
  readonly wanted: string;
  /** @returns undefined if the text is no such value */
  readonly parse: (text: string) => T | undefined;
}

export interface Setting<T> {
  readonly kind: Kind<T>;
  /** As it would stand in the file. */
  readonly fallback: string;
  readonly meaning: string;
}

/** The settings of a section by key. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

const kind = <T>(wanted: string, parse: (text: string) => T | undefined): Kind<T> => ({ wanted, parse });
const matching = (wanted: string, pattern: RegExp): Kind<string> =>
  kind(wanted, (text) => (pattern.test(text) ? text : undefined));
const orEmpty = <T>(one: Kind<T>): Kind<T | ""> =>
  kind(`${one.wanted}, or empty`, (text) => (text === "" ? "" : one.parse(text)));
const choice = <const C extends string>(...choices: readonly C[]): Kind<C> =>
  kind(`one of ${choices.join(", ")}`, (text) => choices.find((one) => one === text));

const badges = matching("badge numbers separated by commas", /^\d+(\s*,\s*\d+)*$/);
const badge = matching("a badge number", /^[1-9]\d*$/);
/** Nobody waits longer, and a timer cannot. */
const MOST_SECONDS = 1_000_000;
/** A day that the calendar has. */
const isDay = (text: string): boolean => {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
};
const host = matching("a host name or address", /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/);
const user = matching("a user name", /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
const absolutePath = matching("a path that begins with /", /^\/[^\0]*$/);

/** Without the slash at its end, and without a user, a query and a fragment, which no service's address has. */
function webAddress(text: string): string | undefined {
  if (text === "") return "";
  return /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(text) && URL.canParse(text) ? text.replace(/\/+$/, "") : undefined;
}

export const KINDS = {
  text: kind("text", (text) => text),
  yesNo: kind("True or False", (text) =>
    /^(1|yes|true|on)$/i.test(text) ? true : /^(0|no|false|off)$/i.test(text) ? false : undefined,
  ),
  days: kind(`a number of days from -${MOST_DAYS} to ${MOST_DAYS}`, (text) =>
    text !== "" && Math.abs(Number(text)) <= MOST_DAYS ? Number(text) : undefined,
  ),
  seconds: kind(`a number of seconds from 0.1 to ${MOST_SECONDS}`, (text) =>
    Number(text) >= 0.1 && Number(text) <= MOST_SECONDS ? Number(text) : undefined,
  ),
  quietSeconds: orEmpty(
    kind("a number of seconds from 1 to 86400", (text) =>
      Number(text) >= 1 && Number(text) <= 86_400 ? Number(text) : undefined,
    ),
  ),
  port: kind("a port from 1 to 65535", (text) =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535 ? Number(text) : undefined,
  ),
  anyPort: kind("a port from 1 to 65535, or 0 for any that is free", (text) =>
    /^\d+$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined,
  ),
  bindAddress: kind("an IP address of this host, 0.0.0.0 or ::", (text) =>
    /^\d+(\.\d+){3}$/.test(text) && URL.canParse(`http://${text}`)
      ? text
      : /^[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(text) && URL.canParse(`http://[${text}]`)
        ? text
        : undefined,
  ),
  zone: orEmpty(kind("a time zone such as America/Chicago", knownZone)),
  badges,
  email: orEmpty(kind("an e-mail address", (text) => (addressProblem(text) === undefined ? text : undefined))),
  host,
  user,
  absolutePath,
  optionalBadge: orEmpty(badge),
  file: orEmpty(matching("a file path", /^[^\0]+$/)),
  url: kind("an address that begins with http:// or https://", webAddress),
  link: kind("an address that begins with http:// or https://", (text) =>
    text === "" || (/^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text)) ? text : undefined,
  ),
  emails: kind("e-mail addresses separated by commas or blanks", (text) => {
    const addresses = text.split(/[\s,]+/).filter((address) => address !== "");
    return addresses.every((address) => addressProblem(address) === undefined) ? [...new Set(addresses)] : undefined;
  }),
  timeOfDay: orEmpty(matching("a time of day as HH:MM", /^([01]\d|2[0-3]):[0-5]\d$/)),
  webhook: kind("an address that begins with https://, or with http:// on this machine", (text) =>
    text === "" || (/^https?:\/\/[^\s/?#@]+([/?][^\s#]*)?$/.test(text) && URL.canParse(text)) ? text : undefined,
  ),
  serviceUrl: kind(
    "an address that begins with http:// or https:// and has a port, such as https://dm.example.org:22237",
    (text) => (text === "" || /^https?:\/\/[^/]+:\d+(\/|$)/.test(text) ? webAddress(text) : undefined),
  ),
  uuid: orEmpty(matching("a UUID", UUID)),
  /** What stands in examples is taken too, so that `globus-ioc login` can say what goes there. */
  clientId: orEmpty(matching("a UUID", /^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|<?YOUR[-_A-Za-z]*>?)$/)),
  fingerprint: orEmpty(matching("a SHA-256 fingerprint of 64 hexadecimal digits", /^([0-9A-Fa-f]{2}:?){32}$/)),
  mode: kind("an octal mode such as 2775 that lets its owner in", (text) =>
    /^[0-7]?7[0-7]{2}$/.test(text) ? Number.parseInt(text, 8) : undefined,
  ),
  pvPart: matching("a part of a PV name", /^[A-Za-z0-9_:.[\]<>;-]*$/),
  prefix: matching(
    "a prefix of PVs with the colon at its end, such as 2bmb:",
    /^([A-Za-z0-9_:.[\]<>;{}-]*[^A-Za-z0-9])?$/,
  ),
  template: kind("a path of {ym}, {exp}, {last}, {gup} and plain names", (text) =>
    text
      .replace(/^\/|\/$/g, "")
      .split("/")
      .every((part) => /^(\{(ym|exp|last|gup)\}|[-_A-Za-z0-9.])+$/.test(part) && !/^\.+$/.test(part))
      ? text
      : undefined,
  ),
  scanTemplate: kind("a path of {rel}, {exp}, {ym}, {last}, {gup}, {scan} and plain names", (text) =>
    text
      .replace(/^\/|\/$/g, "")
      .split("/")
      .every(
        (part) =>
          part === "{rel}" || (/^(\{(exp|ym|last|gup|scan)\}|[-_A-Za-z0-9.])+$/.test(part) && !/^\.+$/.test(part)),
      )
      ? text
      : undefined,
  ),
  flow: orEmpty(
    matching(
      "a flow's UUID, or the name under which globus-ioc flow deploy made it, of letters, digits, dots, dashes and underscores",
      /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    ),
  ),
  names: kind("names separated by blanks", (text) => text.split(/\s+/).filter((name) => name !== "")),
  hostNames: kind("host names separated by blanks", (text) => {
    const names = text.split(/\s+/).filter((name) => name !== "");
    return names.every((name) => host.parse(name) !== undefined) ? names : undefined;
  }),
  functionName: orEmpty(matching("the name of a function, or its UUID", /^[\p{L}\p{N}_-]+$/u)),
  destinationKind: choice("globus", "folder", "ssh", "flow"),
  sourceHost: choice("detector", "analysis"),
  abortedScans: choice("send", "leave", "mark"),
  fileCount: orEmpty(
    kind("a whole number from 1 to 999999999", (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)),
  ),
  triggerKind: orEmpty(choice("tomoscan", "marker", "count", "quiet", "next", "pv")),
  triggerPreset: choice("none", "pal-xfel", "pal-xfel-dat", "pal-xfel-live", "aps"),
  countedFiles: matching("a pattern of file names without blanks", /^\S*$/),
  pvName: orEmpty(matching("the name of a PV", /^[A-Za-z0-9_:.[\]<>;{}+-]+$/)),
  pvCondition: matching("`= VALUE`, rises or changes", /^(=\s*\S.*|rises|changes)$/),
  serverKind: choice("dm", "globus"),
  dmBackend: choice("auto", "http", "python"),
  smtpSecurity: choice("auto", "none", "starttls", "tls"),
  hours: kind("a number of hours from 0 to 168", (text) =>
    /^\d+(\.\d+)?$/.test(text) && Number(text) <= 168 ? Number(text) : undefined,
  ),
  count: kind("a whole number above 0", (text) => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined)),
  optionalBadges: orEmpty(badges),
  day: orEmpty(
    kind("a day as YYYY-MM-DD", (text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) && isDay(text) ? text : undefined)),
  ),
  month: orEmpty(matching("a month as YYYY-MM", /^\d{4}-(0[1-9]|1[0-2])$/)),
  gup: kind(`a proposal number up to ${MOST_GUP}`, (text) =>
    /^\d+$/.test(text) && Number(text) <= MOST_GUP ? text : undefined,
  ),
  optionalHost: orEmpty(host),
  optionalUser: orEmpty(user),
  optionalPath: orEmpty(absolutePath),
} as const;

const setting = <T>(one: Kind<T>, fallback: string, meaning: string): Setting<T> => ({ kind: one, fallback, meaning });

export const SETTINGS = {
  general: {
    "globus-token-file": setting(
      KINDS.file,
      "~/token.npy",
      "Read by the Python program only; tokens are kept in [globus-auth] token-store.",
    ),
    "time-zone": setting(
      KINDS.zone,
      "",
      "The facility's time zone, such as America/Chicago: its days and months count, and all times are told in it; empty: the host's.",
    ),
    verbose: setting(KINDS.yesNo, "True", "What happens on the way is told, too, and more lines in the log."),
    "log-directory": setting(KINDS.file, "~/logs", "Where log files are kept; empty: none are."),
    "log-files": setting(
      KINDS.count,
      "100",
      "Log files that are kept of the IOC, and as many of the command line; the oldest go.",
    ),
  },
  scheduling: {
    beamline: setting(KINDS.text, "", "Beamline as the scheduling service names it, e.g. 2-BM-A,B."),
    set: setting(KINDS.days, "0", "Days added to now when the present run and beamtime are looked for."),
    url: setting(KINDS.url, "", "Address of the scheduling service."),
    credentials: setting(KINDS.file, "~/.scheduling_credentials", "File with one line, user|password."),
    "schedule-file": setting(
      KINDS.file,
      "",
      "YAML or JSON file with runs and beamtimes, for a site without the service (docs/schedule-file.md); empty: the service is asked.",
    ),
    timeout: setting(KINDS.seconds, "60", "Seconds until a request is given up."),
  },
  globus: {
    "experiment-type": setting(KINDS.text, "", "Experiment type as the Data Management station defines it, e.g. 2BM."),
    "primary-beamline-contact-badge": setting(
      KINDS.optionalBadge,
      "",
      "Badge of the first beamline contact; is put on every experiment.",
    ),
    "primary-beamline-contact-email": setting(KINDS.email, "", "E-mail address of the first beamline contact."),
    "secondary-beamline-contact-badge": setting(
      KINDS.optionalBadge,
      "",
      "Badge of the second beamline contact; is put on every experiment. Empty: there is none.",
    ),
    "secondary-beamline-contact-email": setting(
      KINDS.email,
      "",
      "E-mail address of the second beamline contact, who gets tests of the e-mail.",
    ),
    "globus-message-file": setting(
      KINDS.file,
      "",
      "Template of the e-mail to users: plain text with a line `Data link:`, or HTML with %%DATA_LINK%%. Beside globus.conf, or with its path; never written.",
    ),
    "edit-user-badge": setting(KINDS.badges, "0", "Badges of the users to add or remove."),
    "globus-server-name": setting(KINDS.text, "", "The server that is chosen at start; empty: the first."),
  },
  local: {
    analysis: setting(KINDS.optionalHost, "", "Analysis host."),
    "analysis-user-name": setting(KINDS.optionalUser, "", "User on the analysis host."),
    "analysis-top-dir": setting(
      KINDS.optionalPath,
      "",
      "Directory on the analysis host under which experiments lie; must exist.",
    ),
    detector: setting(KINDS.optionalHost, "", "Detector host."),
    "detector-user-name": setting(KINDS.optionalUser, "", "User on the detector host."),
    "detector-top-dir": setting(
      KINDS.optionalPath,
      "",
      "Directory on the detector host under which experiments lie; must exist.",
    ),
    "data-host": setting(
      KINDS.optionalHost,
      "",
      "Host on which DAQs and uploads find their data; empty: the analysis host.",
    ),
    "data-user-name": setting(KINDS.optionalUser, "", "User on the data host; empty: the one of the analysis host."),
    "data-top-dir": setting(
      KINDS.optionalPath,
      "",
      "Directory on the data host under which experiments lie; empty: the one of the analysis host.",
    ),
    "dm-direct-mount": setting(
      KINDS.yesNo,
      "True",
      "Data Management sees the data host's directories under the same path; False: it is told @host:path.",
    ),
  },
  epics: {
    "ioc-prefix": setting(KINDS.prefix, "", "First part of TomoScan's prefix, and of our own PVs': P of st.cmd."),
    "tomoscan-prefix": setting(KINDS.prefix, "TomoScan:", "Second part of TomoScan's prefix."),
    "globus-prefix": setting(
      KINDS.prefix,
      "Globus:",
      "Second part of our own PVs' prefix, R of st.cmd: where --ioc finds the IOC.",
    ),
    "globus-ioc-prefix": setting(
      KINDS.prefix,
      "",
      "First part of our own PVs' prefix, P of st.cmd, where TomoScan has another one on purpose; empty: ioc-prefix.",
    ),
    "experiment-year-month": setting(KINDS.pvPart, "ExperimentYearMonth", "TomoScan's PV of the experiment's month."),
    "user-email": setting(KINDS.pvPart, "UserEmail", "TomoScan's PV of the PI's e-mail address."),
    "user-last-name": setting(KINDS.pvPart, "UserLastName", "TomoScan's PV of the PI's last name."),
    "proposal-number": setting(KINDS.pvPart, "ProposalNumber", "TomoScan's PV of the proposal number."),
    "proposal-title": setting(KINDS.pvPart, "ProposalTitle", "TomoScan's PV of the proposal title."),
  },
  email: {
    schedule: setting(KINDS.yesNo, "False", "Mail all users of the schedule instead of those of the experiment."),
    "smtp-host": setting(KINDS.optionalHost, "", "Mail server."),
    "smtp-port": setting(KINDS.port, "25", "Its port."),
    "smtp-security": setting(
      KINDS.smtpSecurity,
      "auto",
      "auto: encrypted where the server offers it, its certificate checked where there is a login or smtp-ca-file; starttls: encrypted or not at all; tls: from the first byte; none: never.",
    ),
    "smtp-login-file": setting(
      KINDS.file,
      "",
      "File with one line, user|password, which is sent over an encrypted connection alone; empty: no login.",
    ),
    "smtp-ca-file": setting(KINDS.file, "", "Certificates, PEM, that sign the mail server's own."),
    from: setting(KINDS.email, "", "Sender; empty: the first beamline contact."),
    "tomolog-home": setting(
      KINDS.file,
      "",
      "Folder with tomolog's .tomolog, for the link to the slides; empty: no link.",
    ),
    timeout: setting(
      KINDS.seconds,
      "60",
      "Seconds until the mail server is given up; it has at least 600 to answer a message's text.",
    ),
  },
  daq: {
    "raw-template": setting(KINDS.template, "{exp}", "Levels below data-top-dir at which the raw data are."),
    "rec-template": setting(KINDS.template, "{exp}_rec", "Levels below data-top-dir at which the reconstructions are."),
    "poll-seconds": setting(KINDS.seconds, "10", "Seconds between two looks at the DAQs that run."),
    "stall-seconds": setting(
      KINDS.seconds,
      "600",
      "Seconds without a file done, while there are files to do, after which a DAQ counts as stalled.",
    ),
  },
  source: {
    host: setting(
      KINDS.sourceHost,
      "detector",
      "Host whose files are sent: the detector host, or the analysis host, to which TomoScan copies them (CopyToAnalysisDir).",
    ),
    top: setting(
      KINDS.optionalPath,
      "",
      "Directory on that host under which scans lie; empty: detector-top-dir, or analysis-top-dir, of [local].",
    ),
    mount: setting(
      KINDS.optionalPath,
      "",
      "The same directory as the IOC's host sees it; empty: the host is looked at over SSH, unless it is the IOC's own.",
    ),
    collection: setting(KINDS.uuid, "", "Globus collection that shows the host's files; empty: none does."),
    "collection-path": setting(KINDS.absolutePath, "/", "Path of top in that collection."),
    belongs: setting(
      KINDS.names,
      "{stem}.config {stem}_theta.npy",
      "What belongs to a scan beside its file, where it is there: names with {stem}, the file's name without its extension, and {name}.",
    ),
    scans: setting(
      KINDS.names,
      "",
      "Which names below top are scans, for Reconcile: *.h5 is every file so named, *_DIR/ every folder; beside the scans of triggers that watch directories. Empty: those alone, and *.h5 with TomoScan's trigger or without any.",
    ),
    "allow-prune": setting(
      KINDS.yesNo,
      "False",
      "Whether Prune may delete scans here that are proven at all their destinations.",
    ),
    aborted: setting(
      KINDS.abortedScans,
      "mark",
      "What becomes of aborted scans. send: they are sent as the others. mark: they are sent, and stand as aborted wherever they are told of. leave: they are not sent.",
    ),
    "settle-seconds": setting(KINDS.seconds, "5", "Seconds that a scan's files must not change before it is sent."),
    "give-up-seconds": setting(KINDS.seconds, "86400", "Seconds until a scan whose file is not there is given up."),
  },
  transfers: {
    attempts: setting(KINDS.count, "8", "Failed attempts after which a person decides about a scan."),
    "batch-scans": setting(KINDS.count, "50", "Scans that one Globus task carries at most."),
    "batch-bytes": setting(KINDS.count, "10000000000", "Bytes that several scans in one Globus task have at most."),
    "batch-seconds": setting(KINDS.seconds, "10", "Seconds that a scan waits for others to share its Globus task."),
    tasks: setting(
      KINDS.count,
      "3",
      "Globus tasks of one destination under way at most; Globus works on three of a login.",
    ),
    "deadline-hours": setting(KINDS.count, "72", "Hours after which Globus gives a task up."),
    "stuck-seconds": setting(
      KINDS.seconds,
      "300",
      "Seconds without a byte, and with a fault that does not heal by itself, after which a task is ended.",
    ),
    "watch-seconds": setting(KINDS.seconds, "1", "Seconds between two looks at the Globus tasks that are under way."),
    "check-hours": setting(
      KINDS.hours,
      "0",
      "Hours between two checks before beam time (TransferCheck) that the IOC makes by itself; 0: it makes none.",
    ),
    "check-free-bytes": setting(
      KINDS.count,
      "10000000000",
      "Bytes that must be free at a mounted or SSH destination, or the check finds a problem.",
    ),
    "check-own-free-bytes": setting(KINDS.count, "1000000000", "The same for the disks of the ledger and of the logs."),
    encrypt: setting(KINDS.yesNo, "False", "Whether Globus encrypts the data on their way."),
  },
  flows: {
    flow: setting(
      KINDS.flow,
      "",
      "The flow that FlowRun starts where FlowId is empty: its UUID, or the name under which globus-ioc flow deploy made it.",
    ),
    directory: setting(
      KINDS.file,
      "~/.globus-ioc/flows",
      "Folder in which globus-ioc flow deploy keeps NAME.json, which says what flow NAME is.",
    ),
    "subscription-id": setting(
      KINDS.uuid,
      "",
      "Globus subscription under which flows are deployed; empty: none, so that Globus keeps one flow for 30 days.",
    ),
    "input-file": setting(
      KINDS.file,
      "",
      "File with a JSON object that is merged into the input of each run, below RunInput; empty: nothing is.",
    ),
    "watch-seconds": setting(KINDS.seconds, "5", "Seconds between two looks at the runs of flows that are under way."),
  },
  compute: {
    endpoint: setting(KINDS.uuid, "", "End point of Globus Compute at which functions run; empty: Compute is off."),
    "endpoint-config": setting(
      KINDS.file,
      "",
      "JSON object that a multi-user endpoint makes the user's own endpoint with, such as account and queue; empty: none.",
    ),
    functions: setting(
      KINDS.file,
      "~/.globus-ioc/functions.json",
      "Where `globus-ioc compute register` keeps which function has which id.",
    ),
    "task-seconds": setting(
      KINDS.seconds,
      "86400",
      "Seconds after which a person decides about a task that has not ended, its wait for the endpoint among them.",
    ),
    "watch-seconds": setting(KINDS.seconds, "10", "Seconds between two looks at the tasks that are under way."),
  },
  notify: {
    "mail-to": setting(
      KINDS.emails,
      "",
      "Who is mailed about transfers (docs/notify.md), over the mail server of [email]; empty: nobody.",
    ),
    "mail-failed": setting(KINDS.yesNo, "True", "Whether a scan is mailed that is not tried again by itself."),
    "mail-verified": setting(KINDS.yesNo, "False", "Whether a scan is mailed that is proven at all its destinations."),
    "summary-at": setting(
      KINDS.timeOfDay,
      "",
      "When the daily summary is mailed, at the facility; empty: there is none.",
    ),
    "webhook-url": setting(
      KINDS.webhook,
      "",
      "Gets a POST of a line of JSON for each transfer that has ended, and each scan; empty: nobody does.",
    ),
    "webhook-header-file": setting(
      KINDS.file,
      "",
      "File with one line that goes with it as a header, such as Authorization: Bearer TOKEN; empty: none does.",
    ),
    "webhook-ca-file": setting(KINDS.file, "", "Certificates, PEM, that sign the webhook's own."),
    timeout: setting(KINDS.seconds, "30", "Seconds until a POST is given up, to be repeated later."),
  },
  manual: {
    name: setting(KINDS.text, "Staff", "create-manual: last name."),
    "first-name": setting(KINDS.text, "", "create-manual: first name."),
    title: setting(KINDS.text, "Commissioning", "create-manual: title."),
    gup: setting(KINDS.gup, "0", "create-manual: proposal number; 0: none."),
    date: setting(KINDS.month, "", "create-manual: YYYY-MM; empty: this month."),
    start: setting(KINDS.day, "", "create-manual: first day; empty: the first of the month."),
    end: setting(KINDS.day, "", "create-manual: last day; empty: 14 days after the first."),
    badges: setting(KINDS.optionalBadges, "", "create-manual: badges of its users."),
    email: setting(KINDS.email, "", "create-manual: e-mail address of its PI."),
    institution: setting(KINDS.text, "", "create-manual: institution of its PI."),
  },
  web: {
    enable: setting(KINDS.yesNo, "True", "Whether the IOC serves its page for browsers (docs/web.md)."),
    address: setting(
      KINDS.bindAddress,
      "127.0.0.1",
      "Where it listens. An address that other hosts reach needs a token for reading, too, and a proxy with TLS in front of it.",
    ),
    port: setting(
      KINDS.anyPort,
      "8642",
      "Its port; 0: any that is free. A port that is taken is told in the log, and there is no page then.",
    ),
    "tokens-file": setting(
      KINDS.file,
      "",
      "File with a line `NAME TOKEN` for each who may write, mode 0600; empty: each start makes a token, named start, for who starts the IOC.",
    ),
    names: setting(
      KINDS.hostNames,
      "",
      "Host names under which it is asked for, separated by blanks, such as that of a proxy; addresses and localhost need no entry.",
    ),
  },
  query: {
    "start-date": setting(KINDS.day, "", "list-esafs: first day; empty: the first of this month."),
    "end-date": setting(KINDS.day, "", "list-esafs: last day; empty: today."),
  },
  ledger: {
    path: setting(
      KINDS.file,
      "",
      "Folder of the ledger, and of the list of what an IOC has under way, on a local disk; empty: globus-ioc in $XDG_STATE_HOME or ~/.local/state.",
    ),
  },
  dm: {
    station: setting(KINDS.text, "", "Name of the Data Management station, e.g. 2BM; empty: Data Management is off."),
    backend: setting(
      KINDS.dmBackend,
      "auto",
      "http: the web services; python: the site's own dm package, through [dm] python; auto: python where it can be imported and neither ca-file nor fingerprint is set.",
    ),
    "setup-file": setting(
      KINDS.file,
      "",
      "The site's dm.setup.sh: its `export NAME=value` lines fill what is left empty here; nothing in it is run.",
    ),
    python: setting(KINDS.text, "python3", "The Python that has the site's dm package."),
    "ds-url": setting(KINDS.serviceUrl, "", "Address of the station's storage service (DM_DS_WEB_SERVICE_URL)."),
    "daq-url": setting(KINDS.serviceUrl, "", "Address of its acquisition service (DM_DAQ_WEB_SERVICE_URL)."),
    "proc-url": setting(KINDS.serviceUrl, "", "Address of its processing service (DM_PROC_WEB_SERVICE_URL)."),
    "aps-db-url": setting(KINDS.serviceUrl, "", "Address of its APS database service (DM_APS_DB_WEB_SERVICE_URL)."),
    "job-hours": setting(KINDS.count, "24", "Hours after which a person decides about a job behind a verified scan."),
    workflow: setting(KINDS.text, "", "The workflow that WorkflowRun starts where WorkflowName is empty."),
    "watch-seconds": setting(
      KINDS.seconds,
      "5",
      "Seconds between two looks at the jobs of workflows that have not ended.",
    ),
    "allow-delete": setting(KINDS.yesNo, "False", "Whether Delete may delete experiments."),
    "login-file": setting(KINDS.file, "", "File with one line, user|password (DM_LOGIN_FILE)."),
    "routes-file": setting(KINDS.file, "", "The site's dm-routes.json: routes that no public source shows."),
    "ca-file": setting(KINDS.file, "", "Certificates, PEM, that sign the services' own."),
    fingerprint: setting(
      KINDS.fingerprint,
      "",
      "SHA-256 fingerprint of the services' certificate, instead of ca-file.",
    ),
    "tls-name": setting(KINDS.optionalHost, "", "Name in the services' certificate, where it is not that of the host."),
    timeout: setting(
      KINDS.seconds,
      "60",
      "Seconds until a request is given up; long lists have at least 90, the catalogue at least 180, unless routes-file says otherwise.",
    ),
  },
  "globus-auth": {
    "client-id": setting(KINDS.clientId, "", "Globus application or service account; empty: Globus is off."),
    "client-secret-file": setting(KINDS.file, "", "File with the service account's secret; empty: a person logs in."),
    "token-store": setting(KINDS.file, "~/.globus-ioc/tokens.json", "Where tokens are kept."),
    "auth-url": setting(KINDS.url, "https://auth.globus.org", "Address of Globus Auth."),
    "transfer-url": setting(KINDS.url, "https://transfer.api.globus.org", "Address of Globus Transfer."),
    "flows-url": setting(KINDS.url, "https://flows.globus.org", "Address of Globus Flows."),
    "compute-url": setting(KINDS.url, "https://compute.api.globus.org", "Address of Globus Compute."),
    timeout: setting(KINDS.seconds, "60", "Seconds until a request is given up."),
  },
  ssh: {
    "detector-port": setting(KINDS.port, "22", "SSH port of the detector host."),
    "analysis-port": setting(KINDS.port, "22", "SSH port of the analysis host."),
    "data-port": setting(KINDS.port, "22", "SSH port of the data host."),
    "identity-file": setting(KINDS.file, "~/.ssh/id_ed25519", "Private key; empty: the SSH agent's keys."),
    "known-hosts-file": setting(
      KINDS.file,
      "~/.ssh/known_hosts",
      "Host keys that are trusted (globus-ioc trust-host adds one).",
    ),
    "directory-mode": setting(KINDS.mode, "2775", "Mode of the directories that are made."),
    "directory-template": setting(KINDS.template, "{exp}", "Levels below the top directories."),
    timeout: setting(KINDS.seconds, "30", "Seconds until a connection or an answer is given up."),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>>;

/** Keys of a `[server NAME]` section; a site may have several. */
export const SERVER_SETTINGS = {
  kind: setting(KINDS.serverKind, "dm", "dm: a Data Management server. globus: a Globus collection."),
  uuid: setting(KINDS.uuid, "", "Globus collection with the data."),
  top: setting(KINDS.absolutePath, "/", "Directory on the collection under which experiments lie."),
  "directory-template": setting(KINDS.template, "{ym}/{exp}", "globus: levels below top that Init makes."),
  "data-link-path": setting(KINDS.template, "/{ym}/{exp}/", "Path in the data link."),
  share: setting(KINDS.yesNo, "True", "globus: Init and Email let users read the directory, by access rules."),
  provision: setting(
    KINDS.yesNo,
    "False",
    "globus: Globus may make an identity for an e-mail address that it does not know yet.",
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** Keys of a `[destination NAME]` section; a site may have several. */
export const DESTINATION_SETTINGS = {
  kind: setting(
    KINDS.destinationKind,
    "folder",
    "globus: a Globus collection. folder: a directory that the IOC's host sees. ssh: a directory on another host. flow: a Globus collection, to which a flow brings each scan in a run of its own.",
  ),
  top: setting(
    KINDS.optionalPath,
    "",
    "Directory there under which scans go; must exist. Empty for globus and flow: the collection's own top.",
  ),
  path: setting(
    KINDS.scanTemplate,
    "{rel}",
    "Levels below top; {rel}: the levels between the source's top and the scan.",
  ),
  collection: setting(KINDS.uuid, "", "globus, flow: the collection."),
  flow: setting(
    KINDS.flow,
    "",
    "flow: the flow that is run for each scan, its UUID, or the name under which globus-ioc flow deploy made it.",
  ),
  host: setting(KINDS.optionalHost, "", "ssh: the host."),
  port: setting(KINDS.port, "22", "ssh: its port."),
  user: setting(KINDS.optionalUser, "", "ssh: the user there."),
  manifest: setting(
    KINDS.yesNo,
    "False",
    "folder, ssh: a file with names, sizes, times and SHA-256 checksums is put beside each scan: manifest.json in a scan that is a folder, else SCAN.manifest.json.",
  ),
  compute: setting(
    KINDS.functionName,
    "",
    "Function of Globus Compute that runs with the path of each scan that is verified there: the name under which it was registered, or its UUID; empty: none.",
  ),
  workflow: setting(
    KINDS.text,
    "",
    "Workflow of Data Management that runs with the path of each scan that is verified there (docs/workflows.md); empty: none.",
  ),
  "workflow-owner": setting(KINDS.text, "", "Who owns the workflow; empty: the user of [dm] login-file."),
  "workflow-args": setting(
    KINDS.text,
    "",
    "A JSON object with values of the workflow's variables, as WorkflowArgs has it.",
  ),
  "step-top": setting(
    KINDS.optionalPath,
    "",
    "The directory top as what runs behind a scan sees it; empty: as the destination names it.",
  ),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** Keys of a `[trigger NAME]` section; a site may have several. */
export const TRIGGER_SETTINGS = {
  kind: setting(
    KINDS.triggerKind,
    "",
    "tomoscan: TomoScan's scans. marker: a file such as .done. count: so many files. quiet: nothing has changed for a while. next: the next scan has begun. pv: any PV. Empty: as the trigger's name says.",
  ),
  enable: setting(
    KINDS.yesNo,
    "False",
    "Whether TriggerNEnable is On when the IOC starts and has saved nothing of a trigger of this name.",
  ),
  destinations: setting(KINDS.names, "", "Destinations of its scans, separated by blanks; empty: all."),
  preset: setting(KINDS.triggerPreset, "none", "What scans, exclude and quiet-seconds are where they are empty."),
  root: setting(
    KINDS.optionalPath,
    "",
    "Directory that is watched, as the source host names it; empty: top of [source].",
  ),
  scans: setting(
    KINDS.text,
    "",
    "Which folders or files below it are scans, a pattern such as {exp:ue_*|ms_*}/rawData/{scan:*_DIR}.",
  ),
  exclude: setting(
    KINDS.names,
    "",
    "Folders and files that are no scans and lead to none, patterns separated by blanks. In a scan they are sent, but not counted.",
  ),
  markers: setting(
    KINDS.names,
    "",
    "marker: how names of marker files end, separated by blanks; empty: .done .complete.",
  ),
  counted: setting(
    KINDS.countedFiles,
    "",
    "count: which files of a scan are counted, a pattern such as detector1/*.h5; empty: all.",
  ),
  files: setting(KINDS.fileCount, "", "count: how many there must be; has to be set."),
  "quiet-seconds": setting(
    KINDS.quietSeconds,
    "",
    "quiet: how long nothing may change; empty: as preset says, else 60. The others wait for settle-seconds of [source].",
  ),
  "sweep-seconds": setting(KINDS.seconds, "30", "Between two sweeps of the directory."),
  canary: setting(
    KINDS.optionalPath,
    "",
    "Folder below root in which each sweep must see a file that was just made there; empty: none.",
  ),
  pv: setting(KINDS.pvName, "", "pv: full name of the PV."),
  condition: setting(KINDS.pvCondition, "changes", "pv: `= VALUE`, rises, or changes."),
  "path-pv": setting(KINDS.pvName, "", "pv: full name of the PV that holds the path of the scan."),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/**
 * The servers that the Python program knows by name, where a globus.conf has no [server …] section. Their collections
 * are each site's own.
 */
export const BUILT_IN_SERVERS: Readonly<
  Record<string, Readonly<Partial<Record<keyof typeof SERVER_SETTINGS, string>>>>
> = {
  voyager: { kind: "dm" },
  petrel: { kind: "globus" },
};

export type SectionName = keyof typeof SETTINGS;

type SettingValue<S> = S extends Setting<infer T> ? T : never;
export type ServerSettings = {
  readonly [K in keyof typeof SERVER_SETTINGS]: SettingValue<(typeof SERVER_SETTINGS)[K]>;
} & {
  /** As ServerName shows it. */
  readonly name: string;
};
export type DestinationSettings = {
  readonly [K in keyof typeof DESTINATION_SETTINGS]: SettingValue<(typeof DESTINATION_SETTINGS)[K]>;
} & {
  /** As its PVs and sentences show it. */
  readonly name: string;
};
export type TriggerSettings = {
  readonly [K in keyof typeof TRIGGER_SETTINGS]: SettingValue<(typeof TRIGGER_SETTINGS)[K]>;
} & {
  readonly name: string;
};
/** The settings, typed from the table, by section and key. */
export type Settings = {
  readonly [S in keyof typeof SETTINGS]: {
    readonly [K in keyof (typeof SETTINGS)[S]]: SettingValue<(typeof SETTINGS)[S][K]>;
  };
} & {
  /** In the order of ServerName's states; at least one server. */
  readonly servers: readonly [ServerSettings, ...ServerSettings[]];
  /** In the order of the file; none: no scan is sent. */
  readonly destinations: readonly DestinationSettings[];
  /** In the order of the file, which is that of their PVs. */
  readonly triggers: readonly TriggerSettings[];
  /** The directory of the file: relative paths begin there. */
  readonly directory: string;
};
