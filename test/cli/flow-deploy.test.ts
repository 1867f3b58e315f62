import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import { FakeFlowCli } from "../support/fakes/fake-flow-cli.ts";
import { definitionOf, schemaOf } from "../support/flow-templates.ts";
import { PAL_FLOW, PAL_SCHEMA } from "../support/pal-flow.ts";

const SUBSCRIPTION = "dddddddd-0000-4000-8000-000000000001";
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

test("a template is deployed under its name, and a second time it is as it was", async () => {
  using cli = new FakeFlowCli();
  const first = await cli.run({ what: "deploy", name: "transfer" });
  expect(first).toMatchObject({ status: 0, err: "" });
  expect(first.out).toMatch(
    /^flow deploy: Done\. The flow "globus-ioc transfer" \(.*\) was made, and .*\/\.globus-ioc\/flows\/transfer\.json says so\. Before its next run: `globus-ioc login --flow transfer`\. Without a subscription Globus deletes it after 30 days, on 2026-03-31 /,
  );
  const [flow] = cli.deployed.all.values();
  expect(flow).toMatchObject({ definition: definitionOf("transfer"), inputSchema: schemaOf("transfer") });
  expect(await cli.files.read("transfer")).toMatchObject({ id: flow?.id });
  const second = await cli.run({ what: "deploy", name: "transfer" });
  expect(second.out).toContain("is as it was");
  expect(cli.deployed.asked).toEqual(["create"]);
});

test("PAL-XFEL's files are deployed in the present generation, with sentences, and flow_info.json has the id", async () => {
  using cli = new FakeFlowCli();
  const infoFile = cli.path("flow_info.json");
  const { status, out, err } = await cli.run({
    what: "deploy",
    definition: cli.write("transfer_flow.json", PAL_FLOW),
    inputSchema: cli.write("transfer_schema.json", PAL_SCHEMA),
    title: "PAL-XFEL Data Transfer Flow",
    subscriptionId: SUBSCRIPTION,
    infoFile,
  });
  expect(status).toBe(0);
  expect(out).toContain("https://actions.automate.globus.org/transfer/transfer is out of service.");
  expect(err).toContain("gives its action up after 300 s");
  expect(err).toContain("ExceptionOnActionFailure");
  expect(out).toContain(`globus-ioc login --flow ${infoFile}`);
  expect(out).not.toContain("30 days");
  const { id } = JSON.parse(readFileSync(infoFile, "utf8")) as { id: string };
  expect(cli.deployed.all.get(id)).toMatchObject({ title: "PAL-XFEL Data Transfer Flow", subscription: SUBSCRIPTION });
  expect((await cli.run({ what: "show", flow: infoFile })).status).toBe(0);
});

