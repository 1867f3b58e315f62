/** What is asked before an e-mail, a deletion and a tag, of a person, of --yes, and of nobody. */
import { beforeEach, describe, expect, test } from "vitest";
import { DIALOGUES, type Operator } from "../../src/cli/dialogues.ts";
import type { Runner } from "../../src/cli/runner.ts";
import { OffError } from "../../src/controller/ports/call.ts";
import type { PvOutput } from "../../src/controller/ports/pvs.ts";
import type { CommandName } from "../../src/controller/pvs/commands.ts";
import type { PvName } from "../../src/controller/pvs/index.ts";
import { type Outcome, RejectedError } from "../../src/controller/run/outcome.ts";
import type { Site } from "../../src/controller/site.ts";
import { doing, done, EXPERIMENT, fakeSite, runCli } from "../support/fakes/fake-cli.ts";
import { FakeDm } from "../support/fakes/fake-services.ts";

/** What was done, in order. */
let deeds: string[];
beforeEach(() => {
  deeds = [];
});

const mailing = (changes: Partial<Site> = {}): Site =>
  fakeSite(
    {
      PreviewEmail: doing(({ publish }) => {
        deeds.push("preview");
        publish("EmailCount", 2);
        publish("EmailPreview", "Dear users,\nyour data are here.");
        publish("EmailRecipients", "ada@example.org\nemmy@example.org");
        return done("2 addresses.");
      }),
      Email: doing(({ input, publish }) => {
        deeds.push(`send mode ${input("EmailMode")} arm ${input("EmailArm")}`);
        publish("EmailSent", 1);
        publish("EmailSent", 2);
        return done("It was sent.");
      }),
    },
    changes,
  );

