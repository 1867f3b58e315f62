/**
 * What a person can do about scans, in words: by the PVs and globus.conf of an IOC, or, where a command in the
 * foreground has the queue, by commands that name its ledger. Pure.
 */
import type { TransferSite } from "./rules.ts";

type QueueOwner = Pick<TransferSite, "foreground">;

/** @param words of `globus-ioc queue` */
export const queueCommand = (words: string, { foreground }: QueueOwner): string =>
  `globus-ioc queue ${words}${foreground === undefined ? "" : ` --ledger ${foreground.ledger}`}`;

/** What tries again at once all that has failed. */
export const retryName = (owner: QueueOwner): string =>
  owner.foreground === undefined ? "QueueRetry" : queueCommand("retry --all", owner);

/** Why nothing goes to a destination any more, a clause. */
export const goneText = (destination: string, owner: QueueOwner): string =>
  owner.foreground === undefined
    ? `there is no [destination ${destination}] in globus.conf any more: put it back and press QueueRetry, or drop the scan`
    : `this command sends elsewhere: give the earlier one again, or drop the scan (${queueCommand("drop SCAN", owner)})`;

/** Below what scans must lie. */
export function topText({ source, foreground }: Pick<TransferSite, "source" | "foreground">): string {
  const { top, name } = source.original ?? source.source;
  return `${top} of ${name}${foreground === undefined ? " ([source] in globus.conf)" : ", from where this command sends"}`;
}
