/**
 * Puts the Channel Access client's commands on the command line: get, put, monitor, info, with the options of the tools
 * of EPICS base. Runs no command.
 */
import { type Command, InvalidArgumentError } from "commander";
import { getPvs, infoPvs, monitorPvs, type PvCommandContext, putPv } from "./pv-commands.ts";

/**
 * Runs a command with a client of its own; of an endless command, output that nobody reads is left out beyond a bound.
 */
export type WithClient = (
  work: (context: PvCommandContext) => Promise<number>,
  options?: { readonly isEndless?: boolean },
) => Promise<void>;

const PV_HEADING = "Channel Access:";

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`"${text}" is not a number of 0 or more.`);
  return value;
};

interface ReadFlags {
  readonly w?: number;
  readonly t?: true;
  readonly n?: true;
  readonly S?: true;
  readonly d?: string;
  readonly "#"?: number;
}
const readOptions = (flags: ReadFlags) => ({
  waitSeconds: flags.w,
  terse: flags.t,
  type: flags.d,
  count: flags["#"],
  numbers: flags.n,
  charsAsText: flags.S,
});

export function addPvCommands(program: Command, withClient: WithClient): void {
  for (const add of [addGet, addPut, addMonitor, addInfo]) add(program, withClient);
}

function addGet(program: Command, withClient: WithClient): void {
  program
    .command("get <pv...>")
    .helpGroup(PV_HEADING)
    .description("read PVs, as caget does")
    .option("-w <seconds>", "wait for connection and answer", number)
    .option("-t", "the value alone")
    .option("-a", "with time stamp and alarm")
    .option("-n", "states of enums as numbers")
    .option("-S", "CHAR arrays as text")
    .option("-d <type>", "DBR type, by name or number")
    .option("-# <count>", "at most so many elements", number)
    .action((pvs: string[], flags: ReadFlags & { a?: true }) =>
      withClient((context) => getPvs(pvs, { ...readOptions(flags), wide: flags.a }, context)),
    );
}

function addPut(program: Command, withClient: WithClient): void {
  program
    .command("put <pv> <value...>")
    .helpGroup(PV_HEADING)
    .description("write a PV, as caput does")
    .option("-c, --wait", "wait until it was processed")
    .option("-w <seconds>", "how long to wait", number)
    .option("-t", "the new value alone")
    .option("-a", "an array: its length, then its elements")
    .option("-n", "states of enums as numbers")
    .option("-S", "CHAR arrays as text")
    .action((pv: string, values: string[], flags: ReadFlags & { wait?: true; a?: true }) =>
      withClient((context) => putPv(pv, values, { ...readOptions(flags), wait: flags.wait, array: flags.a }, context)),
    );
}

function addMonitor(program: Command, withClient: WithClient): void {
  program
    .command("monitor <pv...>")
    .helpGroup(PV_HEADING)
    .description("print every change of PVs until Ctrl-C, as camonitor does")
    .option("-w <seconds>", "wait for connection", number)
    .option("-t", "without time stamp and alarm")
    .option("-n", "states of enums as numbers")
    .option("-S", "CHAR arrays as text")
    .option("-d <type>", "DBR type, by name or number")
    .option("-# <count>", "at most so many elements", number)
    .option("-m <mask>", "what to be told of: letters of v(alue) a(larm) l(og) p(roperty)")
    .action((pvs: string[], flags: ReadFlags & { m?: string }) =>
      withClient((context) => monitorPvs(pvs, { ...readOptions(flags), mask: flags.m }, context), { isEndless: true }),
    );
}

function addInfo(program: Command, withClient: WithClient): void {
  program
    .command("info <pv...>")
    .helpGroup(PV_HEADING)
    .description("show what the servers say of PVs, as cainfo does")
    .option("-w <seconds>", "wait for connection", number)
    .action((pvs: string[], flags: ReadFlags) =>
      withClient((context) => infoPvs(pvs, { waitSeconds: flags.w }, context)),
    );
}
