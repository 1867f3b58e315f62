/**
 * Shell commands of the put log, in its two forms. channel-access.md §6.4; caPutLog: docs/index.rst,
 * caPutLogShellCommands.c, caPutJsonLogShellCommands.cpp. What is logged and how is put-log/.
 */
import { isUnclean, visible } from "../../base/clean-text.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import type { AccessSecurity } from "../access/access-security.ts";
import type { Ioc } from "../ioc.ts";
import { type LogServers, parseLogServer } from "../log-servers.ts";
import { DEFAULT_BURST_SECONDS, LOG_MODES, type LogMode } from "../put-log/burst.ts";
import { JSON_PROPERTIES, jsonForm } from "../put-log/json-line.ts";
import type { LogEntry } from "../put-log/logged-put.ts";
import { PutLogger } from "../put-log/put-logger.ts";
import { textForm } from "../put-log/text-line.ts";
import { DEFAULT_TIME_FORMAT, knownLetters, unknownIn } from "../put-log/time-format.ts";
import type { CommandSession } from "./session.ts";

const DEFAULT_PORT = 7011;
const MOST_OF_FORMAT = 60;
const MOST_PROPERTIES = 20;

const MODE_TEXT: Readonly<Record<LogMode, string>> = {
  none: "-1, nothing",
  changes: "0, changes of a value, bursts joined",
  all: "1, all puts, bursts joined",
  each: "2, each put",
};
const MODE_HELP = `Mode: ${Object.values(MODE_TEXT).join("; ")}.`;

/** One form of the log. */
interface Form {
  /** `caPutLog`, as its commands begin. */
  readonly name: string;
  /** Variables of the environment. */
  readonly servers: string;
  readonly pv: string;
  readonly line: (entry: LogEntry) => string;
}

export function putLogCommands({ ioc }: CommandSession, servers: LogServers): readonly ShellCommand[] {
  let textLine = textForm(DEFAULT_TIME_FORMAT);
  const own = new Map<string, string>();
  const text: Form = {
    name: "caPutLog",
    servers: "EPICS_CA_PUT_LOG_ADDR",
    pv: "EPICS_AS_PUT_LOG_PV",
    line: (entry) => textLine(entry),
  };
  const json: Form = {
    name: "caPutJsonLog",
    servers: "EPICS_CA_JSON_PUT_LOG_ADDR",
    pv: "EPICS_AS_PUT_JSON_LOG_PV",
    line: jsonForm(own),
  };
  return [
    ...formCommands(text, ioc, servers),
    shellCommand({
      name: "caPutLogSetTimeFmt",
      arguments: [{ name: "format", kind: "text" }],
      help: `The time in each line of caPutLogInit's log, as C's strftime; default "${DEFAULT_TIME_FORMAT}".`,
      run: (_, given) => {
        textLine = textForm(checkedFormat(required(given, "caPutLogSetTimeFmt", "format")));
      },
    }),
    ...formCommands(json, ioc, servers),
    shellCommand({
      name: "caPutJsonLogAddMetadata",
      arguments: [
        { name: "property", kind: "text" },
        { name: "value", kind: "text" },
      ],
      help: "Puts a property of the site's own into each line of caPutJsonLogInit's log; without a value it is taken away.",
      run: (_, property, value) => setProperty(own, required(property, "caPutJsonLogAddMetadata", "property"), value),
    }),
  ];
}

