/** Which flow is meant where one is named: a UUID, or the name under which it was deployed. */

import { didYouMeanSentence } from "../../base/suggest.ts";
import { UUID } from "../../base/uuid.ts";
import type { FlowFiles } from "../ports/flow-files.ts";
import { RejectedError } from "../run/outcome.ts";
import type { FlowSite } from "./flow-site.ts";

export interface NamedFlow {
  /** As a person named it: what commands in sentences take. */
  readonly name: string;
  /** A UUID in lower case. */
  readonly id: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** @throws RejectedError for a name that nobody deployed; ActionError for a file that is none of a flow */
export async function namedFlow(flow: string, files: FlowFiles): Promise<NamedFlow> {
  if (UUID.test(flow)) return { name: flow.toLowerCase(), id: flow.toLowerCase() };
  if (!NAME.test(flow))
    throw new RejectedError(
      `${JSON.stringify(flow)} names no flow: give its UUID, or its name, of letters, digits, dots, dashes and underscores`,
    );
  const found = await files.read(flow);
  if (found !== undefined) return { name: flow, id: found.id };
  const near = didYouMeanSentence(flow, await files.names());
  throw new RejectedError(
    `No flow ${flow} is deployed, for ${files.pathOf(flow)} does not exist: globus-ioc flow deploy ${flow}, with --definition FILE where it is no template.${near}`,
  );
}

/** The one that a person has named, or the site's. @returns undefined where neither names one @throws as `namedFlow` */
export async function chosenFlow(
  named: string,
  { files, flow }: Pick<FlowSite, "files" | "flow">,
): Promise<NamedFlow | undefined> {
  const chosen = named.trim() || flow;
  return chosen === "" ? undefined : await namedFlow(chosen, files);
}
