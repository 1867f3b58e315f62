/**
 * Why an IOC refused a put, as far as its other PVs tell: Channel Access itself carries no more than a status. Puts
 * nothing.
 */
import type { CaClient } from "../ca/client/client.ts";
import type { WaitOptions } from "../ca/client/pending.ts";
import type { Reading } from "../ca/client/reading.ts";
import { escaped } from "./pv-text.ts";

/** Longest wait for a PV that may not exist, and longest wait for its value. */
const MOST_SECONDS = 1;

/**
 * @param name of the PV, in bytes
 * @param options the put's own limits; the wait here is short, as the put itself may take an hour
 * @returns a clause: that nobody may write to the record, or what the Message PV beside the record says of it;
 * undefined when there is neither
 */
export async function whyRefused(client: CaClient, name: string, options: WaitOptions): Promise<string | undefined> {
  const limits = { ...options, timeoutSeconds: Math.min(options.timeoutSeconds ?? MOST_SECONDS, MOST_SECONDS) };
  const record = name.replace(/\.[A-Z0-9]+\$?$/, "");
  const prefix = record.slice(0, record.lastIndexOf(":") + 1);
  const hasPrefix = prefix !== "";
  const [disabled, message, lastError] = await Promise.all([
    read(client, `${record}.DISP`, limits),
    hasPrefix ? read(client, `${prefix}Message`, limits) : undefined,
    hasPrefix ? read(client, `${prefix}LastError`, limits) : undefined,
  ]);
  if (disabled?.value === 1) return `its DISP is 1: it is a result, which its IOC alone writes`;
  // Both are long texts on a data-management IOC; another IOC may have a Message of another kind.
  const said = [message, lastError].every((one) => one?.type.native === "CHAR") ? (message?.text ?? "") : "";
  return names(said, record.slice(prefix.length)) ? `${escaped(prefix)}Message says: ${escaped(said)}` : undefined;
}

/** Whether a sentence is about this PV; an older sentence about another PV is no reason. */
const names = (sentence: string, suffix: string): boolean => sentence.split(/[^\w]+/).includes(suffix);

/** @returns undefined where there is no such PV, or nothing can be read */
async function read(client: CaClient, name: string, limits: WaitOptions): Promise<Reading | undefined> {
  const pv = client.pv(name);
  try {
    await pv.connected(limits);
    return await pv.get({ ...limits });
  } catch {
    return undefined;
  } finally {
    pv.close();
  }
}
