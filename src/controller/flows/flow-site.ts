/** What the commands and watches of flows work with at one beamline. */

import type { JsonObject } from "../../base/json-object.ts";
import type { FlowFiles } from "../ports/flow-files.ts";
import type { Flows } from "../ports/flows.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";

export interface FlowSite {
  readonly flows: Flows;
  readonly tasks: TransferTasks;
  readonly files: FlowFiles;
  /** What operators call a flow, by its id, as far as its file was read; else the id. */
  readonly nameOf: (id: string) => string;
  /** Of the settings: the flow that is run where nobody names one; "": none. */
  readonly flow: string;
  /** The site's own part of the input of each run. @throws ActionError for a file that cannot be used */
  readonly input: () => Promise<JsonObject>;
  /** Seconds between two looks at a run. */
  readonly pollSeconds: number;
}
