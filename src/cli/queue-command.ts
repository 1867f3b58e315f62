/**
 * `globus-ioc queue list | show | retry | drop | reconcile | export`: what a person asks of the queue of scans,
 * wherever it is (queue-place.ts), and how it is told. What becomes of scans is decided by the process that has the
 * queue.
 */
import { open, rm } from "node:fs/promises";
import { cleanJson, oneLine } from "../base/clean-text.ts";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import type {
  DeskEnd,
  DeskRequest,
  ExportedRecord,
  ScanFilter,
  ScanRow,
  ShownScan,
} from "../controller/ports/queue-desk.ts";
import { SCAN_PV_STATES } from "../controller/pvs/transfers.ts";
import { type LedgerOwner, ownerText } from "../services/ledger/place.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { folderOf, type LedgerContext } from "./ledger-command.ts";
import { askQueue, type QueuePlaceOptions } from "./queue-place.ts";
import { scanParts, scanTable } from "./queue-text.ts";
import { JsonScreen, type Screen, TextScreen, wantsColours } from "./screen.ts";
import { isConfirmed } from "./trust-host.ts";

export type QueueRequest = {
  /** `--config`. */
  readonly config?: string;
  /** `--ledger`. */
  readonly ledger?: string;
  readonly json?: true;
} & (
  | ({ readonly what: "list"; readonly last?: number } & ScanFilter)
  | { readonly what: "show"; readonly scan: string; readonly files: number }
  | { readonly what: "retry"; readonly scans: readonly string[]; readonly all?: true }
  | { readonly what: "drop"; readonly scans: readonly string[]; readonly yes?: true }
  | { readonly what: "reconcile"; readonly enqueue?: true }
  | { readonly what: "export"; readonly file?: string }
);

