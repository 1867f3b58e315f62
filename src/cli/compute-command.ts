/**
 * `globus-ioc compute …`: one command from its options to its exit status. What is registered is kept by name in the
 * file of [compute] functions; a source that was registered before is not registered again.
 */
import path from "node:path";
import { ActionError, messageOf } from "../base/errors.ts";
import { Digest } from "../base/ids.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { listed } from "../base/word-list.ts";
import { functionId } from "../controller/compute/compute-site.ts";
import { pythonFunction } from "../controller/compute/python-source.ts";
import { LoginNeededError } from "../services/globus/errors.ts";
import { runClientCommand } from "./client-command.ts";
import { givenOptions } from "./client-settings.ts";
import type { ComputeContext, ComputeWork } from "./compute-context.ts";
import type { ComputeAsked } from "./compute-program.ts";
import { followTask, tellTask } from "./compute-task.ts";
import { done, type Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runCompute(request: ComputeAsked, context: ComputeContext): Promise<number> {
  const options = givenOptions([{ section: "compute", key: "endpoint", text: request.endpoint, option: "--endpoint" }]);
  const command = { name: `compute ${request.what}`, flags: request, options };
  return await runClientCommand(command, context, async ({ screen, ...opening }) => {
    const desk = await context.open(opening);
    try {
      return await perform(request, { ...desk, clock: context.clock, signal: context.signal, screen });
    } finally {
      await desk.close();
    }
  });
}

async function perform(request: ComputeAsked, work: ComputeWork): Promise<Ending> {
  if (request.what === "register")
    return await register(request, work).catch((thrown: unknown) => lacking(thrown, work));
  if (request.what === "status" && request.task !== undefined) return await tellTask(request.task, work);
  if (work.endpoint === "")
    throw new UsageError("There is no endpoint: set endpoint in the [compute] section, or give --endpoint.");
  return request.what === "run" ? await run(request, work) : await tellEndpoint(work);
}

/** A login is asked for Compute where the settings need Compute. @throws always */
function lacking(thrown: unknown, { endpoint }: ComputeWork): never {
  if (!(thrown instanceof LoginNeededError) || endpoint !== "") throw thrown;
  throw new ActionError(
    "The login is not for Globus Compute: set endpoint in the [compute] section of globus.conf, and run `globus-ioc login`.",
    { cause: thrown },
  );
}

async function register(
  { file, name }: ComputeAsked & { readonly what: "register" },
  { compute, functions, client, clock, signal, screen }: ComputeWork,
): Promise<Ending> {
  const { source, outside } = pythonFunction(await readSource(file), name, file);
  if (outside.length > 0)
    screen.warn(
      `${name} uses ${listed(outside)} of ${file}, which the endpoint does not have: import or define ${outside.length === 1 ? "it" : "them"} in the function.`,
    );
  const digest = new Digest();
  for (const part of [name, source]) digest.add(part);
  const before = (await functions.all()).find((one) => one.name === name);
  if (before !== undefined && before.digest === digest.text && before.client === client)
    return done(`${name} is registered already, as it is in ${file}: ${before.id}.`, { name, id: before.id });
  const id = await compute.register({ name, source }, { signal });
  const known = { name, id, digest: digest.text, file: path.resolve(file), client, registered: clock.now() };
  await functions.put(known).catch((thrown: unknown) => {
    throw new ActionError(`${name} is registered as ${id}, which is not kept: ${messageOf(thrown)}`, { cause: thrown });
  });
  const replaced = before === undefined ? "" : ` in place of ${before.id}`;
  return done(`${name} is registered as ${id}${replaced}; ${functions.path} has it by its name.`, { name, id });
}

/** @throws ActionError */
async function readSource(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readRegularFile(file));
  } catch (error) {
    const why = error instanceof TypeError ? "it is no UTF-8" : messageOf(error, file);
    throw new ActionError(`${file} cannot be read: ${why}.`, { cause: error });
  }
}

async function run(
  { name, args = "[]", wait }: ComputeAsked & { readonly what: "run" },
  work: ComputeWork,
): Promise<Ending> {
  const { compute, endpoint, endpointConfig, signal, screen } = work;
  const given = argumentsIn(args);
  const id = await functionId(work, name);
  const config = await endpointConfig();
  const { isOnline, said } = await compute.endpoint(endpoint, { signal });
  if (!isOnline) screen.warn(`The endpoint ${endpoint} is ${said || "not online"}: the task waits for it.`);
  const asked = { endpoint, function: id, args: given, ...(config !== undefined && { endpointConfig: config }) };
  const { task } = await compute.submit(asked, { signal });
  if (wait === true) return await followTask(task, work);
  return done(`${name} is submitted as the task ${task}: globus-ioc compute status ${task} says how it stands.`, {
    task,
  });
}

/** @throws UsageError */
function argumentsIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as unknown[];
  } catch {
    // it is told below
  }
  throw new UsageError(`${JSON.stringify(text)} is no JSON array of arguments, such as '["/data/a1.h5", 3]'.`);
}

async function tellEndpoint({ compute, endpoint, signal }: ComputeWork): Promise<Ending> {
  const { isOnline, said, waiting } = await compute.endpoint(endpoint, { signal });
  const tasks = waiting === undefined ? "" : `; ${waiting} ${waiting === 1 ? "task waits" : "tasks wait"} there`;
  return {
    state: isOnline ? "Done" : "Failed",
    message: `The endpoint ${endpoint} is ${said || "not online"}${tasks}.`,
    exitStatus: isOnline ? EXIT.done : EXIT.failed,
    details: { endpoint, isOnline, said, ...(waiting !== undefined && { waiting }) },
  };
}
