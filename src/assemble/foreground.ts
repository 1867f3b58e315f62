/**
 * The transfers of one command, without an IOC and without EPICS: the same queue as an IOC's, with a ledger of its own.
 * Chooses implementations and decides nothing else.
 */

import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import type { Identity } from "../controller/ports/identity.ts";
import type { ScanTags } from "../controller/ports/queue-ledger.ts";
import type { Severity } from "../controller/pvs/run.ts";
import type { TransferSite } from "../controller/transfers/rules.ts";
import { Transfers } from "../controller/transfers/transfers.ts";
import type { TreeTrigger } from "../controller/transfers/triggers/tree-trigger.ts";
import { openMail } from "./email.ts";
import { openGlobus } from "./globus.ts";
import { openNotify } from "./notify.ts";
import { type MutableEnvironment, type PartOptions, Problems } from "./parts.ts";
import { transferSite } from "./transfers.ts";

export interface ForegroundOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  /** This machine's name. */
  readonly host: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly troubles: Troubles;
  /** What a folder is called at the destination; absent: as here. */
  readonly as?: string;
  /** As of a queue. */
  readonly isOneCopy: boolean;
  readonly tagsOf: (file: string) => ScanTags;
  /** As of a site. */
  readonly trees: readonly TreeTrigger[];
  /** Tells whoever has started the command. */
  readonly say: (sentence: string, severity?: Severity) => void;
}

export interface Foreground {
  readonly transfers: Transfers;
  readonly globus: Identity;
  close(): Promise<void>;
}

/** Opens nothing and reaches nobody yet. @throws ConfigError */
export function openForeground(options: ForegroundOptions): Foreground {
  const { settings, as, isOneCopy, tagsOf, trees, host, clock, log, say } = options;
  const closers: PartOptions["closers"] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.map(async (one) => one()));
  };
  const problems = new Problems();
  const parts: PartOptions = { ...options, problems, closers };
  try {
    const globus = openGlobus(parts);
    const { mailer } = openMail(parts, options);
    const notify = openNotify(parts, { mailer, host, prefix: undefined });
    let transfers: Transfers | undefined;
    const find = () => transfers?.running ?? transfers?.trouble ?? "The ledger is being read: try again in a moment";
    const opened = problems.collect("[source]", () => transferSite(parts, { host, globus, notify, isOneCopy }, find));
    problems.throwIfAny();
    const foreground = { ledger: settings.ledger.path };
    const site = { ...named(opened as TransferSite, as), tagsOf, trees, foreground };
    transfers = new Transfers({ site, clock, log, say, random: Math.random });
    closers.push(globus.keepAlive());
    return { transfers, globus: globus.identity, close };
  } catch (thrown) {
    close().catch((failure: unknown) => log.warn(`not everything was closed: ${messageOf(failure)}`));
    throw thrown;
  }
}

const named = (site: TransferSite, as: string | undefined): TransferSite =>
  as === undefined
    ? site
    : { ...site, destinations: site.destinations.map((row) => (row.kind === "copy" ? { ...row, as } : row)) };
