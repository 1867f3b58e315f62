/**
 * `globus-ioc get | put | monitor | info`: a Channel Access client for people without EPICS base, with the options and
 * the output of caget, caput, camonitor and cainfo. Text is UTF-8 here and bytes below. The option parser and the
 * client are handed in by program.ts. channel-access.md §4.5, Appendix C.
 */

import { ActionError, asSentence, messageOf } from "../base/errors.ts";
import type { CaClient } from "../ca/client/client.ts";
import { exceptionText, isDone, PvNotConnectedError, PvTimeoutError, statusName } from "../ca/client/errors.ts";
import type { TypeWish } from "../ca/client/operations.ts";
import type { Reading } from "../ca/client/reading.ts";
import type { PvInfo, RemotePv } from "../ca/client/remote-pv.ts";
import { dbrCodeOf, maskOf } from "../ca/client/wish-text.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";
import { EXIT } from "./exit-status.ts";
import { whyRefused } from "./put-refusal.ts";
import { infoLines, monitorLine, nameColumn, typeLines, type ValueStyle, valueText } from "./pv-text.ts";

/** What the commands work with. */
export interface PvCommandContext {
  readonly client: CaClient;
  /** Writes one line of output. */
  readonly out: (line: string) => void;
  /** Writes one sentence about what went wrong. */
  readonly err: (sentence: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** `-w`: the tools' own default is 1 s. */
export interface WaitOption {
  readonly waitSeconds?: number | undefined;
}

/** `-t`, `-n`, `-S`, `-d`, `-#` */
export interface ReadOptions extends WaitOption, ValueStyle {
  /** The value alone. */
  readonly terse?: boolean | undefined;
  /** DBR type, by name or number. */
  readonly type?: string | undefined;
  /** At most so many elements. */
  readonly count?: number | undefined;
}

export interface GetCommandOptions extends ReadOptions {
  /** `-a`: time stamp and alarm too. */
  readonly wide?: boolean | undefined;
}

export interface PutCommandOptions extends WaitOption, ValueStyle {
  readonly terse?: boolean | undefined;
  /** `-c`, `--wait`: wait until the put was processed, at most `waitSeconds`. */
  readonly wait?: boolean | undefined;
  /** `-a`: an array; the first value is the number of elements. */
  readonly array?: boolean | undefined;
}

export interface MonitorCommandOptions extends ReadOptions {
  /** `-m`: of v, a, l, p; default va. */
  readonly mask?: string | undefined;
}

const { done: DONE, failed: FAILED, usage: USAGE, interrupted: INTERRUPTED } = EXIT;
const DEFAULT_WAIT_SECONDS = 1;

/** Reads and prints each PV, in the order given. @returns exit status: 1 if any could not be read */
export async function getPvs(
  names: readonly string[],
  options: GetCommandOptions,
  context: PvCommandContext,
): Promise<number> {
  if (!isTypeKnown(options, context)) return USAGE;
  return await eachPv(names, options, context, async (name, pv, info) => {
    const reading = await pv.get({ ...wish(options, info), ...limits(options, context) });
    if (options.type !== undefined) return typeLines(name, info, reading, options);
    if (options.terse === true) return [valueText(reading, info.elementCount, options)];
    if (options.wide === true) return [monitorLine(name, reading, info.elementCount, options)];
    return [`${nameColumn(name)} ${valueText(reading, info.elementCount, options)}`];
  });
}

/** Prints what the servers say of each PV. @returns exit status: 1 if any is not connected */
export const infoPvs = (names: readonly string[], options: WaitOption, context: PvCommandContext): Promise<number> =>
  eachPv(names, options, context, (name, _pv, info) => Promise.resolve(infoLines(name, info)));

/**
 * Puts a value, and prints the old value and the new.
 * @param values one text, or with `array` the number of elements and the elements
 * @returns exit status: 1 if the PV is not connected, refuses, fails to process, or does not confirm in time
 */
export async function putPv(
  name: string,
  values: readonly string[],
  options: PutCommandOptions,
  context: PvCommandContext,
): Promise<number> {
  const value = putValue(values, options);
  if (value === undefined) {
    context.err(
      `put ${name}: ${values.length} value(s) given; one is needed, or with -a their number and then as many.`,
    );
    return USAGE;
  }
  let refusal: string | undefined;
  const stop = context.client.onException((one) => {
    if (one.pv === toByteString(name)) refusal = exceptionText(one);
  });
  const show = async (label: string, pv: RemotePv, info: PvInfo): Promise<string[]> => {
    if (!info.canRead) return [];
    const reading = await pv.get({ ...wish(options, info), ...limits(options, context) });
    const text = valueText(reading, info.elementCount, options);
    if (options.terse === true) return label === "New" ? [text] : [];
    return [`${label} : ${nameColumn(name)} ${text}`];
  };
  try {
    return await eachPv([name], options, context, async (_name, pv, info) => {
      for (const line of await show("Old", pv, info)) context.out(line);
      const failure = await putAndSee(pv, value, options, context);
      const lines = await show("New", pv, info);
      const status = failure ?? refusal; // the refusal of a plain put has come before the new reading
      if (status === undefined) return lines;
      for (const line of lines) context.out(line);
      const why = await whyRefused(context.client, pv.name, limits(options, context));
      throw new ActionError(`${status}; ${why ?? "see its status and alarm"}`);
    });
  } finally {
    stop();
  }
}

/** @returns how the put failed, as far as the server has told by now */
async function putAndSee(
  pv: RemotePv,
  value: number | string | readonly string[],
  options: PutCommandOptions,
  context: PvCommandContext,
): Promise<string | undefined> {
  const type = options.charsAsText === true ? dbrCodeOf("CHAR") : undefined;
  if (options.wait !== true) {
    await pv.put(value, { type });
    return undefined;
  }
  const status = await pv.putCallback(value, { type, ...limits(options, context) });
  if (isDone(status)) return undefined;
  return `PV ${fromByteString(pv.name)}: the put was completed with an error (${statusName(status)})`;
}

/**
 * Prints each update of each PV until the signal is aborted; PVs that are not found within the wait, or are lost, are
 * shown as not connected.
 * @returns exit status: 0 after an abort
 */
export async function monitorPvs(
  names: readonly string[],
  options: MonitorCommandOptions,
  context: PvCommandContext,
): Promise<number> {
  if (!isTypeKnown(options, context)) return USAGE;
  const mask = options.mask === undefined ? undefined : maskOf(options.mask);
  if (options.mask !== undefined && mask === undefined) {
    context.err(`monitor: mask "${options.mask}" is not made of the letters v, a, l, p.`);
    return USAGE;
  }
  const pvs = names.map((name) => watch(name, options, mask, context));
  if (!context.signal.aborted) {
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
  }
  for (const pv of pvs) pv.close();
  return DONE;
}

function watch(
  name: string,
  options: MonitorCommandOptions,
  mask: number | undefined,
  context: PvCommandContext,
): RemotePv {
  const pv = context.client.pv(toByteString(name));
  let isClosing = false;
  context.signal.addEventListener("abort", () => (isClosing = true), { once: true });
  const request = { type: wantedType(options), ...(options.count === undefined ? {} : { count: options.count }) };
  const onFailure = (error: Error): void => context.err(error.message);
  const print = (reading: Reading): void => {
    const elementCount = pv.info()?.elementCount ?? reading.count;
    const line =
      options.terse === true
        ? `${nameColumn(name)} ${valueText(reading, elementCount, options)}`
        : monitorLine(name, reading, elementCount, options);
    context.out(line);
  };
  pv.monitor({ ...request, mask, onFailure }, print);
  pv.onConnection((isConnected) => {
    if (!isConnected && !isClosing) context.out(`${nameColumn(name)} *** disconnected`);
  });
  const { waitSeconds = DEFAULT_WAIT_SECONDS } = options;
  pv.connected({ timeoutSeconds: waitSeconds, signal: context.signal }).catch((error: unknown) => {
    if (error instanceof PvTimeoutError) context.out(`${nameColumn(name)} *** Not connected (PV not found)`);
  });
  return pv;
}

/** Connects all PVs, and lets `work` make the lines of each; a failure is told and the other PVs go on. */
async function eachPv(
  names: readonly string[],
  options: WaitOption,
  context: PvCommandContext,
  work: (name: string, pv: RemotePv, info: PvInfo) => Promise<string[]>,
): Promise<number> {
  const results = names.map((name) => onePv(name, options, context, work));
  let status: number = DONE;
  for (const result of results) {
    const { lines, failed } = await result;
    for (const line of lines) context.out(line);
    if (failed) status = FAILED;
  }
  return context.signal.aborted ? INTERRUPTED : status;
}

async function onePv(
  name: string,
  options: WaitOption,
  context: PvCommandContext,
  work: (name: string, pv: RemotePv, info: PvInfo) => Promise<string[]>,
): Promise<{ readonly lines: readonly string[]; readonly failed: boolean }> {
  let pv: RemotePv | undefined;
  try {
    pv = context.client.pv(toByteString(name));
    const info = await pv.connected(limits(options, context));
    return { lines: await work(name, pv, info), failed: false };
  } catch (error) {
    const isMissing = error instanceof PvTimeoutError && pv?.isConnected !== true;
    if (isMissing || error instanceof PvNotConnectedError) {
      return {
        lines: [`${nameColumn(name)} *** Not connected (${isMissing ? "PV not found" : messageOf(error)})`],
        failed: true,
      };
    }
    if (!context.signal.aborted) context.err(asSentence(messageOf(error)));
    return { lines: [], failed: true };
  } finally {
    pv?.close();
  }
}

const limits = (options: WaitOption, context: PvCommandContext) => ({
  timeoutSeconds: options.waitSeconds ?? DEFAULT_WAIT_SECONDS,
  signal: context.signal,
});

function wish(options: ReadOptions, info: PvInfo): { readonly type: TypeWish; readonly count: number } {
  const { count = 0 } = options;
  return { type: wantedType(options), count: Math.min(count, info.elementCount) };
}

/**
 * The type that the tools of EPICS base ask for: with the time; for an ENUM its state's text unless numbers are wanted.
 */
function wantedType(options: ReadOptions): TypeWish {
  if (options.type !== undefined) return dbrCodeOf(options.type) ?? 0;
  return (native) => dbrCodeOf(native === "ENUM" && options.numbers !== true ? "TIME_STRING" : `TIME_${native}`) ?? 0;
}

function isTypeKnown(options: ReadOptions, context: PvCommandContext): boolean {
  if (options.type === undefined || dbrCodeOf(options.type) !== undefined) return true;
  context.err(`-d: "${options.type}" is no DBR type; give a name such as CTRL_DOUBLE or a number from 0 to 38.`);
  return false;
}

/** The value to put, from the texts of the command line; undefined if their number does not fit. */
function putValue(
  values: readonly string[],
  options: PutCommandOptions,
): number | string | readonly string[] | undefined {
  const bytes = values.map(toByteString);
  if (options.array === true) return Number(bytes[0]) === bytes.length - 1 ? bytes.slice(1) : undefined;
  const [only, ...others] = bytes;
  if (only === undefined || others.length > 0) return undefined;
  return options.numbers === true && only.trim() !== "" && !Number.isNaN(Number(only)) ? Number(only) : only;
}
