import { expect, test } from "vitest";
import type { Experiment } from "../../../src/controller/experiment.ts";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import type { FreeAction } from "../../../src/controller/run/action.ts";
import { performCommand, type RunPlace } from "../../../src/controller/run/perform.ts";

const EXPERIMENT = { name: "2026-03-Noether-1014288" } as Experiment;

/** An action that tells its site's list which one it is, and counts what it was asked. */
const acting = (name: string, told: string[]): FreeAction => ({
  plan: () => [`would act on ${name}`],
  run: async ({ input, publish }) => {
    told.push(`acts on ${name} with ${input("Set")}`);
    publish("UserCount", 3);
    return { state: "Done", message: "It was done." };
  },
});

/** Runs a command over two servers, of which the second alone has Init. @returns what happened, in order */
async function happening(
  name: CommandName,
  held: Readonly<Partial<Record<PvName, number>>>,
  changes: (told: string[]) => Partial<RunPlace> = () => ({}),
): Promise<readonly string[]> {
  const told: string[] = [];
  const server = (at: string, has: boolean) => ({
    name: at,
    kind: "dm" as const,
    actions: has ? { Init: acting(at, told) } : {},
    dataLink: () => "",
  });
  const values = new Map<string, number>(Object.entries(held));
  const place: RunPlace = {
    pvs: {
      get: (pv) => values.get(pv) ?? 0,
      put: (pv, value) => void told.push(`${pv}=${String(value)}`),
    },
    signal: new AbortController().signal,
    say: (sentence) => void told.push(sentence),
    experiment: async () => {
      told.push("reads the tag");
      return EXPERIMENT;
    },
    around: async ({ isDry, server: at, experiment = "nobody" }, work) => {
      told.push(`${isDry ? "dry" : "remembered"} on ${at} for ${experiment}`);
      return work();
    },
    ...changes(told),
  };
  const site = {
    servers: [server("voyager", false), server("eagle", true)] as const,
    actions: { ListEsafs: acting("any server", told) },
  };
  await performCommand(site, name, place).then(
    ({ message }) => told.push(message),
    (thrown: unknown) => told.push(String(thrown)),
  );
  return told;
}

test("a run goes from the chosen server over the tag to the action, remembered only then", async () => {
  expect(await happening("Init", { ServerName: 1, Set: 4 })).toEqual([
    "reads the tag",
    `remembered on eagle for ${EXPERIMENT.name}`,
    `Init has begun for ${EXPERIMENT.name}.`,
    "acts on eagle with 4",
    "UserCount=3",
    "It was done.",
  ]);
});

test("a command that needs no tag reads none, and one of no server runs on whichever is chosen", async () => {
  expect(await happening("ListEsafs", { ServerName: 7 })).toEqual([
    "remembered on voyager for nobody",
    "ListEsafs has begun.",
    "acts on any server with 0",
    "UserCount=3",
    "It was done.",
  ]);
});

test("a dry run is the plan alone", async () => {
  expect(await happening("Init", { ServerName: 1, Testing: 1 })).toEqual([
    "reads the tag",
    `dry on eagle for ${EXPERIMENT.name}`,
    "Dry run: would act on eagle.",
  ]);
});

test("what the chosen server does not have is refused before anybody is asked", async () => {
  expect(await happening("Init", {})).toEqual([
    expect.stringMatching(/Init does not exist on voyager, a server of kind dm; choose another ServerName\.$/),
  ]);
});

test("a run that was stopped while it waited for the tag has no effect and is not remembered", async () => {
  const stop = new AbortController();
  const stopped = await happening("Init", { ServerName: 1 }, () => ({
    signal: stop.signal,
    experiment: async () => {
      stop.abort(new Error("stopped"));
      return EXPERIMENT;
    },
  }));
  expect(stopped).toEqual(["Error: stopped"]);
});
