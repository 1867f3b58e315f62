/** The file of the functions that were registered at Compute. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import type { KnownFunction } from "../../src/controller/ports/compute-functions.ts";
import { createComputeFunctions } from "../../src/services/compute-functions.ts";
import { failureOf } from "../support/failure-of.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "compute-functions-"));
});
afterEach(() => rm(folder, { recursive: true }));

const recon = (more: Partial<KnownFunction> = {}): KnownFunction => ({
  name: "recon",
  id: "10000000-0000-4000-8000-000000000001",
  digest: "d",
  file: "/home/beamline/recon.py",
  client: "c",
  registered: 1000,
  ...more,
});

test("what is put is read, also by another process, and takes the place of an older one of its name", async () => {
  const file = join(folder, "new", "functions.json");
  const functions = createComputeFunctions(file);
  expect(await functions.all()).toEqual([]);
  await functions.put(recon());
  await functions.put(recon({ name: "angles" }));
  await functions.put(recon({ digest: "e" }));
  expect(await createComputeFunctions(file).all()).toEqual([recon({ name: "angles" }), recon({ digest: "e" })]);
});

test.each(["", "[]", "{", '{"functions":[{"name":"recon"}]}'])(
  "a file with %j is named, and kept as it is",
  async (text) => {
    const file = join(folder, "functions.json");
    await writeFile(file, text);
    const functions = createComputeFunctions(file);
    for (const work of [() => functions.all(), () => functions.put(recon())]) {
      const { message } = await failureOf<ActionError>(work(), ActionError);
      expect(message).toContain(`${file} is no list of functions`);
    }
  },
);

test("a folder in its place is named", async () => {
  const { message } = await failureOf(createComputeFunctions(folder).all(), ActionError);
  expect(message).toContain(`${folder} (functions of [compute]) cannot be read`);
});