export interface QueueContext extends LedgerContext, Omit<QueuePlaceOptions, "ledger"> {
  /** Writes to standard output, or standard error; neither adds a line end. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
}

/** Scans that a table has unless more are asked for. */
const MOST_ROWS = 200;
const STATES = SCAN_PV_STATES.filter((state) => state !== "None" && state !== "Unknown");

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runQueue(request: QueueRequest, context: QueueContext): Promise<number> {
  const screen = newScreen(request, context);
  let report: Ending;
  try {
    report = await run(request, {
      ...context,
      screen,
      json: request.json === true,
      ledger: folderOf(request, context),
    });
  } catch (thrown) {
    report = failureEnding(thrown, context.signal);
  }
  if (request.what !== "export" || request.file !== undefined || report.exitStatus !== EXIT.done)
    screen.end({ command: `queue ${request.what}`, results: new Map(), ...report });
  return report.exitStatus;
}

type QueueRun = QueueContext & QueuePlaceOptions & { readonly screen: Screen; readonly json: boolean };

function newScreen({ json }: QueueRequest, { out, err, isTerminal, environment }: QueueContext): Screen {
  if (json === true) return new JsonScreen(out);
  return new TextScreen({ out, err, isTerminal, hasColours: wantsColours(isTerminal, environment), isVerbose: true });
}

function run(request: QueueRequest, context: QueueRun): Promise<Ending> {
  switch (request.what) {
    case "list":
      return list(request, context);
    case "show":
      return show(request, context);
    case "retry":
      return retry(request, context);
    case "drop":
      return drop(request, context);
    case "reconcile":
      return reconcile(request, context);
    case "export":
      return exportAll(request, context);
  }
}

/** What came as an answer, but for the records of an export. */
interface Heard {
  readonly holder: LedgerOwner | undefined;
  readonly rows: readonly ScanRow[];
  readonly shown: ShownScan | undefined;
  /** What was found on the way. */
  readonly lines: readonly string[];
  readonly end: DeskEnd;
}

/** Asks, and shows scans of which a text meant several. @param take gets the records of an export */
async function hear(
  request: DeskRequest,
  context: QueueRun,
  take: (record: ExportedRecord) => Promise<void> | void = () => {},
): Promise<Heard> {
  const { holder, answers } = await askQueue(context, request);
  const rows: ScanRow[] = [];
  const lines: string[] = [];
  let shown: ShownScan | undefined;
  let end: DeskEnd | undefined;
  for await (const answer of answers) {
    if ("row" in answer) rows.push(answer.row);
    else if ("shown" in answer) shown = answer.shown;
    else if ("record" in answer) await take(answer.record);
    else if ("end" in answer) end = answer.end;
    else if ("line" in answer) lines.push(tellLine(answer.line, context));
    else if ("progress" in answer) tellProgress(answer.progress, context);
    else tellSeveral(answer.ambiguous.rows, context);
  }
  if (end === undefined) throw new ActionError("The queue has not answered to the end");
  return { holder, rows, shown, lines, end };
}

/** Shown as it comes: the next may take a while. */
function tellLine(line: string, { out, json }: QueueRun): string {
  if (!json) out(`${oneLine(line)}\n`);
  return line;
}

function tellProgress(progress: string, { err, json, isTerminal }: QueueRun): void {
  if (!json && isTerminal) err(`${oneLine(progress)}\n`);
}

function tellSeveral(rows: readonly ScanRow[], { screen, clock }: QueueRun): void {
  screen.show("Several scans", scanTable(rows, clock.now(), true).join("\n"));
}

function endingOf({ holder, end }: Heard, details?: Readonly<Record<string, unknown>>): Ending {
  const from = holder === undefined ? "" : ` This is what ${ownerText(holder)} says.`;
  return {
    state: end.isDone ? "Done" : "Failed",
    message: end.message + from,
    exitStatus: end.isDone ? EXIT.done : EXIT.failed,
    details: { ...(holder !== undefined && { holder }), ...details },
  };
}

async function list(request: QueueRequest & { readonly what: "list" }, context: QueueRun): Promise<Ending> {
  const { state, last, json, config: _, ledger: ___, what: __, ...filter } = request;
  const most = last ?? (json === true ? undefined : MOST_ROWS);
  const heard = await hear(
    {
      ask: "list",
      ...filter,
      ...(state !== undefined && { state: stateOf(state) }),
      ...(most !== undefined && { last: most }),
    },
    context,
  );
  if (json !== true && heard.rows.length > 0) showTable(heard.rows, context);
  return endingOf(heard, { scans: heard.rows });
}

function showTable(rows: readonly ScanRow[], { out, clock }: QueueRun): void {
  out(`${scanTable(rows, clock.now()).join("\n")}\n`);
}

/** @throws UsageError */
function stateOf(given: string): string {
  const state = STATES.find((one) => one.toLowerCase() === given.toLowerCase());
  if (state !== undefined) return state;
  throw new UsageError(`--state ${cleanJson(given)} is no state: give one of ${STATES.join(", ")}.`);
}

async function show(
  { scan, files, json }: QueueRequest & { readonly what: "show" },
  context: QueueRun,
): Promise<Ending> {
  const heard = await hear({ ask: "show", scan, files }, context);
  const { shown } = heard;
  if (shown !== undefined && json !== true)
    for (const [title, text] of scanParts(shown)) context.screen.show(title, text);
  return endingOf(heard, shown === undefined ? {} : { scan: shown });
}

async function retry({ scans, all }: QueueRequest & { readonly what: "retry" }, context: QueueRun): Promise<Ending> {
  if ((all === true) === scans.length > 0)
    throw new UsageError(
      all === true ? "Give --all, or the scans, not both." : "Say which scans are to be tried again, or --all.",
    );
  return endingOf(await hear({ ask: "retry", scans }, context));
}

async function drop(
  { scans, yes, json }: QueueRequest & { readonly what: "drop" },
  context: QueueRun,
): Promise<Ending> {
  const { dialogue } = context;
  if (yes !== true && (json === true || !dialogue.isTerminal))
    throw new UsageError("Nobody can be asked without a terminal, or with --json: say --yes to drop them.");
  const meant = await hear({ ask: "list", scans }, context);
  if (!meant.end.isDone) return endingOf(meant);
  if (json !== true) showTable(meant.rows, context);
  const count = meant.rows.length;
  const question = `Give ${count === 1 ? "this scan" : `these ${count} scans`} up, and send nothing more of ${count === 1 ? "it" : "them"} (yes/no)? `;
  if (yes !== true && !(await isConfirmed(dialogue, question)))
    return { state: "Cancelled", message: "Nothing was changed.", exitStatus: EXIT.failed };
  return endingOf(await hear({ ask: "drop", scans: meant.rows.map(({ id }) => id) }, context));
}

async function reconcile(
  { enqueue }: QueueRequest & { readonly what: "reconcile" },
  context: QueueRun,
): Promise<Ending> {
  const heard = await hear({ ask: "reconcile", isEnqueued: enqueue === true }, context);
  return endingOf(heard, { lines: heard.lines });
}

async function exportAll({ file }: QueueRequest & { readonly what: "export" }, context: QueueRun): Promise<Ending> {
  if (file !== undefined) return exportTo(file, context);
  return endingOf(await hear({ ask: "export" }, context, (record) => context.out(`${cleanJson(record)}\n`)));
}

/** Characters that are written at once. */
const PIECE = 1 << 16;

/** Leaves no file where the records cannot be written whole. @throws UsageError, ActionError, the signal's reason */
async function exportTo(file: string, context: QueueRun): Promise<Ending> {
  const handle = await open(file, "wx", 0o600).catch((thrown: unknown) => {
    if (codeOf(thrown) === "EEXIST") throw new UsageError(`${file} exists and was left as it is: give another name.`);
    throw unwritten(file, thrown);
  });
  let isWhole = false;
  try {
    let piece = "";
    const tried = (work: Promise<void>): Promise<void> =>
      work.catch((thrown: unknown) => {
        throw unwritten(file, thrown);
      });
    const write = (): Promise<void> => tried(handle.appendFile(piece));
    const heard = await hear({ ask: "export" }, context, async (record) => {
      piece += `${cleanJson(record)}\n`;
      if (piece.length < PIECE) return;
      await write();
      piece = "";
    });
    if (heard.end.isDone) {
      await write();
      await tried(handle.sync());
    }
    isWhole = heard.end.isDone;
    return endingOf(heard, { file });
  } finally {
    await handle.close();
    if (!isWhole) await rm(file, { force: true });
  }
}

const unwritten = (file: string, cause: unknown): ActionError =>
  new ActionError(`${file} cannot be written: ${messageOf(cause, file)}`, { cause });
