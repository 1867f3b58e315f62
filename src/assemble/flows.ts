/**
 * Flows of Globus as the settings have them: which flow, where flows are kept by name, the site's own input, and what
 * commands and watches make of them.
 */

import { ActionError, messageOf } from "../base/errors.ts";
import { readJsonObject } from "../base/json-object.ts";
import { readRegularFile } from "../base/regular-file.ts";
import {
  flowCancel,
  flowMonitor,
  flowRespond,
  flowResume,
  flowRun,
  respondArm,
} from "../controller/flows/flow-commands.ts";
import { watchFlow } from "../controller/flows/flow-look.ts";
import type { FlowSite } from "../controller/flows/flow-site.ts";
import { watchRuns, withoutFlows } from "../controller/flows/flows-watch.ts";
import type { QuestionBoard } from "../controller/flows/question-board.ts";
import type { FlowFiles } from "../controller/ports/flow-files.ts";
import type { Actions } from "../controller/run/action.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { Site } from "../controller/site.ts";
import { GLOBUS_OFF } from "../controller/transfers/hold.ts";
import type { FindTransfers } from "../controller/transfers/transfer-run.ts";
import { createFlowFiles } from "../services/flow-files.ts";
import type { GlobusPart } from "./globus.ts";
import type { PartOptions } from "./parts.ts";

export interface FlowPart {
  readonly actions: Pick<Actions, "FlowRun" | "FlowMonitor" | "FlowCancel" | "FlowResume" | "FlowRespond">;
  readonly arms: Site["arms"];
  readonly watches: readonly Watch[];
}

/** @param find the runs of a running IOC */
export function openFlows(
  options: Pick<PartOptions, "settings" | "clock">,
  site: FlowSite | undefined,
  find: FindTransfers,
): FlowPart {
  const { clock } = options;
  let shown: QuestionBoard | undefined;
  const board = (): QuestionBoard | undefined => shown;
  let showRun = (): void => {};
  const onBoard = (made: QuestionBoard, show: () => void): void => {
    shown = made;
    showRun = show;
  };
  const about = { site, find, board, showRun: () => showRun(), clock };
  return {
    actions: {
      FlowRun: flowRun(about),
      FlowMonitor: flowMonitor(about),
      FlowCancel: flowCancel(about),
      FlowResume: flowResume(about),
      FlowRespond: flowRespond(about),
    },
    arms: { FlowRespondArm: respondArm(board) },
    watches:
      site === undefined ? [withoutFlows(GLOBUS_OFF)] : [watchFlow(site), watchRuns({ site, find, clock, onBoard })],
  };
}

/** Opens nothing and reaches nobody yet. @returns undefined where Globus is off */
export function flowSite(
  { settings: { flows: section } }: Pick<PartOptions, "settings">,
  { flows, tasks }: Pick<GlobusPart, "flows" | "tasks">,
): FlowSite | undefined {
  if (flows === undefined || tasks === undefined) return undefined;
  const names = new Map<string, string>();
  const files = remembering(createFlowFiles(section.directory), names);
  return {
    flows: flows((id) => names.get(id) ?? id),
    tasks,
    files,
    nameOf: (id) => names.get(id) ?? id,
    flow: section.flow,
    input: () => readInput(section["input-file"]),
    pollSeconds: section["watch-seconds"],
  };
}

/** @param names filled with the name of each flow that was read, by its id */
const remembering = (files: FlowFiles, names: Map<string, string>): FlowFiles => ({
  ...files,
  read: async (name) => {
    const found = await files.read(name);
    if (found !== undefined) names.set(found.id, name);
    return found;
  },
});

async function readInput(file: string): ReturnType<FlowSite["input"]> {
  if (file === "") return {};
  let text: string;
  try {
    text = (await readRegularFile(file)).toString("utf8");
  } catch (error) {
    throw new ActionError(`input-file ${file} of [flows] cannot be read: ${messageOf(error, file)}`, { cause: error });
  }
  return readJsonObject(text, file, "the input of runs");
}
