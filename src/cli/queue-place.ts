/**
 * Where the transfer queue is asked: at the door of the process that has the ledger, or, where none has it, in the
 * ledger itself, which is open no longer than one answer takes. Prints nothing.
 */
import { existsSync } from "node:fs";
import { type Clock, sleep } from "../base/clock.ts";
import { ActionError } from "../base/errors.ts";
import type { DeskAnswer, DeskRequest } from "../controller/ports/queue-desk.ts";
import { createQueueDesk, ledgerDesk } from "../controller/transfers/queue-desk.ts";
import { databaseFolder, isHalfRecovered, QUEUE_DATABASE } from "../services/ledger/files.ts";
import { LedgerLockedError, type LedgerOwner, ownerText } from "../services/ledger/place.ts";
import { askAtDoor } from "../services/ledger/queue-door-client.ts";
import { doorPath } from "../services/ledger/queue-door-words.ts";
import { createQueueLedger } from "../services/ledger/queue-ledger.ts";

export interface QueuePlaceOptions {
  /** The ledger's folder. */
  readonly ledger: string;
  /** This machine's name. */
  readonly host: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface QueueAnswer {
  /** The process that answers; absent where no process has the ledger. */
  readonly holder?: LedgerOwner;
  readonly answers: AsyncIterable<DeskAnswer>;
}

/** For another command like this one, or an IOC that begins or ends. */
const ATTEMPTS = 15;
const AGAIN_SECONDS = 0.2;

/** The answers must be read to their end. @throws ActionError, the signal's reason */
export async function askQueue(options: QueuePlaceOptions, request: DeskRequest): Promise<QueueAnswer> {
  const { ledger, clock, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const door = await askAtDoor(options, request);
    if (door !== undefined) return door;
    if (!existsSync(databaseFolder(ledger, QUEUE_DATABASE)) && !isHalfRecovered(ledger, QUEUE_DATABASE))
      return { answers: noQueue(ledger, request) };
    try {
      return { answers: await answersHere(options, request) };
    } catch (thrown) {
      if (!(thrown instanceof LedgerLockedError)) throw thrown;
      if (attempt === ATTEMPTS) throw heldElsewhere(thrown, options);
    }
    await sleep(clock, AGAIN_SECONDS, signal);
  }
}

async function* noQueue(ledger: string, request: DeskRequest): AsyncIterable<DeskAnswer> {
  const { ask } = request;
  const message = `There is no transfer queue in ${ledger} yet: no scan was seen with it. Another globus.conf, or another user, has another ledger.`;
  const isNoMatter = ask === "list" || ask === "export" || (ask === "retry" && request.scans.length === 0);
  yield { end: { isDone: isNoMatter, message } };
}

/** Opens the ledger. @throws ActionError */
async function answersHere({ ledger, host, clock }: QueuePlaceOptions, request: DeskRequest) {
  const opened = createQueueLedger({ path: ledger, owner: { pid: process.pid, host } });
  try {
    const queue = await ledgerDesk(opened, clock);
    return closing(createQueueDesk(() => queue).answer(request), () => opened.close());
  } catch (thrown) {
    await opened.close();
    throw thrown;
  }
}

async function* closing<T>(items: AsyncIterable<T>, close: () => Promise<void>): AsyncIterable<T> {
  try {
    yield* items;
  } finally {
    await close();
  }
}

function heldElsewhere({ owner }: LedgerLockedError, { ledger, host }: QueuePlaceOptions): ActionError {
  const who = `The ledger ${ledger} is held by ${ownerText(owner)}`;
  return new ActionError(
    owner !== undefined && owner.host !== host
      ? `${who}: run globus-ioc queue on ${owner.host}`
      : `${who}, which does not answer at ${doorPath(ledger)}: its log says why, or end it`,
  );
}
