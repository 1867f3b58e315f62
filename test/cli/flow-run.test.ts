import { expect, test } from "vitest";
import { CancelledError } from "../../src/base/errors.ts";
import { flowRunOnIoc } from "../../src/cli/flow-on-ioc.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { FakeFlowCli } from "../support/fakes/fake-flow-cli.ts";
import { PAL_FLOW, PAL_SCHEMA } from "../support/pal-flow.ts";

const SOURCE = "11111111-1111-4111-8111-111111111111";
const DESTINATION = "22222222-2222-4222-8222-222222222222";
const ENDS = {
  sourceCollection: SOURCE,
  sourcePath: "/~/dat/ue_251023_FXL/rawData/scan001",
  destCollection: DESTINATION,
  destPath: "/backup/ue_251023_FXL/rawData/scan001/",
} as const;
const BASE = {
  source: { id: SOURCE, path: `${ENDS.sourcePath}/` },
  destination: { id: DESTINATION, path: "/backup/ue_251023_FXL/rawData/scan001/" },
  recursive_tx: true,
};
/** A flow that is deployed as `transfer`. */
async function deployed(cli: FakeFlowCli): Promise<string> {
  await cli.run({ what: "deploy", name: "transfer" });
  return [...cli.deployed.all.keys()][0] ?? "";
}

test("a run is started with PAL-XFEL's options, and its id and page are said", async () => {
  using cli = new FakeFlowCli();
  const flowId = await deployed(cli);
  const { status, out } = await cli.run({ what: "run", flowId, ...ENDS, tags: ["PAL-XFEL", "DAQ"] });
  expect(status).toBe(0);
  expect(out).toMatch(
    /flow run: Done\. The run (\S+) of the flow \S+ was started: https:\/\/app\.globus\.org\/runs\/\1/,
  );
  const [asked] = cli.runs.asked;
  expect(asked).toMatchObject({ flow: flowId, tags: ["PAL-XFEL", "DAQ"], input: BASE });
  expect(asked?.label).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{2} scan001$/);
});

test("their deployed flow gets the same below `input`", async () => {
  using cli = new FakeFlowCli();
  const { id } = cli.deployed.add({ title: "PAL", definition: PAL_FLOW, inputSchema: PAL_SCHEMA });
  await cli.run({ what: "run", flow: id, ...ENDS });
  expect(cli.runs.asked[0]?.input).toEqual({ input: BASE });
});

test("a single file is looked up, or said to be one", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.kind = "file";
  await cli.run({ what: "run", flow, ...ENDS });
  cli.kind = undefined;
  await cli.run({ what: "run", flow, ...ENDS, recursive: false });
  const absent = await cli.run({ what: "run", flow, ...ENDS });
  expect(cli.runs.asked.map(({ input }) => input["recursive_tx"])).toEqual([false, false]);
  expect([absent.status, absent.err]).toEqual([1, expect.stringContaining("There is no /~/dat/ue_251023_FXL")]);
});

test("what files and texts say of the input is merged, and the options win over the site", async () => {
  using cli = new FakeFlowCli();
  await cli.run({ what: "deploy", name: "beamline" });
  const input = cli.write("in.json", { action: "transfer", destination: { id: DESTINATION } });
  const inputJson = JSON.stringify({ action: "transfer-verify-delete", source: { id: SOURCE, path: "/other" } });
  const { status } = await cli.run({
    what: "run",
    flow: "beamline",
    sourcePath: "/a",
    destPath: "/b",
    input,
    inputJson,
  });
  expect(status).toBe(0);
  expect(cli.runs.asked[0]?.input).toMatchObject({
    action: "transfer-verify-delete",
    source: { id: SOURCE, path: "/a/" },
    destination: { id: DESTINATION, path: "/b/" },
  });
});

test.each([
  ["no flow", { what: "run", ...ENDS }, /^flow run: Usage\. Which flow\?/],
  [
    "an end that is missing",
    { what: "run", flow: "transfer", sourcePath: "/a" },
    /--source-collection, --dest-collection and --dest-path are missing/,
  ],
  [
    "no collection",
    { what: "run", flow: "transfer", ...ENDS, destCollection: "x" },
    /--dest-collection "x" is no UUID/,
  ],
  ["no path", { what: "run", flow: "transfer", ...ENDS, sourcePath: "a/../b" }, /--source-path "a\/..\/b" is no path/],
  [
    "no interval",
    { what: "run", flow: "transfer", ...ENDS, interval: "soon" },
    /--interval "soon" is no number of seconds/,
  ],
] as const)("%s is told, and nothing is started", async (_, request, sentence) => {
  using cli = new FakeFlowCli();
  await deployed(cli);
  const { status, err } = await cli.run(request);
  expect([status, err]).toEqual([2, expect.stringMatching(sentence)]);
  expect(cli.runs.asked).toEqual([]);
});

test("an input that is no JSON is told", async () => {
  using cli = new FakeFlowCli();
  await deployed(cli);
  const { status, err } = await cli.run({ what: "run", flow: "transfer", ...ENDS, inputJson: "{" });
  expect([status, err]).toEqual([2, expect.stringMatching(/--input-json(:1)? is no JSON, as the input of a run is/)]);
});

