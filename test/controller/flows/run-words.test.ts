/** What the state of a run means, in words with the command that helps. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runLabel } from "../../../src/controller/flows/run-label.ts";
import { runWords } from "../../../src/controller/flows/run-words.ts";
import type { RunReport } from "../../../src/controller/ports/flows.ts";

const RUN: RunReport = {
  id: "36ad9f9a",
  flow: "24bc4997",
  flowTitle: "",
  state: "ACTIVE",
  said: "ACTIVE",
  label: "",
  tags: [],
  owner: "",
  started: 0,
  code: "",
  description: "",
  step: "",
  stepCode: "",
  requiredScopes: [],
  collections: [],
  tasks: [],
};
const wordsOf = (more: Partial<RunReport>, transfer = "") =>
  runWords({ ...RUN, ...more }, { flowName: "nightly", transfer });
const waits = (more: Partial<RunReport>) => wordsOf({ state: "INACTIVE", ...more });

describe("weakness 11: a run that is INACTIVE waits, and is told apart by what for", () => {
  test("a consent", () => {
    expect(waits({ requiredScopes: ["s[*t]"], step: "Move" })).toEqual({
      outcome: "waiting",
      severity: "MAJOR",
      sentence:
        "The run 36ad9f9a of the flow nightly waits at its step Move for a consent (s[*t]): run `globus-ioc login --flow nightly`, then `globus-ioc flow resume 36ad9f9a`.",
    });
    expect(waits({ code: "ConsentRequired" }).sentence).toContain(
      "for a consent: run `globus-ioc login --flow nightly`",
    );
  });

  test("the consent of collections, which no setting need name", () => {
    expect(waits({ requiredScopes: ["s[*t[*d]]"], collections: ["c1", "c2"] }).sentence).toContain(
      "run `globus-ioc login --flow nightly --collection c1 --collection c2`, then `globus-ioc flow resume 36ad9f9a`",
    );
  });

  test.each([
    ["--force", { policies: [], domains: [] }],
    ["--policy p --policy q --domain d", { policies: ["p", "q"], domains: ["d"] }],
  ])("a session that a policy asks for: %s", (options, wanted) => {
    expect(waits({ session: { ...wanted, message: "two factors" } }).sentence).toContain(
      `for a new login, which a policy asks for (two factors): run \`globus-ioc login --flow nightly ${options}\`, then \`globus-ioc flow resume 36ad9f9a\``,
    );
  });

  test("a person's answer", () => {
    expect(waits({ question: "q" }).sentence).toContain(
      "for a person's answer: give it with FlowRespond, with `globus-ioc flow respond 36ad9f9a",
    );
  });

  test("an administrator who has paused its transfer", () => {
    expect(waits({ stepCode: "PAUSED" }).sentence).toContain(
      "an administrator of a collection has paused it: ask for its release; then run `globus-ioc flow resume 36ad9f9a`",
    );
  });

  test("what Flows says, where nobody here knows it", () => {
    expect(waits({ code: "Odd", description: "so it is." }).sentence).toContain(
      "waits: Odd: so it is; when that is done run `globus-ioc flow resume 36ad9f9a`",
    );
    expect(waits({}).sentence).toContain("Flows does not say why");
  });
});

describe("weakness 12: every state is known by its outcome", () => {
  test.each([
    [{ state: "ACTIVE" }, "running"],
    [{ state: "INACTIVE" }, "waiting"],
    [{ state: "SUCCEEDED" }, "succeeded"],
    [{ state: "FAILED", code: "FlowFailed" }, "failed"],
    [{ state: "FAILED", code: "FlowCanceled" }, "cancelled"],
    [{ state: "ENDED" }, "ended"],
    [{ state: "UNKNOWN", said: "PONDERING" }, "unknown"],
  ] as const)("%j", (more, outcome) => {
    expect(wordsOf(more).outcome).toBe(outcome);
  });

  test("a state that nobody here knows passes with Flows' name for it", () => {
    expect(wordsOf({ state: "UNKNOWN", said: "PONDERING" }).sentence).toContain(
      "is PONDERING, a state that is not known here: look at https://app.globus.org/runs/36ad9f9a",
    );
  });

  test("a failure says where, why, and where there is more", () => {
    expect(wordsOf({ state: "FAILED", code: "FlowFailed", description: "no room", step: "Move" }).sentence).toBe(
      "The run 36ad9f9a of the flow nightly has failed: at its step Move, FlowFailed: no room; `globus-ioc flow log 36ad9f9a` tells more.",
    );
  });
});

test("weakness 19: a step that took longer than its WaitTime is told as that, with what to set", () => {
  expect(wordsOf({ state: "FAILED", code: "ActionTimeout", step: "Move" }).sentence).toContain(
    "a step took longer than its WaitTime, and what it began may go on: set a longer one and run `globus-ioc flow deploy nightly`",
  );
});

test("a run that is under way says at which step, and what its transfer waits for", () => {
  expect(wordsOf({}).sentence).toBe("The run 36ad9f9a of the flow nightly is under way.");
  expect(wordsOf({ step: "Move" }, "queued behind 3 tasks.").sentence).toBe(
    "The run 36ad9f9a of the flow nightly is at its step Move: queued behind 3 tasks.",
  );
});

test("a label has our id first, no comma, one line, and no more than 64 characters", () => {
  expect(runLabel("ID", "a, b\nc")).toBe("ID a b c");
  const label = runLabel("20261130T101500123Z-3f", "𝒳".repeat(60));
  expect(label.length).toBeLessThanOrEqual(64);
  expect(label).toMatch(/^20261130T101500123Z-3f 𝒳+$/u);
  expect(runLabel("ID", "")).toBe("ID");
});

test.each([
  ["INACTIVE", "TH"],
  ["FAILED", "FV"],
  ["ENDED", "SX"],
] as const)("%s is as severe in RunStatus as in its words", (state, choice) => {
  const file = readFileSync(join(import.meta.dirname, "../../../db/globus_flows.db"), "utf8");
  const record = /RunStatus"\) \{[^}]*\}/.exec(file)?.[0] ?? "";
  expect(record).toContain(`field(${choice}ST, "${state}")`);
  expect(record).toContain(`field(${choice}SV, "${wordsOf({ state }).severity}")`);
});
