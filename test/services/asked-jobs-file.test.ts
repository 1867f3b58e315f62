import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { createAskedJobsFile } from "../../src/services/asked-jobs-file.ts";
import { failureOf } from "../support/failure-of.ts";

const JOB = { mark: "m", owner: "o", workflow: "w", about: "/a", since: 1 };

function testFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-jobs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "state", "workflows.json");
}

test("what was kept is there for the next process, and nothing beside it", async () => {
  const file = testFile();
  expect(createAskedJobsFile(file).left()).toEqual({ jobs: [] });
  const memory = createAskedJobsFile(file);
  const [first, second] = [memory.keep([JOB]), memory.keep([JOB, { ...JOB, mark: "n", id: "j", isOver: true }])];
  await Promise.all([first, second]);
  expect(createAskedJobsFile(file).left()).toEqual({ jobs: [JOB, { ...JOB, mark: "n", id: "j", isOver: true }] });
  expect(readdirSync(join(file, ".."))).toEqual(["workflows.json"]);
});

test.each(["{", "[]", '{"jobs": [{"mark": 1}]}'])(
  "a file that holds %j is damaged, told, and written anew",
  async (text) => {
    const file = testFile();
    mkdirSync(join(file, ".."));
    writeFileSync(file, text, { mode: 0o600 });
    const memory = createAskedJobsFile(file);
    expect(memory.left()).toMatchObject({ jobs: [], problem: expect.stringContaining(`${file} is damaged`) as string });
    await memory.keep([JOB]);
    expect(memory.left()).toEqual({ jobs: [JOB] });
  },
);

test("a folder that cannot be made is named, and the next write tries again", async () => {
  const file = testFile();
  const folder = dirname(file);
  writeFileSync(folder, "in the way");
  const memory = createAskedJobsFile(file);
  const failure = await failureOf(memory.keep([JOB]), ActionError);
  expect(failure.message).toContain(folder);
  rmSync(folder);
  await memory.keep([JOB]);
  expect(memory.left()).toEqual({ jobs: [JOB] });
});