describe("email", () => {
  test("shows the message and the recipients, asks, and sends it armed after yes", async () => {
    const { out, questions, status } = await runCli(["email"], mailing(), { answers: ["perhaps", "yes"] });
    expect(deeds).toEqual(["preview", "send mode 1 arm 1"]);
    expect(questions).toEqual(Array(2).fill("Send it to 2 addresses? [y]es, [n]o, [t]est: "));
    expect(out).toContain("  Dear users,\n  your data are here.\n");
    expect(out).toContain("  ada@example.org\n  emmy@example.org\n");
    expect(status).toBe(0);
  });
  test.each([[["n"]], [[]]])("sends nothing after %j", async (answers) => {
    const { status, err } = await runCli(["email"], mailing(), { answers });
    expect(deeds).toEqual(["preview"]);
    expect(err).toContain("Cancelled");
    expect(err).toContain("Nothing was sent.");
    expect(status).toBe(1);
  });
  test("sends a test without the arm, previews anew, and asks again", async () => {
    const { out } = await runCli(["email", "--mode", "all"], mailing(), { answers: ["t", "y"] });
    // The bar has ended
    expect(out.replaceAll(/\x1b\[\d+m/g, "")).toMatch(/addresses\nThe test:\n {2}Done\. It was sent\.\n(?!\[)/);
    expect(deeds).toEqual(["preview", "send mode 2 arm 0", "preview", "send mode 0 arm 1"]);
  });
  test("needs no question for a test, also without a terminal", async () => {
    expect((await runCli(["email", "--mode", "test"], mailing())).status).toBe(0);
    expect(deeds).toEqual(["send mode 2 arm 0"]);
  });
  test("is refused without a terminal, and nothing is done", async () => {
    const { status, err } = await runCli(["email"], mailing());
    expect(deeds).toEqual([]);
    expect(err).toBe(
      "email: Usage. email asks before it sends, and there is no terminal to ask at: give --yes to send.\n",
    );
    expect(status).toBe(2);
  });
  test("asks nothing with --json, even at a terminal", async () => {
    const { status, questions } = await runCli(["email", "--json"], mailing(), { answers: ["y"] });
    expect([status, questions]).toEqual([2, []]);
  });
  test("sends without a question with --yes", async () => {
    expect((await runCli(["email", "--yes"], mailing())).status).toBe(0);
    expect(deeds).toEqual(["preview", "send mode 1 arm 1"]);
  });
  test("is rejected with the reason why it cannot be armed", async () => {
    const { status, err } = await runCli(
      ["email", "--yes"],
      mailing({ arms: { EmailArm: () => "Preview it first." } }),
    );
    expect([status, err]).toEqual([1, "email: Rejected. Preview it first.\n"]);
    expect(deeds).toEqual(["preview"]);
  });
  test("shows a bar at a terminal, and none in a pipe", async () => {
    const atTerminal = await runCli(["email", "--yes"], mailing(), { answers: [] });
    expect(atTerminal.out).toContain(`\r\x1b[K[${"#".repeat(15)}${"-".repeat(15)}] 50 %, 1 of 2 addresses`);
    expect(atTerminal.out).toContain("] 100 %, 2 of 2 addresses\n");
    expect((await runCli(["email", "--yes"], mailing())).out).not.toContain("100 %");
  });
});

describe("delete", () => {
  const deleting = (): Site => {
    const dm = new FakeDm();
    dm.experiments.set(EXPERIMENT, { name: EXPERIMENT, usernames: ["d208112"] });
    return fakeSite(
      {
        Delete: doing(({ input }) => {
          deeds.push(`delete ${input("DeleteName")} arm ${input("DeleteArm")}`);
          return done("It is gone.");
        }),
      },
      { dataManagement: dm },
    );
  };
  test("shows what goes, and deletes it when its name is typed", async () => {
    const { out, status } = await runCli(["delete"], deleting(), { answers: [EXPERIMENT] });
    expect(out).toContain(`  ${EXPERIMENT}\n  server: voyager\n  users: d208112\n`);
    expect(deeds).toEqual([`delete ${EXPERIMENT} arm 1`]);
    expect(status).toBe(0);
  });
  test.each([["yes"], [EXPERIMENT.toLowerCase()], [""]])("deletes nothing for the answer %j", async (answer) => {
    const { err, status } = await runCli(["delete"], deleting(), { answers: [answer] });
    expect(err).toContain(`is not the name of the experiment, ${EXPERIMENT}: nothing was deleted.`);
    expect([status, deeds]).toEqual([1, []]);
  });
  test("deletes with --yes only what is named", async () => {
    expect((await runCli(["delete", "--yes"], deleting())).status).toBe(2);
    expect((await runCli(["delete", "--yes", "--exp-name", "2026-03-Other-1"], deleting())).status).toBe(1);
    expect(deeds).toEqual([]);
    expect((await runCli(["delete", "--yes", "--exp-name", EXPERIMENT], deleting())).status).toBe(0);
    expect(deeds).toEqual([`delete ${EXPERIMENT} arm 1`]);
  });
  test("says that deleting is off before it asks anything, and shows nothing", async () => {
    const site = { ...deleting(), arms: { DeleteArm: () => "Deleting is off." } };
    const { out, err, status, questions } = await runCli(["delete"], site, { answers: [EXPERIMENT] });
    expect([status, questions]).toEqual([1, []]);
    expect(err).toContain("Deleting is off.");
    expect(out).not.toContain("This goes");
  });
  test("does not announce another experiment than the one that --yes names", async () => {
    const { out, err } = await runCli(["delete", "--yes", "--exp-name", "2026-03-Other-1"], deleting());
    expect(out).not.toContain("This goes");
    expect(err).toContain(`"2026-03-Other-1" is not the name of the experiment, ${EXPERIMENT}`);
  });
  test("is refused without a terminal", async () => {
    expect((await runCli(["delete", "--exp-name", EXPERIMENT], deleting())).status).toBe(2);
    expect(deeds).toEqual([]);
  });
});

describe("prune", () => {
  const pruning = (found = 2, arms: Site["arms"] = {}): Site =>
    fakeSite(
      {
        Prune: doing(({ input, publish }) => {
          deeds.push(`prune plan ${input("PrunePlan")} arm ${input("PruneArm")} days ${input("PruneDays")}`);
          publish("PruneFound", found);
          publish("PruneText", "/data/a.h5: would be deleted");
          return done("2 scans would be deleted.");
        }),
      },
      { arms },
    );
  const plan = "prune plan 1 arm 0 days 14";

  test("shows what would go, asks, and deletes it armed after yes", async () => {
    const { out, questions, status } = await runCli(["prune"], pruning(), { answers: ["why", "y"] });
    expect(deeds).toEqual([plan, "prune plan 0 arm 1 days 14"]);
    expect(out).toContain("  /data/a.h5: would be deleted\n");
    expect(questions).toEqual(Array(2).fill("Delete these 2 scans at the source? [y]es, [n]o: "));
    expect(status).toBe(0);
  });
  test.each([[["n"]], [[]]])("deletes nothing after %j", async (answers) => {
    const { err, status } = await runCli(["prune"], pruning(), { answers });
    expect([deeds, status]).toEqual([[plan], 1]);
    expect(err).toContain("Nothing was deleted.");
  });
  test("asks nothing, and deletes nothing, with --plan, or where nothing would go", async () => {
    for (const [words, found] of [
      [["prune", "--plan"], 2],
      [["prune"], 0],
    ] as const)
      expect((await runCli([...words], pruning(found), { answers: ["y"] })).questions).toEqual([]);
    expect(deeds).toEqual([plan, plan]);
  });
  test("deletes with --yes without a question, and takes days as 30d", async () => {
    expect((await runCli(["prune", "--older-than", "30d", "--yes"], pruning())).status).toBe(0);
    expect(deeds).toEqual(["prune plan 0 arm 1 days 30"]);
  });
  test.each(["0d", "-3", "two", "14h", "99999d"])("--older-than %s is refused", async (days) => {
    expect((await runCli(["prune", "--older-than", days, "--yes"], pruning())).status).toBe(2);
    expect(deeds).toEqual([]);
  });
  test("is refused without a terminal, and says that it is off before it asks anything", async () => {
    expect((await runCli(["prune"], pruning())).status).toBe(2);
    const off = await runCli(["prune"], pruning(2, { PruneArm: () => "Deleting scans is off." }), { answers: ["y"] });
    expect([off.status, off.questions, deeds]).toEqual([1, [], []]);
    expect(off.err).toContain("Deleting scans is off.");
  });
});

describe("tag-manual", () => {
  const listing = (): Site => {
    const dm = new FakeDm();
    const at = (name: string, rootPath: string, startDate: string) => ({
      name,
      rootPath,
      startDate: new Date(startDate),
    });
    const experiments = [
      at("2026-02-Byron-2", "2026-02", "2026-02-03"),
      at("2024-12-Old-1", "2024-12", "2024-12-01"),
      at("2026-03-Staff-0", "2026-03", "2026-03-01"),
      at("2026-02-Abel-3", "2026-02", "2026-02-03"),
    ];
    const dataManagement = Object.assign(dm, { stationExperiments: () => Promise.resolve(experiments) });
    const TagManual = doing(({ input }) => {
      deeds.push(`tag ${input("ManualExperiment")}`);
      return done();
    });
    return fakeSite({}, { dataManagement, actions: { TagManual } });
  };
  test("lets a person choose between the experiments of this year and the last, the latest first", async () => {
    const { out } = await runCli(["tag-manual"], listing(), { answers: ["2"] });
    expect(out).toContain("  1: 2026-03-Staff-0\n  2: 2026-02-Abel-3\n  3: 2026-02-Byron-2\n");
    expect(out).not.toContain("2024-12-Old-1");
    expect(deeds).toEqual(["tag 2026-02-Abel-3"]);
  });
  test("asks nothing where nobody keeps a list: Data Management is off, or the server is a Globus collection", async () => {
    const off = () => Promise.reject(new OffError("Data Management is off."));
    const site = listing();
    Object.assign(site.dataManagement ?? {}, { stationExperiments: off });
    const { questions } = await runCli(["tag-manual"], site, { answers: ["1"] });
    await runCli(["tag-manual", "--server", "petrel"], listing(), { answers: ["1"] });
    expect([questions, deeds]).toEqual([[], ["tag ", "tag "]]);
  });
  test("writes nothing when none is chosen", async () => {
    expect((await runCli(["tag-manual"], listing(), { answers: ["q"] })).status).toBe(1);
    expect(deeds).toEqual([]);
  });
  test("asks nothing where one is named, nor without a terminal", async () => {
    await runCli(["tag-manual", "--exp-name", "2026-01-X-1"], listing(), { answers: [] });
    await runCli(["tag-manual"], listing());
    expect(deeds).toEqual(["tag 2026-01-X-1", "tag "]);
  });
});

describe("create-manual", () => {
  const creating = (): Site =>
    fakeSite({}, { actions: { CreateManual: doing(({ input }) => done(`create ${input("ManualName")}`)) } });
  const ran = (args: readonly string[], answers?: readonly string[]) =>
    runCli(["create-manual", ...args], creating(), answers === undefined ? {} : { answers });

  test("makes nothing where nobody was named and there is no terminal", async () => {
    const { status, err } = await ran([]);
    expect([status, err]).toEqual([
      2,
      "create-manual: Usage. No --name was given, and there is no terminal to ask at: give --name NAME, or --yes for Staff.\n",
    ]);
  });
  test("asks for the name, and takes the usual one where nothing is typed", async () => {
    expect((await ran([], ["Byron"])).out).toContain("create Byron");
    expect((await ran([], [""])).out).toContain("create Staff");
  });
  test("asks nothing where the name was given, or --yes", async () => {
    expect((await ran(["--name", "Levy"])).out).toContain("create Levy");
    expect((await ran(["--yes"])).out).toContain("create Staff");
  });
});

describe("add-user", () => {
  const adding = (): Site =>
    fakeSite({
      AddUser: doing(({ input }) => {
        deeds.push(`add ${input("EditUserBadge")}`);
        return done();
      }),
    });
  test("asks for badges where none was given", async () => {
    const { questions } = await runCli(["add-user"], adding(), { answers: ["208113, 7"] });
    expect(questions).toEqual(["Badge numbers, separated by commas: "]);
    expect(deeds).toEqual(["add 208113, 7"]);
  });
  test("changes nothing without an answer", async () => {
    expect((await runCli(["add-user"], adding(), { answers: [""] })).status).toBe(1);
    expect(deeds).toEqual([]);
  });
  test("asks nothing where one was given, nor without a terminal", async () => {
    await runCli(["add-user", "--badges", "5"], adding(), { answers: [] });
    await runCli(["add-user"], adding());
    expect(deeds).toEqual(["add 5", "add "]);
  });
});

describe("tag", () => {
  const tagging = (): Site =>
    fakeSite(
      {},
      {
        actions: {
          Tag: doing(({ input, publish }) => {
            deeds.push(`tag ${input("BeamtimeIndex")}`);
            publish("Beamtimes", "1: Foams\n2: Bones");
            if (input("BeamtimeIndex") === 0) throw new RejectedError("There are 2 beamtimes.");
            return done("It is tagged.");
          }),
        },
      },
    );
  test("lets a person choose between several beamtimes", async () => {
    const { out, status, questions } = await runCli(["tag"], tagging(), { answers: ["3", "2"] });
    expect(out).toContain("  1: Foams\n  2: Bones\n");
    expect(questions).toEqual(Array(2).fill("Which one, 1 to 2, or q to leave it? "));
    expect(deeds).toEqual(["tag 0", "tag 2"]);
    expect(status).toBe(0);
  });
  test("writes nothing when none is chosen", async () => {
    expect((await runCli(["tag"], tagging(), { answers: ["q"] })).status).toBe(1);
    expect(deeds).toEqual(["tag 0"]);
  });
  test("fails without a terminal, with the beamtimes to choose from", async () => {
    const { out, err, status } = await runCli(["tag"], tagging());
    expect(out).toContain("Beamtimes:\n  1: Foams\n  2: Bones\n");
    expect([status, err]).toEqual([1, "tag: Rejected. There are 2 beamtimes.\n"]);
  });
  test("asks nothing when --beamtime says which", async () => {
    expect((await runCli(["tag", "--beamtime", "2"], tagging())).status).toBe(0);
    expect(deeds).toEqual(["tag 2"]);
  });
});

describe("an input that is set for one run is put back, also when the run breaks off", () => {
  /** Runs end as `ends` says; what was set is kept. */
  function breaking(ends: Partial<Record<CommandName, Outcome>>, values: Partial<Record<PvName, PvOutput>>) {
    const set: string[] = [];
    const runner: Runner = {
      set: async (name, value) => void set.push(`${name}=${value}`),
      value: async (name) => values[name],
      run: async (name) => {
        const outcome = ends[name];
        if (outcome === undefined || set.length > 0) throw new Error("broken off");
        return outcome;
      },
      experiment: () => Promise.reject(new Error("nobody asks")),
    };
    return { runner, set };
  }
  const person = (answer: string): Operator => ({ canAnswer: true, ask: async () => answer, show: () => {} });
  const common = { yes: false, dryRun: false };
  const inputs = new Map<never, never>();

  test("EmailMode", async () => {
    const { runner, set } = breaking({ PreviewEmail: { state: "Done", message: "" } }, { EmailMode: 1, EmailCount: 2 });
    await expect(DIALOGUES.Email?.({ runner, person: person("test"), common, inputs })).rejects.toThrow("broken off");
    expect(set).toEqual(["EmailMode=2", "EmailMode=1"]);
  });
  test("BeamtimeIndex", async () => {
    const { runner, set } = breaking({ Tag: { state: "Rejected", message: "" } }, { Beamtimes: "1: a\n2: b" });
    await expect(DIALOGUES.Tag?.({ runner, person: person("2"), common, inputs })).rejects.toThrow("broken off");
    expect(set).toEqual(["BeamtimeIndex=2", "BeamtimeIndex=0"]);
  });
});