/** The commands that both forms have. */
function formCommands(form: Form, ioc: Ioc, servers: LogServers): readonly ShellCommand[] {
  const { name } = form;
  let logger: PutLogger | undefined;
  const running = (command: string): PutLogger => {
    if (logger !== undefined) return logger;
    throw new ShellError(`${command}: there is no such log: say ${name}Init first.`);
  };
  return [
    shellCommand({
      name: `${name}Init`,
      arguments: [
        { name: "host[:port] ...", kind: "text" },
        { name: "mode", kind: "integer" },
        { name: "burst seconds", kind: "number" },
      ],
      help: [
        `Logs puts that a rule with TRAPWRITE lets pass to these log servers (port ${DEFAULT_PORT}), or to those of`,
        `${form.servers}, or to the IOC's log.`,
        MODE_HELP,
      ].join("\n"),
      run: ({ shell, print }, list, number, seconds) => {
        const mode = modeOf(number ?? 0, `${name}Init`);
        const burstSeconds = secondsOf(seconds ?? 0, `${name}Init`);
        const given = list?.trim() || shell.environment[form.servers]?.trim() || "";
        const setBy = list?.trim() ? `${name}Init` : form.servers;
        const words = given === "" ? [] : given.split(/\s+/);
        const wanted = words.map((word) => parseLogServer(word, DEFAULT_PORT, setBy));
        if (mode === "none") return print(`${name}: mode -1: no put is logged.`);
        logger ??= start(form, ioc, shell.environment);
        for (const server of wanted) {
          const known = logger.servers.some((one) => one.name === `${server.host}:${server.port}`);
          if (known) print(`${name}: ${server.host}:${server.port} is one of its log servers already.`);
          else logger.addServer(servers.open(server));
        }
        logger.burstSeconds = burstSeconds;
        logger.run(mode);
      },
    }),
    shellCommand({
      name: `${name}Reconf`,
      arguments: [
        { name: "mode", kind: "integer" },
        { name: "burst seconds", kind: "number" },
      ],
      help: `Changes what is logged. ${MODE_HELP}`,
      run: (_, number, seconds) => {
        const one = running(`${name}Reconf`);
        const mode = modeOf(number ?? 0, `${name}Reconf`);
        one.burstSeconds = secondsOf(seconds ?? 0, `${name}Reconf`);
        one.run(mode);
      },
    }),
    shellCommand({
      name: `${name}Show`,
      arguments: [{ name: "level", kind: "integer" }],
      help: "Tells what is logged, how many puts there were, and of the log servers; 2: also what waits for them.",
      run: ({ print }, level) => {
        const one = running(`${name}Show`);
        print(`${name} mode: ${MODE_TEXT[one.mode]}`);
        print(`Burst seconds: ${one.burstSeconds}`);
        print(`Puts: ${one.count}`);
        if (one.servers.length === 0) print("Lines go to the IOC's log.");
        for (const server of one.servers) for (const line of servers.lines(server, level ?? 0)) print(line);
      },
    }),
    shellCommand({
      name: `${name}SetBurstTimeout`,
      arguments: [{ name: "burst seconds", kind: "number" }],
      help: `A burst ends when its field was left alone for so long; default ${DEFAULT_BURST_SECONDS}.`,
      run: (_, seconds) => {
        running(`${name}SetBurstTimeout`).burstSeconds = secondsOf(seconds ?? 0, `${name}SetBurstTimeout`);
      },
    }),
  ];
}

function start(form: Form, ioc: Ioc, environment: Readonly<Record<string, string | undefined>>): PutLogger {
  const { database, clock, log } = ioc;
  const pv = (): string | undefined => environment[form.pv] || undefined;
  const checksAddress = (): boolean => ioc.access.active?.checksAddress === true;
  const logger = new PutLogger({ database, clock, log, line: form.line, checksAddress, pv });
  const warn = (): void => {
    const why = whyNothing(ioc.access);
    if (why !== undefined) log.warn(`${form.name}Init logs no put: ${why}.`);
  };
  if (ioc.state === "loading") ioc.addStage("running", { name: `the check of ${form.name}`, start: warn });
  else warn();
  ioc.addRunning(`the log of ${form.name}`, () => logger.close());
  return logger;
}

/** Why access security traps nothing, and what to do. */
function whyNothing({ active, fileName }: AccessSecurity): string | undefined {
  if (active === undefined)
    return "access security is off: name a file with asSetFilename before iocInit, with TRAPWRITE in its WRITE rules";
  const traps = active.file.securityGroups.some(({ rules }) => rules.some((rule) => rule.traps));
  return traps ? undefined : `no rule of ${fileName} says TRAPWRITE: add it to the WRITE rules, and say asInit`;
}

/** @throws ShellError */
function modeOf(number: number, command: string): LogMode {
  const mode = (Object.keys(LOG_MODES) as LogMode[]).find((one) => LOG_MODES[one] === number);
  if (mode !== undefined) return mode;
  throw new ShellError(
    `${command}: ${number} is no mode: -1 nothing, 0 changes, 1 all puts, 2 without joining bursts.`,
  );
}

/** 0 is caPutLog's default. @throws ShellError */
function secondsOf(seconds: number, command: string): number {
  if (seconds === 0) return DEFAULT_BURST_SECONDS;
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new ShellError(`${command}: ${seconds} is no time for a burst: give seconds above 0.`);
}

/** @throws ShellError */
function checkedFormat(format: string): string {
  const unknown = unknownIn(format);
  if (unknown !== undefined)
    throw new ShellError(`caPutLogSetTimeFmt: "${unknown}" stands for nothing here: use % with ${knownLetters()}.`);
  if (format.length <= MOST_OF_FORMAT && !isUnclean(format)) return format;
  throw new ShellError(
    `caPutLogSetTimeFmt: ${visible(format)} must be one line of at most ${MOST_OF_FORMAT} characters.`,
  );
}

/** @throws ShellError */
function setProperty(own: Map<string, string>, property: string, value: string | undefined): void {
  if (JSON_PROPERTIES.includes(property))
    throw new ShellError(`caPutJsonLogAddMetadata: each line has its own "${property}": take another name.`);
  if (value === undefined) own.delete(property);
  else if (own.size < MOST_PROPERTIES || own.has(property)) own.set(property, value);
  else
    throw new ShellError(
      `caPutJsonLogAddMetadata: ${property} would be property ${MOST_PROPERTIES + 1}: take one away.`,
    );
}
