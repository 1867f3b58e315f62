/** `globus-ioc flow list | show | log | cancel | resume | delete`: what is asked of a flow, or of a run, at once. */
import { rm } from "node:fs/promises";
import { escapeUnclean, oneLine, visible } from "../base/clean-text.ts";
import { sleep } from "../base/clock.ts";
import { facilityMinute, facilitySecond } from "../base/facility-time.ts";
import { isJsonObject, type JsonObject } from "../base/json-object.ts";
import { isOurs } from "../controller/flows/deploy.ts";
import { flowExpiry } from "../controller/flows/flow-expiry.ts";
import { isOver, runUrl, runWords } from "../controller/flows/run-words.ts";
import type { FlowReport, RunReport } from "../controller/ports/flows.ts";
import { done, type Ending, failed } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { type FlowWork, flowNamed, runNamed } from "./flow-context.ts";
import { tableLines } from "./queue-text.ts";
import { isConfirmed } from "./trust-host.ts";

export async function listFlows({ flows, tasks, nameOf, clock, screen, signal }: FlowWork): Promise<Ending> {
  const [all, login] = await Promise.all([flows.flows({ signal }), tasks.owner({ signal })]);
  const rows = all.map((flow) => {
    const name = nameOf(flow.id) === flow.id ? "" : nameOf(flow.id);
    const isOwn = flow.owner !== "" && login.includes(flow.owner);
    const until = isOwn ? flowExpiry(flow, name || flow.id, clock.now()).iso.slice(0, 10) : "";
    return { flow, name, isOwn, until };
  });
  const head = ["NAME", "ID", "TITLE", "CHANGED", "UNTIL", "WHOSE"];
  const cells = rows.map(({ flow, name, isOwn, until }) => [
    name || "-",
    flow.id,
    oneLine(flow.title),
    flow.updated === 0 ? "-" : facilityMinute(new Date(flow.updated)),
    until || "-",
    isOwn ? (isOurs(flow) ? "ours" : "this login's") : "another's",
  ]);
  if (rows.length > 0) screen.show("Flows", tableLines([head, ...cells]).join("\n"));
  const details = rows.map(({ flow, name, isOwn, until }) => {
    const { id, title, owner, keywords, subscription, created, updated } = flow;
    return { id, name, title, owner, keywords, subscription, created, updated, isOwn, until };
  });
  const count = rows.length === 1 ? "1 flow" : `${rows.length} flows`;
  const none = "This login sees no flow: globus-ioc flow deploy makes one.";
  return done(rows.length === 0 ? none : `This login sees ${count}.`, { flows: details });
}

export async function showFlow(given: string, work: FlowWork): Promise<Ending> {
  const { flows, files, clock, screen, signal } = work;
  const { id, name } = await flowNamed(given, files);
  const flow = await flows.flow(id, { signal });
  const { message, iso } = flowExpiry(flow, name, clock.now());
  screen.show(oneLine(flow.title), flowText(flow, iso).join("\n"));
  screen.show("Its steps", stepsText(flow.definition).join("\n"));
  screen.show("The input of a run", inputText(flow.inputSchema).join("\n"));
  if (message !== "") screen.warn(message);
  return done(`This is the flow ${name}.`, { flow: flow.document });
}

const flowText = (flow: FlowReport, until: string): string[] =>
  [
    ["id", flow.id],
    ["page", `https://app.globus.org/flows/${flow.id}`],
    ["owner", flow.owner],
    ["keywords", flow.keywords.join(", ")],
    ["subscription", flow.subscription ?? "none"],
    ["until", until],
    ["changed", flow.updated === 0 ? "" : facilityMinute(new Date(flow.updated))],
  ].flatMap(([label, text = ""]) => (text === "" ? [] : [`${label}: ${oneLine(text)}`]));

function stepsText({ StartAt: start, States: states }: JsonObject): string[] {
  if (!isJsonObject(states)) return ["Globus does not show them to this login."];
  return Object.entries(states).map(([name, state]) => {
    const { Type: type, ActionUrl: url, Next: next } = isJsonObject(state) ? state : {};
    const parts = [type, url].filter((one) => typeof one === "string").join(" ");
    const then = typeof next === "string" ? `, then ${escapeUnclean(next)}` : "";
    return `${name === start ? "→ " : ""}${escapeUnclean(name)}: ${oneLine(parts)}${then}`;
  });
}

