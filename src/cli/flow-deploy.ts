/**
 * `globus-ioc flow deploy`: from a template or files of the site to a flow at Globus, and to the file here that says
 * which it is. The file is written when the flow is there, and never after a failure.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { visible } from "../base/clean-text.ts";
import { ActionError, messageOf } from "../base/errors.ts";
import { linkedFile } from "../base/linked-file.ts";
import { makeFolder } from "../base/make-folder.ts";
import { replaceFile } from "../base/replace-file.ts";
import { type Deployed, deployFlow } from "../controller/flows/deploy.ts";
import { FREE_DAYS, flowExpiry } from "../controller/flows/flow-expiry.ts";
import type { FlowFiles } from "../controller/ports/flow-files.ts";
import type { FlowReport } from "../controller/ports/flows.ts";
import { loginCommand } from "../controller/ports/identity.ts";
import { readFlowFile } from "../services/flow-files.ts";
import { done, type Ending } from "./ending.ts";
import { UsageError } from "./exit-status.ts";
import type { FlowWork } from "./flow-context.ts";
import type { DeployFlags } from "./flow-request.ts";
import { type FlowSource, sayChanges, sourceOf, USUAL_TEMPLATE } from "./flow-source.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export async function deploy(request: DeployFlags, work: FlowWork): Promise<Ending> {
  const { flows, tasks, files, settings, screen, clock, signal } = work;
  const name = nameIn(request);
  const source = await sourceOf(request, name, work.templates);
  sayChanges(source, work);
  const file = request.infoFile === undefined ? files.pathOf(name) : path.resolve(request.infoFile);
  const known = existsSync(file) ? await readFlowFile(file) : undefined;
  const isDryRun = request.dryRun === true;
  const draft = draftOf(request, name, source, settings.flows["subscription-id"]);
  if (isDryRun) requireSound(await flows.definitionProblems(draft, { signal }), source);
  const asked = {
    draft,
    ...(known !== undefined && { known: { id: known.id, file } }),
    others: await otherFiles(files, file),
    takeOver: request.takeOver === true,
    login: await tasks.owner({ signal }),
    isDryRun,
  };
  const deployed = await deployFlow(flows, asked, { clock, signal });
  for (const note of deployed.notes) screen.warn(note);
  const { flow, did } = deployed;
  if (isDryRun || flow === undefined)
    return done(`Nothing was changed. ${wouldText(deployed, draft.title)}`, { did, flow: flow?.document });
  await keep(file, flow);
  return done(endText(deployed, flow, { name, file, work, isFile: request.infoFile !== undefined }), {
    did,
    name,
    file,
    flow: flow.document,
  });
}

/** Files of other names, by the id of the flow of each; what is none of a flow is not what this is about. */
async function otherFiles(files: FlowFiles, own: string): Promise<ReadonlyMap<string, string>> {
  const names = (await files.names()).filter((name) => files.pathOf(name) !== own);
  const found = await Promise.all(names.map(async (name) => files.read(name).catch(() => undefined)));
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.id, one.path] as const])));
}

/** @throws UsageError */
function nameIn({ name, definition }: DeployFlags): string {
  const given = name ?? (definition === undefined ? USUAL_TEMPLATE : path.basename(definition).replace(/\.json$/, ""));
  if (NAME.test(given)) return given;
  throw new UsageError(`${visible(given)} is no name for a flow: use letters, digits, dots, dashes and underscores.`);
}

function draftOf(request: DeployFlags, name: string, source: FlowSource, usual: string) {
  const { title, subtitle, description, keywords, subscriptionId, starter, viewer } = request;
  const comment = source.definition["Comment"];
  const about = description ?? (source.isTemplate && typeof comment === "string" ? comment : undefined);
  const subscription = subscriptionId ?? usual;
  return {
    title: title ?? `globus-ioc ${name}`,
    definition: source.definition,
    inputSchema: source.inputSchema,
    ...(subtitle !== undefined && { subtitle }),
    ...(about !== undefined && { description: about }),
    ...(keywords !== undefined && { keywords }),
    ...(subscription !== "" && { subscription }),
    ...(starter !== undefined && { starters: starter }),
    ...(viewer !== undefined && { viewers: viewer }),
  };
}

function requireSound(problems: readonly string[], { file }: FlowSource): void {
  if (problems.length > 0) throw new ActionError(`Globus does not take ${file}: ${problems.join("; ")}`);
}

function wouldText({ did, flow }: Deployed, title: string): string {
  const named = `the flow ${visible(title)}${flow === undefined ? "" : ` (${flow.id})`}`;
  if (did === "unchanged") return `${named} is as it should be.`.replace(/^t/, "T");
  return `${named} would be ${did}.`.replace(/^t/, "T");
}

interface Kept {
  readonly name: string;
  readonly file: string;
  /** The person has named the file. */
  readonly isFile: boolean;
  readonly work: FlowWork;
}

function endText({ did }: Deployed, flow: FlowReport, { name, file, isFile, work }: Kept): string {
  const { settings, clock } = work;
  const called = isFile ? file : name;
  const how = did === "unchanged" ? "is as it was" : `was ${did}`;
  const isPerson = settings["globus-auth"]["client-secret-file"] === "";
  const { iso, message } = flowExpiry(flow, called, clock.now());
  const free = `Without a subscription Globus deletes it after ${FREE_DAYS} days, on ${iso.slice(0, 16).replace("T", " ")}.`;
  return [
    `The flow ${visible(flow.title)} (${flow.id}) ${how}, and ${file} says so.`,
    ...(isPerson && did !== "unchanged" ? [`Before its next run: ${loginCommand(called)}.`] : []),
    ...(message !== "" ? [message] : iso === "" ? [] : [free]),
  ].join(" ");
}

/** @throws ActionError */
async function keep(file: string, flow: FlowReport): Promise<void> {
  try {
    await makeFolder(path.dirname(file));
    await replaceFile(await linkedFile(file), `${JSON.stringify(flow.document, null, 2)}\n`, { mode: 0o644 });
  } catch (thrown) {
    throw new ActionError(
      `The flow ${flow.id} is deployed, but ${file} cannot be written: ${messageOf(thrown, file)}; deploy it again when it can, which makes no other flow`,
      { cause: thrown },
    );
  }
}
