/** The templates of flows/: each is sound by itself, and none deletes what is not proven. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inputProblems } from "../../src/sandbox/globus/flows/json-schema.ts";
import { definitionOf, schemaOf, schemaText, TEMPLATE_NAMES, templateText } from "../support/flow-templates.ts";
import { ROOT } from "../support/peers/real-peers.ts";

type Fields = Readonly<Record<string, unknown>>;
const TRANSFER = "https://transfer.actions.globus.org/transfer";
/** transfer-items stands by itself: another action of beamline would send one file of its list. */
const ALL = [...TEMPLATE_NAMES, "transfer-items", "beamline"];

test.each(TEMPLATE_NAMES)("flows/%s.json is what beamline.json does for it (npm run docs writes it)", async (name) => {
  await expect(templateText(name)).toMatchFileSnapshot(`../../flows/${name}.json`);
  await expect(schemaText(name)).toMatchFileSnapshot(`../../flows/${name}.schema.json`);
});

test("the folder has each template with its schema, and nothing else", () => {
  const named = ALL.flatMap((name) => [`${name}.json`, `${name}.schema.json`]);
  expect(readdirSync(join(ROOT, "flows")).sort()).toEqual([...named, "tar_folder.py"].sort());
});

test.each(TEMPLATE_NAMES)("beamline asks of the action %s what the template asks, before a run starts", (action) => {
  const says = (name: string, input: Fields): string[] =>
    inputProblems(schemaOf(name), input)
      .map(({ says: words }) => words)
      .sort();
  expect(says("beamline", { action })).toEqual(says(action, {}));
});

test("beamline without an action asks nothing beside a transfer's input", () => {
  expect(inputProblems(schemaOf("beamline"), {})).toEqual(inputProblems(schemaOf("transfer"), {}));
});

/** The names of the states that a state leads to. */
const leadsTo = (value: unknown): string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
        (key === "Next" || key === "Default") && typeof inner === "string" ? [inner] : leadsTo(inner),
      );

const actionsOf = (name: string): [string, Fields][] =>
  Object.entries(definitionOf(name).States).filter(([, { Type }]) => Type === "Action");

