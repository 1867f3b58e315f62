/**
 * `globus-ioc trigger SCAN`: puts scans in by hand. The process that has the queue takes them at its door; where none
 * answers they are left in the drop folder beside the ledger, which is read as soon as one runs.
 */
import path from "node:path";
import { isUnclean, visible } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import type { DeskEnd } from "../controller/ports/queue-desk.ts";
import type { HandScan } from "../controller/ports/scan-drops.ts";
import { dropFolder, dropScan } from "../services/ledger/drop-folder.ts";
import { ownerText } from "../services/ledger/place.ts";
import { askAtDoor } from "../services/ledger/queue-door-client.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { folderOf } from "./ledger-command.ts";
import type { QueueContext } from "./queue-command.ts";
import { JsonScreen, TextScreen, wantsColours } from "./screen.ts";

export interface TriggerRequest {
  readonly scans: readonly string[];
  /** `--to`, names of destinations. */
  readonly to?: readonly string[];
  /** `--config`. */
  readonly config?: string;
  /** `--ledger`. */
  readonly ledger?: string;
  readonly json?: true;
}

type TriggerContext = Omit<QueueContext, "dialogue" | "host">;

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runTrigger(request: TriggerRequest, context: TriggerContext): Promise<number> {
  const { out, err, isTerminal, environment, signal } = context;
  const hasColours = wantsColours(isTerminal, environment);
  const screen =
    request.json === true ? new JsonScreen(out) : new TextScreen({ out, err, isTerminal, hasColours, isVerbose: true });
  let ending: Ending;
  try {
    ending = await trigger(request, context);
  } catch (thrown) {
    ending = failureEnding(thrown, signal);
  }
  screen.end({ command: "trigger", results: new Map(), ...ending });
  return ending.exitStatus;
}

async function trigger(request: TriggerRequest, context: TriggerContext): Promise<Ending> {
  const scans = request.scans.map((scan) => handScan(scan, request.to));
  const ledger = folderOf(request, { environment: context.environment, setZone: context.setZone });
  const answer = await askAtDoor({ ledger, clock: context.clock, signal: context.signal }, { ask: "trigger", scans });
  if (answer === undefined) return dropped(ledger, scans, context);
  let end: DeskEnd | undefined;
  for await (const one of answer.answers) if ("end" in one) end = one.end;
  if (end === undefined) throw new ActionError("The queue has not answered to the end");
  return {
    state: end.isDone ? "Done" : "Failed",
    message: `${end.message} This is what ${ownerText(answer.holder)} says.`,
    exitStatus: end.isDone ? EXIT.done : EXIT.failed,
    details: { holder: answer.holder },
  };
}

/** @throws UsageError */
function handScan(text: string, destinations: readonly string[] | undefined): HandScan {
  if (text === "" || isUnclean(text))
    throw new UsageError(`${visible(text)} is no path of a scan: give the path of its file or folder.`);
  return { file: path.resolve(text), ...(destinations !== undefined && { destinations }) };
}

async function dropped(
  ledger: string,
  scans: readonly HandScan[],
  { clock }: Pick<TriggerContext, "clock">,
): Promise<Ending> {
  const files: string[] = [];
  for (const scan of scans) files.push(await dropScan(ledger, scan, clock));
  const many = scans.length === 1 ? "the scan lies" : `${scans.length} scans lie`;
  return {
    state: "Done",
    message: `Nobody answers for the ledger ${ledger}, so ${many} in ${dropFolder(ledger)} until an IOC, or globus-ioc watch, runs with it.`,
    exitStatus: EXIT.done,
    details: { dropped: files },
  };
}
