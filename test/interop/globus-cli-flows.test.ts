/**
 * The simulated Flows under Globus' own command line, as its service account: every `flows` command that a person at a
 * beamline types, and what each of them prints.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { peer } from "../support/peers/real-peers.ts";
import { type Finished, runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });
const cli = peer("globus-cli");
type Document = Readonly<Record<string, unknown>>;

const DEFINITION = {
  StartAt: "Send",
  States: {
    Send: {
      Type: "Action",
      ActionUrl: "https://transfer.actions.globus.org/transfer",
      Parameters: {
        "source_endpoint.$": "$.source.id",
        "destination_endpoint.$": "$.destination.id",
        DATA: [{ "source_path.$": "$.source.path", "destination_path.=": "destination.path + '/sent.h5'" }],
      },
      WaitTime: 600,
      ResultPath: "$.Sent",
      End: true,
    },
  },
};
const SCHEMA = { type: "object", required: ["source", "destination"], properties: { source: { type: "object" } } };

describe.skipIf(cli.missing)("the simulated Flows under globus-cli", () => {
  let globus: GlobusService;
  let home: string;
  let input: string;
  let flow: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "globus-cli-flows-"));
    globus = await startGlobusService({
      clock: systemClock,
      queuedSeconds: 0,
      collections: [{ name: "detector", files: { "/a.h5": "scan" } }, { name: "archive" }],
    });
    const [source, destination] = [globus.collection("detector").id, globus.collection("archive").id];
    input = file("input.json", { source: { id: source, path: "/a.h5" }, destination: { id: destination, path: "/d" } });
    const words = ["--input-schema", file("schema.json", SCHEMA), "--subtitle", "To the archive", "--keyword", "scan"];
    const account = ["--subscription-id", globus.flows.subscription, "--starter", "all_authenticated_users"];
    const definition = file("definition.json", DEFINITION);
    const made = await json("flows", "create", "Send a scan", definition, ...words, ...account);
    flow = made["id"] as string;
  }, 60_000);
  afterAll(async () => {
    await globus?.close();
    rmSync(home, { recursive: true, force: true });
  });

  const file = (name: string, content: object): string => {
    writeFileSync(join(home, name), JSON.stringify(content));
    return join(home, name);
  };
  const run = (...words: string[]): Promise<Finished> =>
    runPeer(cli.path(), words, {
      cwd: home,
      env: {
        ...inheritedEnvironment(),
        HOME: home,
        GLOBUS_SDK_SERVICE_URL_AUTH: `${globus.url}/`,
        GLOBUS_SDK_SERVICE_URL_FLOWS: `${globus.url}/`,
        GLOBUS_CLI_CLIENT_ID: globus.serviceAccount.clientId,
        GLOBUS_CLI_CLIENT_SECRET: globus.serviceAccount.secret,
      },
    });
  /** What it prints; it must end well. */
  const text = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...words);
    if (code !== 0) throw new Error(`globus ${words.join(" ")} ended with ${code}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  };
  const json = async (...words: string[]): Promise<Document> =>
    JSON.parse(await text("--format", "json", ...words)) as Document;
  const start = async (...words: string[]): Promise<string> =>
    (await json("flows", "start", flow, "--input", input, ...words))["run_id"] as string;
  const settled = (id: string): Promise<Document> =>
    vi.waitFor(
      async () => {
        const document = await json("flows", "run", "show", id);
        expect(document["status"]).not.toBe("ACTIVE");
        return document;
      },
      { timeout: 60_000, interval: 100 },
    );

  test("show and list a flow, update it, and see who may do what with it", async () => {
    const owner = `${globus.serviceAccount.clientId}@clients.auth.globus.org`;
    const shown = await text("flows", "show", flow);
    expect(shown).toMatch(/^Title: +Send a scan$/m);
    expect(shown).toMatch(new RegExp(`^Owner: +${owner}$`, "m"));
    expect(shown).toMatch(/^Starters: +all_authenticated_users$/m);
    expect(shown).toMatch(new RegExp(`^Subscription ID: +${globus.flows.subscription}$`, "m"));
    expect(await text("flows", "list", "--filter-fulltext", "ARCHIVE", "--orderby", "title:ASC")).toContain(flow);
    expect(await text("flows", "list", "--filter-fulltext", "nothing of it")).not.toContain(flow);
    const [person] = [globus.person.username];
    const words = [
      "--description",
      "Sends one file",
      "--administrators",
      `urn:globus:auth:identity:${globus.person.id}`,
    ];
    const updated = await text("flows", "update", flow, ...words);
    expect(updated).toMatch(/^Description: +Sends one file$/m);
    expect(updated).toMatch(new RegExp(`^Administrators: +${person}$`, "m"));
  });

  test("validate a definition, and say what is wrong with another", async () => {
    expect(await text("flows", "validate", join(home, "definition.json"))).toContain("transfer.api.globus.org:all");
    const { End: _end, ...endless } = DEFINITION.States.Send;
    const bad = file("bad.json", { ...DEFINITION, States: { Send: endless } });
    const refused = await run("flows", "validate", bad);
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      1,
      expect.stringContaining("UNPROCESSABLE_ENTITY"),
    ]);
  });

  test("start a run, follow it to its end, read its log and definition, find it, change it and delete it", async () => {
    const id = await start(
      "--label",
      "scan 1",
      "--tag",
      "one",
      "--tag",
      "two",
      "--monitor",
      `urn:globus:auth:identity:${globus.person.id}`,
    );
    expect(await settled(id)).toMatchObject({ status: "SUCCEEDED", label: "scan 1", tags: ["one", "two"] });
    expect(readFileSync(join(globus.collection("archive").folder, "d/sent.h5"), "utf8")).toBe("scan");
    const shown = await text("flows", "run", "show", "--include-flow-description", id);
    expect(shown).toMatch(/^Status: +SUCCEEDED$/m);
    expect(shown).toMatch(/^Flow Subtitle: +To the archive$/m);
    expect(shown).toMatch(new RegExp(`^Run Monitors: +${globus.person.username}$`, "m"));
    expect(await text("flows", "run", "list", "--filter-flow-id", flow)).toContain(id);
    const log = await text("flows", "run", "show-logs", id);
    expect(
      log
        .split("\n")
        .slice(-4)
        .map((line) => line.split("|")[1]?.trim()),
    ).toEqual(["FlowStarted", "ActionStarted", "ActionCompleted", "FlowSucceeded"]);
    expect(await text("flows", "run", "show-logs", "--details", "--reverse", "--limit", "1", id)).toMatch(
      /^Details: +\{"output"/m,
    );
    expect(await json("flows", "run", "show-definition", id)).toMatchObject({
      definition: DEFINITION,
      input_schema: SCHEMA,
    });
    expect(await text("flows", "run", "update", "--label", "scan 2", "--tags", "three", id)).toMatch(
      /^Run Tags: +three$/m,
    );
    expect(await text("flows", "run", "delete", id)).toMatch(/^Run Label: +scan 2$/m);
    expect((await run("flows", "run", "show", id)).stderr).toContain("NOT_FOUND");
  });

  test("an input that the flow does not take is refused by name", async () => {
    const { code, stdout, stderr } = await run("flows", "start", flow, "--input", file("none.json", { source: 5 }));
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(/FLOW_INPUT_ERROR[^]*'destination' is a required property/);
  });

  test("cancel a run, and a run that has ended cannot be deleted before it has", async () => {
    const letGo = globus.flows.holdState("Send");
    const id = await start();
    expect((await run("flows", "run", "delete", id)).stderr).toContain("STATE_CONFLICT");
    expect(await text("flows", "run", "cancel", id)).toMatch(/^Status: +FAILED$/m);
    letGo();
  });

  test("resume a run that lacks a consent, or waits for another session, which the command line sees", async () => {
    const goOn = globus.pauseCollection("detector", "Not yet");
    const id = await start();
    const isActing = async (): Promise<void> =>
      expect(await text("flows", "run", "show-logs", id)).toContain("ActionStarted");
    await vi.waitFor(isActing, { timeout: 30_000 });
    const refusedResume = async (): Promise<string> => {
      const { code, stdout, stderr } = await run("flows", "run", "resume", id);
      expect(code).not.toBe(0);
      return stdout + stderr;
    };
    globus.flows.revokeConsent(id);
    expect(await refusedResume()).toContain("missing a necessary consent");
    logInAnew();
    expect(await text("flows", "run", "resume", id)).toMatch(/^Status: +ACTIVE$/m);
    globus.flows.requireSession(id, { session_message: "Log in with the facility", session_required_mfa: true });
    expect(await refusedResume()).toContain("After updating your session");
    logInAnew();
    await text("flows", "run", "resume", "--skip-inactive-reason-check", id);
    goOn();
    expect(await settled(id)).toMatchObject({ status: "SUCCEEDED" });
  });
  /** It forgets its tokens, and asks for new ones. */
  const logInAnew = (): void => rmSync(join(home, ".globus"), { recursive: true, force: true });

  test("a question is listed, shown and answered", async () => {
    const me = `urn:globus:auth:identity:${globus.serviceAccount.clientId}`;
    const asking = globus.flows.deploy({
      title: "Ask",
      definition: {
        StartAt: "Ask",
        States: {
          Ask: {
            Type: "CreateWebInput",
            Parameters: {
              InputType: "Selection",
              Context: { PresentationStyle: "Text", Title: "Delete it?", Text: "The scan is old." },
              Options: [{ Value: "yes", Label: "Delete", Description: "Delete the scan." }],
              RespondentUrns: [me],
            },
            ResultPath: "$.asked",
            Next: "Await",
          },
          Await: {
            Type: "AwaitWebInput",
            Parameters: { "web_input_id.$": "$.asked.web_input_id" },
            ResultPath: "$.answer",
            End: true,
          },
        },
      },
    });
    const id = (await json("flows", "start", asking))["run_id"] as string;
    const question = await vi.waitFor(
      () => {
        const found = globus.flows.questions.find((one) => one.run.id === id && one.run.question === one.id);
        if (found === undefined) throw new Error("no question yet");
        return found;
      },
      { timeout: 30_000 },
    );
    expect(await text("flows", "web-input", "list", "--filter-run-id", id)).toContain(question.id);
    const shown = await text("flows", "web-input", "show", question.id);
    expect(shown).toMatch(/^Title: +Delete it\?$/m);
    expect(shown).toContain("The scan is old.");
    const option = question.options[0]?.id ?? "";
    expect(shown).toContain(option);
    expect(await text("flows", "web-input", "respond", question.id, option)).toMatch(/^Status: +ok$/m);
    expect(await settled(id)).toMatchObject({
      status: "SUCCEEDED",
      details: { output: { answer: { response: "yes" } } },
    });
    expect((await run("flows", "web-input", "respond", question.id, option)).stderr).toContain("STATE_CONFLICT");
  });

  test("delete a flow", async () => {
    const made = globus.flows.deploy({
      title: "Short-lived",
      definition: { StartAt: "P", States: { P: { Type: "Pass", End: true } } },
    });
    expect(await text("flows", "delete", made)).toMatch(/^Deleted: +True$/m);
    expect((await run("flows", "show", made)).stderr).toContain("NOT_FOUND");
    expect((await run("flows", "start", made)).code).not.toBe(0);
  });
});
