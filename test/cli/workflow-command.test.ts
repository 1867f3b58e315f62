import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, onTestFinished, test } from "vitest";
import { CancelledError } from "../../src/base/errors.ts";
import { runWorkflow } from "../../src/cli/workflow-command.ts";
import { workflowRunOnIoc } from "../../src/cli/workflow-on-ioc.ts";
import { addWorkflowCommands } from "../../src/cli/workflow-program.ts";
import {
  AlreadyExistsError,
  NotFoundError,
  NotOfferedError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import { ended, FakeProcessing, inStage, jobOf } from "../support/fakes/fake-processing.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

/** The command line in this process, over a fake service. */
class Cli {
  readonly processing = new FakeProcessing();
  readonly clock = new ImpatientClock();
  readonly #abort = new AbortController();
  readonly folder = mkdtempSync(join(tmpdir(), "globus-ioc-workflow-"));
  closed = 0;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    writeFileSync(join(this.folder, "globus.conf"), "[general]\nlog-directory =\n[dm]\nworkflow = recon\n");
  }
  interrupt(): void {
    this.#abort.abort(new CancelledError("Ended by SIGINT."));
  }
  /** @param line behind `globus-ioc workflow` */
  async run(line: readonly string[]): Promise<{ status: number; out: string; err: string }> {
    let [out, err, status] = ["", "", -1];
    const program = new Command("globus-ioc").exitOverride();
    addWorkflowCommands(program, "", async (request) => {
      status = await runWorkflow(request, {
        environment: { HOME: this.folder },
        setZone: () => {},
        clock: this.clock,
        signal: this.#abort.signal,
        isTerminal: false,
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        commandLine: "globus-ioc",
        open: () => ({ processing: this.processing, close: async () => void this.closed++ }),
      });
    });
    await program.parseAsync(["workflow", ...line, "--config", join(this.folder, "globus.conf")], { from: "user" });
    return { status, out, err };
  }
}

test("list and show tell of workflows and their stages", async () => {
  const cli = new Cli();
  expect(await cli.run(["list"])).toEqual({
    status: 0,
    out: "NAME  STAGES  DESCRIPTION\ntomo  3\nworkflow list: Done. dm2bm has 1 workflow.\n",
    err: "",
  });
  const { out } = await cli.run(["show", "tomo"]);
  expect(out).toContain("02-CENTRE:\n  run 02-CENTRE\n");
  cli.processing.workflow = () => Promise.reject(new NotFoundError("no"));
  const absent = await cli.run(["show", "nothing"]);
  expect([absent.status, absent.err]).toEqual([
    1,
    "workflow show: Failed. dm2bm has no workflow nothing: globus-ioc workflow list shows those that there are.\n",
  ]);
  expect(cli.closed).toBe(3);
});

test("run starts one job of the workflow, with what is given, and says its id", async () => {
  const cli = new Cli();
  const { status, out } = await cli.run([
    "run",
    "tomo",
    "--file",
    "/d/a1.h5",
    "--experiment",
    "e",
    "--args",
    '{"n": 3}',
  ]);
  expect([status, out]).toEqual([
    0,
    "workflow run: Done. Data Management has accepted the job job-1 of the workflow tomo for /d/a1.h5; globus-ioc workflow status job-1 tells of it.\n",
  ]);
  expect(cli.processing.requests).toMatchObject([
    { owner: "dm2bm", workflow: "tomo", args: { filePath: "/d/a1.h5", experimentName: "e", n: 3 } },
  ]);
  await cli.run(["run", "--owner", "other", "--file", "/d/a2.h5"]);
  expect(cli.processing.requests[1]).toMatchObject({ owner: "other", workflow: "recon" });
});

test("run --wait follows the job, says each stage once, and ends as the job does", async () => {
  const cli = new Cli();
  cli.clock.after(7, () => cli.processing.set(inStage(2)));
  cli.clock.after(17, () => cli.processing.set(inStage(3, [ended()], "done")));
  const { status, out } = await cli.run(["run", "tomo", "--file", "/a.h5", "--wait"]);
  expect(status).toBe(0);
  expect(out.match(/02-CENTRE \(2 of 3\)/g)).toHaveLength(1);
  expect(out).toMatch(/workflow run: Done\. The workflow tomo has ended well\.\n$/);
});

test("a job that fails ends run --wait with 1, the stage and its words", async () => {
  const cli = new Cli();
  cli.clock.after(2, () =>
    cli.processing.set(inStage(2, [ended({ status: "failed", exitStatus: 3, errors: "no centre\n" })], "failed")),
  );
  const { status, err } = await cli.run(["run", "tomo", "--file", "/a.h5", "--wait"]);
  expect([status, err]).toEqual([
    1,
    "workflow run: Failed. The workflow tomo has failed in its stage 02-CENTRE (2 of 3), exit status 3: no centre.\n",
  ]);
});

test("a lost answer starts no second job", async () => {
  const cli = new Cli();
  cli.processing.answerLost = new UnavailableError("cut", { mayHaveHappened: true });
  const { status, out } = await cli.run(["run", "tomo", "--file", "/a.h5"]);
  expect([status, cli.processing.count("start")]).toEqual([0, 1]);
  expect(out).toContain("job-1");
});