test("a lost answer starts no second run: it is found by its label", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.runs.losesAnswers.push(true);
  const { status } = await cli.run({ what: "run", flow, ...ENDS });
  expect(status).toBe(0);
  expect(cli.runs.asked).toHaveLength(1);
  expect(cli.runs.requests).toEqual(["problems", "start", "look"]);
});

test("Globus checks the input before a run, and a dry run shows it and starts nothing", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  const { status, out } = await cli.run({ what: "run", flow, ...ENDS, dryRun: true });
  expect([status, out]).toEqual([0, expect.stringContaining('"path": "/~/dat/ue_251023_FXL/rawData/scan001/"')]);
  cli.runs.wrong = ["$.source.id: 'x' is not a 'uuid'"];
  const wrong = await cli.run({ what: "run", flow, ...ENDS, dryRun: true });
  const refused = "does not take this input ($.source.id: 'x' is not a 'uuid'): `globus-ioc flow show ";
  expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining(refused)]);
  const real = await cli.run({ what: "run", flow, ...ENDS });
  expect([real.status, real.err]).toEqual([1, expect.stringContaining(refused)]);
  expect(cli.runs.asked).toEqual([]);
});

test("with --wait it ends as the run does", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.runs.onStart = ({ id }) => {
    cli.clock.after(12, () => cli.runs.tell(id, { state: "FAILED", code: "FlowFailed", description: "no" }));
  };
  const { status, err } = await cli.run({ what: "run", flow, ...ENDS, wait: true });
  expect([status, err]).toEqual([1, expect.stringMatching(/flow run: Failed\. The run \S+ .* has failed/)]);
});

test("with --ioc the same is asked of FlowRun, and what an IOC cannot be asked is told", async () => {
  const request = {
    what: "run",
    flow: "transfer",
    ...ENDS,
    tags: ["a", "b"],
    inputJson: '{"action":"transfer"}',
  } as const;
  const { row, given } = await flowRunOnIoc({
    ...request,
    recursive: false,
    label: "L",
    ioc: "2bmb:Globus:",
    json: true,
  });
  expect(row.name).toBe("flow-run");
  expect(given.common).toMatchObject({ ioc: "2bmb:Globus:", json: true, dryRun: false });
  expect(Object.fromEntries(given.inputs)).toEqual({
    FlowId: "transfer",
    SourceCollection: SOURCE,
    SourcePath: ENDS.sourcePath,
    DestCollection: DESTINATION,
    DestPath: ENDS.destPath,
    RunInput: '{"action":"transfer","recursive_tx":false}',
    RunTags: "a,b",
    RunLabel: "L",
  });
  await expect(flowRunOnIoc({ ...request, wait: true, ioc: true })).rejects.toThrow("globus-ioc flow-monitor --ioc");
});

test("[source] says the collection where nobody else does, and a flow that moves nothing is asked for none", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.conf = `[source]\ncollection = ${DESTINATION}\n`;
  const { sourceCollection: _, ...ends } = ENDS;
  await cli.run({ what: "run", flow, ...ends });
  expect(cli.runs.asked[0]?.input).toMatchObject({ source: { id: DESTINATION, path: BASE.source.path } });
  const { id } = cli.deployed.add({ title: "moves nothing", definition: PAL_FLOW, inputSchema: {} });
  const { status } = await cli.run({ what: "run", flow: id, inputJson: '{"n": 1}' });
  expect([status, cli.runs.asked[1]?.input]).toEqual([0, { n: 1 }]);
});

test("ended while Globus is asked, it says that the run may have begun, and its label", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.runs.losesAnswers.push(true);
  cli.runs.onStart = () => cli.stop.abort(new CancelledError("Ended by SIGINT."));
  const { status, err } = await cli.run({ what: "run", flow, ...ENDS });
  expect([status, err]).toEqual([
    130,
    expect.stringMatching(/may have begun: look for the label "\S+ scan001" at https:\/\/app\.globus\.org\/runs/),
  ]);
});

test("an input of thousands of levels is told", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  const inputJson = `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  const { status, err } = await cli.run({ what: "run", flow, ...ENDS, inputJson });
  expect([status, err]).toEqual([2, expect.stringContaining("--input-json is nested more than 100 levels deep")]);
});

test("where Globus stays away behind a lost answer the run may have begun, too; one that it refuses has not", async () => {
  using cli = new FakeFlowCli();
  const flow = await deployed(cli);
  cli.runs.refuses.push(new UnavailableError("Too busy."));
  const refused = await cli.run({ what: "run", flow, ...ENDS });
  expect([refused.status, refused.err]).toEqual([1, expect.not.stringContaining("may have begun")]);
  cli.runs.losesAnswers.push(true);
  cli.runs.onStart = () => void (cli.runs.down = new UnavailableError("Globus Flows is down."));
  const { status, err } = await cli.run({ what: "run", flow, ...ENDS });
  expect([status, err]).toEqual([
    1,
    expect.stringMatching(/Flows is down: the run .* may have begun: look for the label/),
  ]);
});