/** The properties of the input, those of objects below theirs. */
function inputText(schema: JsonObject, indent = ""): string[] {
  const { properties, required } = schema;
  if (!isJsonObject(properties)) return indent === "" ? ["Anything: the flow has no input schema."] : [];
  const needed: unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isJsonObject(property)) return [];
    const { type, description, enum: words } = property;
    const kind = Array.isArray(words) ? words.join(" | ") : typeof type === "string" ? type : "anything";
    const about = typeof description === "string" ? `: ${description}` : "";
    const line = `${indent}${name} (${kind}${needed.includes(name) ? "" : ", may be left out"})${about}`;
    return [oneLine(line).replace(/^ */, indent), ...inputText(property, `${indent}  `)];
  });
}

export async function deleteFlow(
  { flow: given, yes, json }: { readonly flow: string; readonly yes?: true; readonly json?: true },
  work: FlowWork,
): Promise<Ending> {
  const { flows, files, dialogue, signal } = work;
  const { id, name } = await flowNamed(given, files);
  if (yes !== true && (json === true || !dialogue.isTerminal))
    throw new UsageError("Nobody can be asked without a terminal, or with --json: say --yes to delete the flow.");
  const { title } = await flows.flow(id, { signal });
  const question = `Delete the flow ${visible(title)} (${id}) at Globus, which nobody can then run (yes/no)? `;
  if (yes !== true && !(await isConfirmed(dialogue, question)))
    return { state: "Cancelled", message: "Nothing was deleted.", exitStatus: EXIT.failed };
  await flows.remove(id, { signal });
  const file = await files.read(name).catch(() => undefined);
  if (file?.id === id) await rm(file.path, { force: true });
  return done(`The flow ${visible(title)} (${id}) was deleted.`, { id });
}

export async function runLog(given: string, { flows, nameOf, screen, signal }: FlowWork): Promise<Ending> {
  const id = runNamed(given);
  const report = await flows.run(id, { signal });
  const entries = await flows.log(id, { signal });
  const told = new Set<string>(); // Flows has the tasks of earlier steps in each later entry, too
  const lines = entries.map(({ time, code, step, description, tasks: all }) => {
    const tasks = all.filter((task) => !told.has(task));
    for (const task of tasks) told.add(task);
    return [
      facilitySecond(new Date(time)),
      code,
      ...(step === "" ? [] : [step]),
      ...(description === "" ? [] : [description]),
      ...(tasks.length === 0 ? [] : [`(task ${tasks.join(", ")})`]),
    ]
      .map(oneLine)
      .join("  ");
  });
  if (lines.length > 0) screen.show(`Run ${id}`, lines.join("\n"));
  return done(runWords(report, { flowName: nameOf(report.flow) }).sentence, { run: report, entries });
}

export async function cancelRun(given: string, work: FlowWork): Promise<Ending> {
  const { flows, signal } = work;
  const id = runNamed(given);
  const before = await flows.run(id, { signal });
  if (isOver(before)) return done(`${sentenceOf(before, work)} There is nothing to cancel.`, { run: before });
  await flows.cancel(id, { signal });
  const after = await settled(before, work);
  const isGone = isOver(after);
  return done(
    isGone ? sentenceOf(after, work) : `Globus was asked to cancel the run ${id}: ${runUrl(id)} shows when it has.`,
    { run: after },
  );
}

export async function resumeRun(given: string, work: FlowWork): Promise<Ending> {
  const { flows, screen, signal } = work;
  const id = runNamed(given);
  const before = await flows.run(id, { signal });
  const said = sentenceOf(before, work);
  if (before.question !== undefined && !isOver(before)) return failed(said, { run: before });
  if (before.state !== "INACTIVE") {
    const details = { run: before };
    return isOver(before)
      ? failed(`${said} It cannot be resumed.`, details)
      : done(`${said} It needs no resuming.`, details);
  }
  screen.say(said);
  await flows.resume(id, before.flow, { signal });
  const after = await settled(before, work);
  const details = { run: after };
  if (after.state === "INACTIVE") return failed(sentenceOf(after, work), details);
  return done(`${sentenceOf(after, work)} Follow it with \`globus-ioc flow monitor ${id}\`.`, details);
}

const sentenceOf = (report: RunReport, { nameOf }: Pick<FlowWork, "nameOf">): string =>
  runWords(report, { flowName: nameOf(report.flow) }).sentence;

/** Seconds between looks, and looks, until what was asked of a run has had its effect. */
const LOOK_SECONDS = 1;
const LOOKS = 10;

/** The run when its state is another one; as it is after a while, where it stays the same. */
async function settled(before: RunReport, { flows, clock, signal }: FlowWork): Promise<RunReport> {
  for (let look = 1; ; look++) {
    const report = await flows.run(before.id, { signal });
    if (report.state !== before.state || look === LOOKS) return report;
    await sleep(clock, LOOK_SECONDS, signal);
  }
}