test("wait ends with 3 when its time is over, and with 130 by Ctrl-C; the job goes on", async () => {
  const cli = new Cli();
  cli.processing.set(jobOf());
  const late = await cli.run(["wait", "job-1", "--timeout", "12"]);
  expect([late.status, late.err]).toEqual([3, expect.stringContaining("has not ended within 12 s")]);
  cli.clock.after(3, () => cli.interrupt());
  const interrupted = await cli.run(["wait", "job-1"]);
  expect(interrupted.status).toBe(130);
  expect(interrupted.err).toContain(
    "The job goes on at Data Management. globus-ioc workflow wait job-1 follows it again.",
  );
  expect(cli.processing.count("stop")).toBe(0);
});

test.each([
  [inStage(3, [ended()], "done"), 0],
  [inStage(2), 3],
  [inStage(2, [ended({ status: "failed", exitStatus: 3, errors: "a\nno centre\n" })], "failed"), 1],
] as const)("status of %# ends as the job stands", async (job, status) => {
  const cli = new Cli();
  cli.processing.set(job);
  const shown = await cli.run(["status", "job-1"]);
  expect(shown.status).toBe(status);
  expect(shown.out).toContain("id: job-1");
  if (status === 1) expect(shown.out).toContain("errors:\n    a\n    no centre\n");
  const json = JSON.parse((await cli.run(["status", "job-1", "--json"])).out) as Readonly<Record<string, unknown>>;
  expect(json).toMatchObject({ exitStatus: status, job: { id: "job-1", status: job.status } });
});

test("jobs are listed by time, the newest last, and so many as are asked for", async () => {
  const cli = new Cli();
  for (const [id, submitted] of [
    ["c", 3000],
    ["a", 1000],
    ["b", 2000],
  ] as const)
    cli.processing.set(jobOf({ id, submitted, ...(id === "b" && { status: "done" }) }));
  const all = await cli.run(["jobs", "--last", "2"]);
  expect(
    all.out
      .split("\n")
      .slice(1, 3)
      .map((line) => line.split("  ")[1]),
  ).toEqual(["b", "c"]);
  expect(all.out).toContain("dm2bm has 3 jobs; the newest 2 are shown.");
  expect((await cli.run(["jobs", "--active"])).out).not.toContain("  b  ");
  expect((await cli.run(["jobs", "--last", "few"])).status).toBe(2);
});

test("cancel stops a job that runs, leaves one that has ended, and says where nobody knows how", async () => {
  const cli = new Cli();
  cli.processing.set(inStage(2));
  expect((await cli.run(["cancel", "job-1"])).out).toContain(
    "was asked to stop the job: The workflow tomo is being aborted",
  );
  cli.processing.set(inStage(3, [ended()], "done"));
  expect((await cli.run(["cancel", "job-1"])).out).toContain("had ended before");
  expect(cli.processing.count("stop")).toBe(1);
  cli.processing.set(inStage(2));
  cli.processing.failures.stop = [new NotOfferedError("DM's route for stopProcessingJob is not verified")];
  expect(await cli.run(["cancel", "job-1"])).toMatchObject({ status: 1 });
});

test("save adds a workflow, and replaces one only when that is asked for", async () => {
  const cli = new Cli();
  const file = join(cli.folder, "recon.json");
  writeFileSync(file, '{"name": "tomo", "owner": "dm2bm", "stages": {"01": {"command": "true"}}}');
  expect((await cli.run(["save", file])).out).toContain("The workflow tomo of dm2bm was added.");
  cli.processing.addWorkflow = () => Promise.reject(new AlreadyExistsError("it is there"));
  expect(await cli.run(["save", file])).toMatchObject({
    status: 2,
    err: expect.stringContaining("--replace") as string,
  });
  expect((await cli.run(["save", file, "--replace"])).out).toContain("was replaced.");
  writeFileSync(file, '{"name": "tomo"}');
  expect((await cli.run(["save", file])).err).toContain("has no owner, stages.");
  expect((await cli.run(["save", join(cli.folder, "none.json")])).err).toContain("does not exist.");
});

test.each([
  [["run", "tomo", "--args", '{"n": "3"}'], "No file is named"],
  [["run", "tomo", "--args", "n=3"], "--args is no JSON object"],
  [["run", "tomo", "--timeout", "3"], "--timeout goes with --wait"],
  [["run", "tomo", "--wait", "--timeout", "soon"], '--timeout "soon" is no whole number'],
])("%j is wrong, and nothing is started", async (line, sentence) => {
  const cli = new Cli();
  const { status, err } = await cli.run(line);
  expect([status, err]).toEqual([2, expect.stringContaining(sentence)]);
  expect(cli.processing.count("start")).toBe(0);
});

test("a dry run says what would be started", async () => {
  const cli = new Cli();
  const { status, out } = await cli.run(["run", "--file", "/a.h5", "--dry-run"]);
  expect([status, out]).toEqual([
    0,
    "workflow run: Done. Dry run: would start a job of the workflow recon of the user of [dm] login-file with /a.h5.\n",
  ]);
  expect(cli.processing.calls).toEqual([]);
});

test("run --ioc is the command workflow-run with the same options, but for what an IOC does itself", () => {
  const run = (changes: object) => workflowRunOnIoc({ what: "run", ...changes });
  const { row, given } = run({ name: "tomo", file: "/a.h5", args: "{}", ioc: "2bmb:" });
  expect([row.name, given.common.ioc]).toEqual(["workflow-run", "2bmb:"]);
  expect([...given.inputs]).toEqual([
    ["WorkflowName", "tomo"],
    ["WorkflowArgs", "{}"],
    ["WorkflowFile", "/a.h5"],
  ]);
  expect(() => run({ wait: true })).toThrow(/workflow-monitor --ioc/);
  expect(() => run({ experiment: "e" })).toThrow(/--experiment does not go with --ioc/);
});
