/** The files of the flows that were deployed, and which flow a name means. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { namedFlow } from "../../src/controller/flows/named-flow.ts";
import { createFlowFiles, readFlowFile } from "../../src/services/flow-files.ts";
import { failureOf } from "../support/failure-of.ts";

const ID = "0f1e2d3c-0000-4000-8000-00000000000A";
const folder = mkdtempSync(join(tmpdir(), "flow-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const files = createFlowFiles(folder);
const sentenceOf = async (call: Promise<unknown>): Promise<string> => (await failureOf(call, ActionError)).message;
writeFileSync(join(folder, "beamline.json"), JSON.stringify({ id: ID, title: "x" }));

test("a flow is named by its UUID, or by the name of its file", async () => {
  expect(await namedFlow(ID, files)).toEqual({ name: ID.toLowerCase(), id: ID.toLowerCase() });
  expect(await namedFlow("beamline", files)).toEqual({ name: "beamline", id: ID.toLowerCase() });
});

test("a name that nobody deployed is told with the command that deploys, and the name that may be meant", async () => {
  const failure = await sentenceOf(namedFlow("beamlin", files));
  expect(failure).toContain("globus-ioc flow deploy beamlin, with --definition FILE where it is no template.");
  expect(failure).toContain('Did you mean "beamline"?');
});

test("a name that would be a path is none", async () => {
  expect(await sentenceOf(namedFlow("../beamline", files))).toContain('"../beamline" names no flow');
});

test.each(["{", "[]", '{"title":"x"}', '{"id":"null"}'])("a file that holds %s is none of a flow", async (text) => {
  const file = join(folder, "wrong.json");
  writeFileSync(file, text);
  expect(await sentenceOf(files.read("wrong"))).toContain(`${file} is not the document of a flow`);
  rmSync(file);
});

test("a file in another place is read, and told where it is not there", async () => {
  const file = join(folder, "flow_info.json");
  expect(await sentenceOf(readFlowFile(file))).toBe(`${file} does not exist`);
  writeFileSync(file, `\uFEFF${JSON.stringify({ id: ID })}`);
  expect(await readFlowFile(file)).toEqual({ name: "flow_info", path: file, id: ID.toLowerCase() });
});

test("a folder that is not there has no flows", async () => {
  const none = createFlowFiles(join(folder, "none"));
  expect(await none.names()).toEqual([]);
  expect(await none.read("beamline")).toBeUndefined();
});