test("a deployment that fails leaves the info file as it was", async () => {
  using cli = new FakeFlowCli();
  await cli.run({ what: "deploy", name: "transfer" });
  const file = join(cli.home, ".globus-ioc/flows/transfer.json");
  const before = readFileSync(file, "utf8");
  cli.deployed.all.clear();
  cli.deployed.failure = { error: new UnavailableError("Globus Flows is down."), isMade: false };
  const { status, err } = await cli.run({ what: "deploy", name: "transfer" });
  expect([status, err]).toEqual([1, expect.stringContaining("flow deploy: Failed. Globus Flows is down.")]);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("what an older script has left in the info file is told, and nothing is deployed", async () => {
  using cli = new FakeFlowCli();
  const infoFile = cli.write("flow_info.json", "");
  const { status, err } = await cli.run({ what: "deploy", name: "transfer", infoFile });
  expect(status).toBe(1);
  expect(err).toContain(`${infoFile} is not the document of a flow`);
  expect(cli.deployed.asked).toEqual([]);
});

test("a dry run shows what would be made, lets Globus check it, and writes nothing", async () => {
  using cli = new FakeFlowCli();
  const { status, out } = await cli.run({ what: "deploy", name: "beamline", dryRun: true });
  expect([status, out]).toEqual([0, expect.stringContaining('The flow "globus-ioc beamline" would be made.')]);
  cli.deployed.problems = ["$.States.A: no such field"];
  expect(await cli.run({ what: "deploy", name: "beamline", dryRun: true })).toMatchObject({
    status: 1,
    err: expect.stringContaining("Globus does not take") as unknown,
  });
  expect(existsSync(join(cli.home, ".globus-ioc"))).toBe(false);
});

test.each([
  [
    "a template that is none",
    { name: "tranfser" },
    /There is no template "tranfser"; did you mean transfer\?: give one of beamline/,
  ],
  ["a name that is none", { name: "../x" }, /"..\/x" is no name for a flow/],
  ["a file that is not there", { definition: "/no/such.json" }, /\/no\/such.json does not exist: give the file/],
])("%s is refused before anything is asked", async (_, flags, sentence) => {
  using cli = new FakeFlowCli();
  const { status, err } = await cli.run({ what: "deploy", ...flags });
  expect([status, err]).toEqual([2, expect.stringMatching(sentence)]);
  expect(cli.deployed.asked).toEqual([]);
});

test("validate says what is wrong here, and what Globus finds", async () => {
  using cli = new FakeFlowCli();
  expect(await cli.run({ what: "validate", file: "beamline" })).toMatchObject({ status: 0 });
  const file = cli.write("f.json", { ...PAL_FLOW, StartAt: "Nowhere" });
  const wrong = await cli.run({ what: "validate", file });
  expect([wrong.status, wrong.err]).toEqual([
    1,
    expect.stringMatching(/f\.json:3 leads from "StartAt" to the state "Nowhere"/),
  ]);
  cli.deployed.problems = ["definition.States.TransferData.WaitTime: too small", "other"];
  const theirs = await cli.run({ what: "validate", file: cli.write("g.json", PAL_FLOW) });
  expect([theirs.status, theirs.err]).toEqual([1, expect.stringContaining("Globus finds 2 problems")]);
  expect((await cli.run({ what: "validate", file: cli.path("g.json"), offline: true })).out).toContain(
    "Globus was not asked",
  );
});

test("list and show tell whose a flow is, until when it is kept, and what it takes", async () => {
  using cli = new FakeFlowCli();
  expect((await cli.run({ what: "list" })).out).toContain("This login sees no flow: globus-ioc flow deploy makes one.");
  await cli.run({ what: "deploy", name: "transfer-share" });
  const listed = await cli.run({ what: "list" });
  expect(listed.out).toMatch(/ID +TITLE +CHANGED +UNTIL +WHOSE\n.*globus-ioc transfer-share +.*2026-03-31 +ours/);
  const { out } = await cli.run({ what: "show", flow: "transfer-share" });
  expect(out).toContain("→ TransferData: Action https://transfer.actions.globus.org/transfer, then IsTransferred");
  expect(out).toMatch(/\n {2}share \(object\): For transfer-share: .*\n {4}principal_type \(identity \| group\)/);
  const json = JSON.parse((await cli.run({ what: "show", flow: "transfer-share", json: true })).out) as {
    flow: object;
  };
  expect(json.flow).toMatchObject({ title: "globus-ioc transfer-share" });
});

test("delete asks, deletes, and forgets the file; nobody to ask is told", async () => {
  using cli = new FakeFlowCli();
  await cli.run({ what: "deploy", name: "transfer" });
  expect(await cli.run({ what: "delete", flow: "transfer" })).toMatchObject({
    status: 2,
    err: expect.stringContaining("say --yes to delete the flow") as unknown,
  });
  cli.answers = ["no"];
  expect((await cli.run({ what: "delete", flow: "transfer" })).status).toBe(1);
  expect(cli.deployed.all.size).toBe(1);
  cli.answers = ["yes"];
  expect((await cli.run({ what: "delete", flow: "transfer" })).out).toMatch(
    /The flow "globus-ioc transfer" .* was deleted/,
  );
  expect([cli.deployed.all.size, await cli.files.read("transfer")]).toEqual([0, undefined]);
  const gone = await cli.run({ what: "show", flow: "transfer" });
  expect([gone.status, gone.err]).toEqual([1, expect.stringContaining("globus-ioc flow deploy transfer")]);
  expect(gone.err).not.toMatch(UUID);
});

test("a flow that is deployed under another name is not changed by one of the same title, unless it is taken over", async () => {
  using cli = new FakeFlowCli();
  await cli.run({ what: "deploy", name: "transfer", title: "T" });
  const second = await cli.run({ what: "deploy", name: "transfer-share", title: "T" });
  expect([second.status, second.err]).toEqual([
    1,
    expect.stringMatching(/is the one of .*flows\/transfer\.json, and stays as it is: give another --title/),
  ]);
  expect([...cli.deployed.all.values()]).toMatchObject([{ definition: definitionOf("transfer") }]);
  expect((await cli.run({ what: "deploy", name: "transfer-share", title: "T", takeOver: true })).status).toBe(0);
});