describe.each(ALL)("%s", (name) => {
  const { StartAt, States } = definitionOf(name);

  test("reaches every state, knows every state that it leads to, and ends", () => {
    const seen = new Set<string>();
    const visit = (at: string): void => {
      if (seen.has(at)) return;
      seen.add(at);
      expect(Object.keys(States), `${at} is a state`).toContain(at);
      leadsTo(States[at]).forEach(visit);
    };
    visit(StartAt);
    expect([...seen].sort()).toEqual(Object.keys(States).sort());
    for (const [at, state] of Object.entries(States)) {
      const ends = state["Type"] === "Fail" || state["End"] === true;
      expect(ends, `${at} ends, or goes on`).toBe(leadsTo(state).length === 0);
    }
  });

  test("each action waits long, keeps the state, and tells its failure", () => {
    for (const [at, state] of actionsOf(name)) {
      expect(state, at).toMatchObject({
        ActionUrl: expect.stringMatching(/^https:\/\/(transfer|compute)\.actions\.globus\.org\//) as unknown,
        ResultPath: expect.stringMatching(/^\$\.\w+Result$/) as unknown,
        ExceptionOnActionFailure: true,
        Catch: [{ ErrorEquals: ["ActionUnableToRun", "ActionFailedException", "ActionTimeout"] }],
      });
      expect(state["WaitTime"], at).toBeGreaterThanOrEqual(172_800);
      const [{ Next, ResultPath }] = state["Catch"] as [{ Next: string; ResultPath: string }];
      expect([ResultPath, States[Next]?.["Type"]], at).toEqual(["$.Failure", "Fail"]);
    }
  });

  test("each transfer says what it is called, and that files are compared by their checksums", () => {
    const transfers = actionsOf(name).filter(([, { ActionUrl }]) => ActionUrl === TRANSFER);
    expect(transfers).not.toHaveLength(0);
    for (const [at, { Parameters }] of transfers)
      expect(Parameters, at).toMatchObject({
        "label.=": expect.stringContaining("_context.run_id") as unknown,
        sync_level: 3,
        verify_checksum: true,
        skip_source_errors: false,
      });
  });

  test("each end says what is where", () => {
    for (const [at, { Type, Cause, Parameters, End }] of Object.entries(States)) {
      if (Type === "Fail") expect(Cause, at).toMatch(/\.$/);
      if (End === true) expect(Parameters, at).toMatchObject({ "task_id.$": "$.TransferResult.details.task_id" });
    }
  });

  test("its input is closed, and every part of it is described", () => {
    const schema = schemaOf(name);
    const base = { source: {}, destination: {}, recursive_tx: {} };
    expect(schema).toMatchObject({ additionalProperties: false, properties: base });
    expect(schema.required).toEqual(expect.arrayContaining(Object.keys(base)));
    const visit = (part: Fields, at: string): void => {
      expect(part["description"], at).toMatch(/\.$/);
      if (part["type"] === "object" && part["properties"] !== undefined) {
        expect(part["additionalProperties"], at).toBe(false);
        for (const [key, inner] of Object.entries(part["properties"] as Fields)) visit(inner as Fields, `${at}.${key}`);
      }
    };
    for (const [key, part] of Object.entries(schema.properties)) visit(part as Fields, key);
  });
});

describe.each(ALL.filter((name) => name === "beamline" || name.endsWith("-delete")))("%s deletes nothing", (name) => {
  const { StartAt, States } = definitionOf(name);
  /** Whether the state is reached without passing one of these. */
  const reaches = (wanted: string, ...without: string[]): boolean => {
    const seen = new Set(without);
    const visit = (at: string): boolean => {
      if (at === wanted) return true;
      if (seen.has(at)) return false;
      seen.add(at);
      return leadsTo(States[at]).some(visit);
    };
    return visit(StartAt);
  };

  test.each(["TransferData", "IsTransferred", "CompareAgain", "IsProven", "IsBelowTop"])("without %s", (gate) => {
    expect(reaches("DeleteSource")).toBe(true);
    expect(reaches("DeleteSource", gate)).toBe(false);
  });

  test("unless both tasks have succeeded, have skipped nothing, and the second had nothing to send", () => {
    const clean = (result: string): unknown[] => [
      { Variable: `$.${result}.details.status`, StringEquals: "SUCCEEDED" },
      { Variable: `$.${result}.details.subtasks_skipped_errors`, NumericEquals: 0 },
    ];
    expect(States["IsTransferred"]).toMatchObject({
      Choices: [{ And: clean("TransferResult") }],
      Default: "TransferNotWhole",
    });
    const nothing = { Variable: "$.CompareResult.details.files_transferred", NumericEquals: 0 };
    expect(States["IsProven"]).toMatchObject({
      Choices: [{ And: [...clean("CompareResult"), nothing] }],
      Default: "NotProven",
    });
  });
});

test("transfer-approve-delete deletes nothing unless a person has said so", () => {
  const { States } = definitionOf("transfer-approve-delete");
  expect(States["IsApproved"]).toMatchObject({
    Choices: [{ Variable: "$.Answer.response", StringEquals: "delete", Next: "CompareAgain" }],
    Default: "Kept",
  });
  const others = Object.entries(States).filter(
    ([at, state]) => at !== "IsApproved" && leadsTo(state).includes("CompareAgain"),
  );
  expect(others).toEqual([]);
  expect(States["AwaitAnswer"]).toMatchObject({
    Catch: [{ ErrorEquals: ["Flows.WebInputExpired"], Next: "NotAnswered" }],
  });
  expect(States["NotAnswered"]).toMatchObject({ Type: "Fail" });
});
