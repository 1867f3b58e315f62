/**
 * The flow that the simulated beamline has deployed, as `globus-ioc flow deploy` would, and what a run of it sends
 * where nobody says otherwise.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { GlobusService } from "./globus/service.ts";

export interface SiteFlow {
  /** Under which it was deployed. */
  readonly name: string;
  readonly id: string;
}

/** Of flows/: the one that an account without a subscription deploys. */
const TEMPLATE = "beamline";
/** By which `globus-ioc flow deploy` knows its own flows. */
const KEYWORD = "globus-ioc";
/** What is sent, as the detector's collection shows it, and where it goes on the other. */
const EXAMPLE = { source: "/for-flows/example.dat", destination: "/from-flows/example.dat" } as const;
const EXAMPLE_BYTES = 2_000_000;

/** @param templates the folder flows/ of the package */
export async function deployFlow({ flows }: GlobusService, templates: string): Promise<SiteFlow> {
  const read = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await readFile(path.join(templates, name), "utf8")) as Readonly<Record<string, unknown>>;
  const [definition, inputSchema] = await Promise.all([read(`${TEMPLATE}.json`), read(`${TEMPLATE}.schema.json`)]);
  const { Comment: description } = definition;
  const id = flows.deploy({
    title: `globus-ioc ${TEMPLATE}`,
    keywords: [KEYWORD],
    definition,
    inputSchema,
    isFree: true,
    ...(typeof description === "string" && { description }),
  });
  return { name: TEMPLATE, id };
}

/** @param root the detector's files */
export async function writeFlowExample(root: string): Promise<void> {
  const file = path.join(root, EXAMPLE.source);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.alloc(EXAMPLE_BYTES, "globus-ioc "));
}

/** The files that `[flows]` of globus.conf names. @returns their paths */
export async function writeFlowFiles(
  directory: string,
  { name, id }: SiteFlow,
  globus: GlobusService,
): Promise<{ readonly flows: string; readonly flowInput: string }> {
  const flows = path.join(directory, "flows");
  await mkdir(flows);
  const document = globus.flows.document(id);
  await writeFile(path.join(flows, `${name}.json`), `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 });
  const flowInput = path.join(directory, "flow-input.json");
  const input = {
    source: { id: globus.collection("detector").id, path: EXAMPLE.source },
    destination: { id: globus.collection("petrel").id, path: EXAMPLE.destination },
  };
  await writeFile(flowInput, `${JSON.stringify(input, undefined, 2)}\n`, { mode: 0o600 });
  return { flows, flowInput };
}
