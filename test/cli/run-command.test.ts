/** Data-management commands as the shell sees them: what they run, print and ask, and their exit statuses. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../src/base/errors.ts";
import { NotFoundError, OffError } from "../../src/controller/ports/call.ts";
import type { Beamtime } from "../../src/controller/ports/scheduling.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import type { ActionContext } from "../../src/controller/run/action.ts";
import { InputError, RejectedError } from "../../src/controller/run/outcome.ts";
import type { Site } from "../../src/controller/site.ts";
import { FakeBeamline } from "../support/fakes/fake-beamline.ts";
import { doing, done, EXPERIMENT, fakeSite, runCli } from "../support/fakes/fake-cli.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeDm, FakeScheduling } from "../support/fakes/fake-services.ts";

const partial = { state: "Partial", message: "One of two was done." } as const;
const nothing = fakeSite({});

describe("the exit status is", () => {
  test("0 when it is done, and the message is on standard output", async () => {
    const run = await runCli(["init"], fakeSite({ Init: doing(() => done()) }));
    expect(run).toMatchObject({ status: 0, err: "" });
    expect(run.out).toMatch(/init: Done\. It was done\.\n$/);
  });
  test("3 when it is partly done", async () => {
    const run = await runCli(["init"], fakeSite({ Init: doing(() => partial) }));
    expect(run.status).toBe(3);
    expect(run.out).toMatch(/init: Partial\. One of two was done\.\n$/);
  });
  test.each([
    ["it failed", new ActionError("The service is down."), "Failed"],
    ["it was rejected", new RejectedError("There is no experiment."), "Rejected"],
  ])("1 when %s, and the sentence is on standard error", async (_what, error, state) => {
    const fail = doing(() => {
      throw error;
    });
    const run = await runCli(["init"], fakeSite({ Init: fail }));
    expect(run).toMatchObject({ status: 1, err: `init: ${state}. ${error.message}\n` });
  });
  test("1 when Ctrl-C came, and the action was asked to stop", async () => {
    const stop = new AbortController();
    const action = doing(({ signal }) => {
      stop.abort(new CancelledError("Ended by SIGINT."));
      signal.throwIfAborted();
      return done();
    });
    const run = await runCli(["init"], fakeSite({ Init: action }), { context: { signal: stop.signal } });
    expect(run).toMatchObject({ status: 1, err: "init: Cancelled. Ended by SIGINT.\n" });
  });
  test("1 when TomoScan is not reached, with the PVs that are missing", async () => {
    const run = await runCli(["init"], fakeSite({ Init: doing(() => done()) }, { beamline: new FakeBeamline() }));
    expect(run.status).toBe(1);
    expect(run.err).toMatch(
      /^init: Rejected\. TomoScan does not answer: t:yearMonth, .*Start its IOC, or correct ioc-prefix/,
    );
  });
  test("1 for a command that the server does not have", async () => {
    expect((await runCli(["list-users"], nothing)).err).toContain("ListUsers does not exist on voyager");
  });
  test.each([
    [["init", "--sett", "3"], /^init: Usage\. globus-ioc init has no option --sett; did you mean --set\?/],
    [["init", "--zzzzzz"], /has no option --zzzzzz; see globus-ioc init --help/],
    [["init", "now"], /takes options only, and "now" is none/],
    [["delete", "--yes=3"], /^delete: Usage\. globus-ioc delete: --yes takes no value, and "--yes=3" has one\.\n$/],
    [["delete", "--allow-delete", "maybe"], /--allow-delete = "maybe" is not True or False/],
    [["init", "--set", "soon"], /--set = "soon" is not one of the numbers/],
    [["init", "--ssh-timeout", "-1"], /--ssh-timeout = "-1" is not a number of seconds from 0.1 to 1000000/],
    [["email", "--mode", "most"], /--mode = "most" is not one of all, newonly, test/],
    [["init", "--config", "/nowhere.conf"], /\/nowhere\.conf does not exist; name another with --config [^\n]*\n$/],
    [["init", "--server", "sojourner"], /--server = "sojourner" is none of the servers: voyager, petrel/],
    [["init", "--ioc", "--dry-run"], /--dry-run is for commands that run here/],
    [["init", "--ioc", "--detector", "x"], /--detector has no effect on a running IOC/],
  ])("2 for %j", async (args, sentence) => {
    const run = await runCli(args, fakeSite({ Init: doing(() => done()) }));
    expect(run.status).toBe(2);
    expect(run.err).toMatch(sentence);
  });
});

describe("an action sees", () => {
  const inputsOf = async (args: readonly string[], config?: string): Promise<ActionContext["input"]> => {
    let seen: ActionContext["input"] = () => "";
    const action = doing(({ input }) => {
      seen = input;
      return done();
    });
    const site = fakeSite({ Init: action, AddUser: action, StartDaq: action, Upload: action, ListEsafs: action });
    const options = config === undefined ? {} : { config };
    expect((await runCli(args, site, options)).status).toBe(0);
    return seen;
  };

  test("what its PVs hold initially where nothing was said", async () => {
    const input = await inputsOf(["start-daq"]);
    expect([input("DaqRaw"), input("ProcessExisting"), input("Set"), input("Testing")]).toEqual([1, 1, 0, 0]);
  });
  test("what the file says, and over it what the option says", async () => {
    const config = "[general]\nlog-directory =\n[scheduling]\nset = 4\n[globus]\nedit-user-badge = 7\n";
    expect((await inputsOf(["add-user"], config))("Set")).toBe(4);
    expect((await inputsOf(["init", "--set", "-30"], config))("Set")).toBe(-30);
    expect((await inputsOf(["add-user", "--badges", "1,2"], config))("EditUserBadge")).toBe("1,2");
  });
  test("yes and no of its options", async () => {
    const input = await inputsOf(["daq-start", "--no-rec", "--no-existing"]);
    expect([input("DaqRaw"), input("DaqRec"), input("ProcessExisting")]).toEqual([1, 0, 0]);
  });
  test("the days of list-esafs, spelt with an underscore", async () => {
    expect((await inputsOf(["list_esafs", "--start-date", "2026-02-01"]))("EsafStart")).toBe("2026-02-01");
  });
});

test("a log file that cannot be written is a warning, and that it can be again is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-log-"));
  const logs = join(folder, "logs");
  writeFileSync(logs, "a file in the folder's place");
  try {
    const action = doing(async () => {
      await warned;
      rmSync(logs);
      return done();
    });
    let isWarned = (): void => {};
    const warned = new Promise<void>((resolve) => (isWarned = resolve));
    let err = "";
    const config = `[general]\nlog-directory = ${logs}\n`;
    const context = {
      err: (text: string): void => {
        err += text;
        isWarned();
      },
    };
    const { out } = await runCli(["init"], fakeSite({ Init: action }), { config, context });
    expect(err).toMatch(/^[^\n]*logs[^\n]*\n$/);
    expect(out).toMatch(/written again[^]*init: Done\. It was done\./);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the name override is used for the experiment", async () => {
  let name = "";
  const site = fakeSite({
    Init: doing(({ experiment }) => {
      name = experiment.name;
      return done();
    }),
  });
  await runCli(["create", "--exp-name", "2026-03-Other"], site);
  expect(name).toBe("2026-03-Other");
});

test("every key of globus.conf is an option", async () => {
  const run = await runCli(
    ["init", "--beamline", "98-ID-B,C", "--dm-timeout", "7", "--no-dm-direct-mount", "--server", "petrel"],
    nothing,
  );
  expect(run.settings?.scheduling.beamline).toBe("98-ID-B,C");
  expect(run.settings?.dm.timeout).toBe(7);
  expect(run.settings?.local["dm-direct-mount"]).toBe(false);
  expect(run.err).toContain("Init does not exist on petrel");
});

test.each([
  [["--allow-delete"], true],
  [["--allow-delete", "True"], true],
  [["--allow-delete=true"], true],
  [["--allow-delete=False"], false],
  [["--dm-allow-delete", "no"], false],
  [["--allow-delete", "--json"], true],
  [["--no-allow-delete"], false],
])("a key that is True or False may be given as the file has it: %j", async (args, wanted) => {
  const config = `[general]\nlog-directory =\n[dm]\nallow-delete = ${wanted ? "False" : "True"}\n`;
  const { settings } = await runCli(["init", ...args], fakeSite({ Init: doing(() => done()) }), { config });
  expect(settings?.dm["allow-delete"]).toBe(wanted);
});

describe("results", () => {
  const site = (): ReturnType<typeof fakeSite> =>
    fakeSite({
      ListUsers: doing(({ publish, say }) => {
        publish("UserCount", 2);
        publish("Users", "Ada Byron, badge 208113\nEmmy Noether\x1b[2J, badge 208112");
        publish("UserNames", ["Ada Byron", "Emmy Noether"]);
        say("Reading users.");
        return done("2 users.");
      }),
    });

  test("are printed by PV name, and text from outside cannot drive the terminal", async () => {
    const { out } = await runCli(["list-users"], site(), { answers: [] });
    expect(out.replaceAll(/\x1b\[\d+m/g, "")).toBe(
      "Reading who has the beam from TomoScan…\n" +
        `ListUsers has begun for ${EXPERIMENT}.\nReading users.\n` +
        "UserCount: 2\nUsers:\n  Ada Byron, badge 208113\n  Emmy Noether [2J, badge 208112\nlist-users: Done. 2 users.\n",
    );
  });
  test("without the words on the way with --no-verbose", async () => {
    expect((await runCli(["list-users", "--no-verbose"], site())).out).toMatch(/^UserCount: 2\n/);
  });
  test("are one JSON object with --json, arrays too", async () => {
    const { out, err } = await runCli(["list-users", "--json"], site(), { answers: [] });
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({
      command: "list-users",
      state: "Done",
      message: "2 users.",
      experiment: { name: EXPERIMENT },
      exitStatus: 0,
      results: { UserCount: 2, UserNames: ["Ada Byron", "Emmy Noether"] },
      log: expect.arrayContaining(["Reading users."]) as unknown,
    });
  });
  test("say a state in words", async () => {
    const dirs = doing(({ publish }) => {
      publish("DirsDetector", 2);
      return done();
    });
    const { out } = await runCli(["dirs", "--json"], fakeSite({ Dirs: dirs }));
    expect(JSON.parse(out)).toMatchObject({ results: { DirsDetector: "Created" } });
  });
  test("say yes and no in words", async () => {
    const init = doing(({ publish }) => {
      publish("ExperimentExists", ANSWERS.indexOf("Yes"));
      publish("ExperimentCreated", 0);
      return done();
    });
    expect((await runCli(["init"], fakeSite({ Init: init }))).out).toContain(
      "ExperimentExists: Yes\nExperimentCreated: No\n",
    );
  });
  test("of a run that failed are those that it came to, and no counts at 0", async () => {
    const init = doing(({ publish }) => {
      publish("ExperimentExists", ANSWERS.indexOf("Yes"));
      publish("UsersAdded", 0);
      throw new ActionError("The service went away.");
    });
    const { out } = await runCli(["init"], fakeSite({ Init: init }));
    expect(out).toContain("ExperimentExists: Yes\n");
    expect(out).not.toContain("UsersAdded");
  });
});

test.each([
  [["init", "--json", "--sett", "1"], "Usage", 2],
  [["list-users", "--json"], "Rejected", 1],
])("an error is a JSON object too: %j", async (args, state, exitStatus) => {
  const { out, err } = await runCli(args, nothing);
  expect(JSON.parse(out)).toMatchObject({ state, exitStatus });
  expect(err).toBe("");
});

test("a dry run says what would be done, and runs nothing", async () => {
  let ran = false;
  const action = doing(() => {
    ran = true;
    return done();
  }, ["would make a directory"]);
  const run = await runCli(["dirs", "--dry-run"], fakeSite({ Dirs: action }));
  expect(run).toMatchObject({ status: 0 });
  expect(run.out.match(/would make a directory/g)).toHaveLength(1);
  expect(run.out).toContain("Dry run: would make a directory.");
  expect(ran).toBe(false);
});

test("daq-status lists what runs at the station, whosever it is", async () => {
  const dm = new FakeDm();
  const { id } = await dm.startDaq("2026-03-Other-1", "/data/other", {});
  dm.change(0, { filesDone: 3, filesTotal: 4, percent: 75 });
  const { out, status } = await runCli(["daq_status"], fakeSite({}, { dataManagement: dm }));
  expect(status).toBe(0);
  expect(out).toMatch(new RegExp(`^DaqList: 2026-03-Other-1  /data/other  3/4  75 %  .*${id}$`, "m"));
});

describe("show", () => {
  const BEAMTIME: Beamtime = {
    gupId: "1014288",
    esafId: "300123",
    title: "Foams",
    start: new Date("2026-03-01T02:00:00Z"), // in February at the facility
    end: new Date("2026-03-06T14:00:00Z"),
    experimenters: [{ badge: "208112", firstName: "Paul", lastName: "Lévy", isPi: true }],
  };
  const scheduled = (beamtimes: Beamtime[]): Pick<Site, "schedule"> => {
    const scheduling = new FakeScheduling();
    scheduling.beamtimesNow = beamtimes;
    return { schedule: { scheduling, beamline: "2-BM-A,B", clock: new FakeClock() } };
  };

  test("shows the settings, the tag, the beamtime by the facility's clock, and the experiment", async () => {
    const dm = new FakeDm();
    dm.experiments.set(EXPERIMENT, { name: EXPERIMENT, usernames: ["d208112"] });
    const site = fakeSite({}, { dataManagement: dm, ...scheduled([BEAMTIME]) });
    const { out, status } = await runCli(["show", "--beamline", "2-BM"], site);
    expect(out).toContain("  beamline = 2-BM  (option)\n");
    expect(out).toContain("  log-directory =   (file)\n");
    expect(out).toContain(`  experiment: ${EXPERIMENT}\n`);
    expect(out).toContain('  GUP 1014288, "Foams", Lévy, 2026-02-28 20:00 to 2026-03-06 08:00\n  ESAF: 300123\n');
    expect(out).toContain("  users: d208112\n");
    expect(out).toMatch(/show: Done\. All could be read\.\n$/);
    expect(status).toBe(0);
  });
  test("says the time zone, which the settings name", async () => {
    const config = "[general]\nlog-directory =\ntime-zone = europe/berlin\n";
    const { out, zones } = await runCli(["show"], fakeSite({}), { config });
    expect(zones).toEqual(["Europe/Berlin"]);
    // That of this process, where nothing was changed
    expect(out).toContain("Time zone:\n  America/Chicago (-06:00)\n");
  });
  test("ends with 3 where a part cannot be read, and goes on with the others", async () => {
    const dm = new FakeDm();
    dm.failures.set(`experimentByName ${EXPERIMENT}`, new ActionError("DM is down."));
    const { out, status } = await runCli(["show"], fakeSite({}, { dataManagement: dm, ...scheduled([]) }));
    expect(status).toBe(3);
    expect(out).toContain("Beamtime:\n  proposal 1014288 has no beamtime");
    expect(out).toMatch(
      /Experiment:\n {2}DM is down\.\nshow: Partial\. Not everything could be read: Beamtime, Experiment\.\n$/,
    );
  });
  test("takes for no failure what the settings leave off, what is not there yet, and a collection without a list", async () => {
    const off = new FakeDm();
    off.failures.set(`experimentByName ${EXPERIMENT}`, new OffError("Data Management is off."));
    const betweenRuns = scheduled([]);
    Object.assign(betweenRuns.schedule?.scheduling ?? {}, {
      beamtimes: () => Promise.reject(new NotFoundError("There is no run on that day.")),
    });
    const sites: readonly [Site, readonly string[], string][] = [
      [fakeSite({}), [], "This site has no schedule."],
      [fakeSite({}, betweenRuns), [], "There is no run on that day."],
      [fakeSite({}, { dataManagement: off }), [], "Data Management is off."],
      [fakeSite({}, { dataManagement: new FakeDm() }), [], "It does not exist yet: Init creates it."],
      [fakeSite({}, { dataManagement: new FakeDm() }), ["--server", "petrel"], "petrel is a Globus collection"],
    ];
    for (const [site, args, line] of sites) {
      const { out, status } = await runCli(["show", ...args], site);
      expect(out).toContain(line);
      expect(out).toMatch(/show: Done\. All could be read\.\n$/);
      expect(status).toBe(0);
    }
  });
  test("ends with 3 where the day that --set asks for is in no run", async () => {
    const betweenRuns = scheduled([]);
    Object.assign(betweenRuns.schedule?.scheduling ?? {}, {
      beamtimes: () => Promise.reject(new NotFoundError("There is no run on that day.")),
    });
    const { out, status } = await runCli(["show", "--set", "-1500"], fakeSite({}, betweenRuns));
    expect(out).toMatch(
      /There is no run on that day: give --set the days to another one[^]*show: Partial\. Not everything could be read: Beamtime\.\n$/,
    );
    expect(status).toBe(3);
  });
  test("takes a bug of ours for one", async () => {
    const dm = { experimentByName: () => Promise.reject(new TypeError("x is not a function")) };
    const { err, status } = await runCli(["show"], fakeSite({}, { dataManagement: dm as unknown as FakeDm }));
    expect(status).toBe(1);
    expect(err).toMatch(/^show: Failed\. TypeError: x is not a function\n/);
  });
});

test("an IOC that is named with its prefix needs no configuration file; anything else does", async () => {
  const environment = { GLOBUS_CONF: "", HOME: "/nowhere" };
  const context = {
    openClient: () => {
      throw new ActionError("There is no network.");
    },
  };
  const args = ["init", "--log-directory", "", "--ioc"];
  const named = await runCli([...args, "2bmb:Globus:"], nothing, { environment, context });
  expect(named.err).toBe("init: Failed. There is no network.\n");
  const server = await runCli([...args, "2bmb:Globus:", "--server", "eagle"], nothing, { environment, context });
  expect(server.err).toBe("init: Failed. There is no network.\n"); // which servers there are is for the IOC to know
  const unnamed = await runCli(args, nothing, { environment, context });
  expect(unnamed.status).toBe(2);
  expect(unnamed.err).toMatch(/There is no .*make one with globus-ioc config/);
});

test("what an input cannot hold is a wrong command line, told in the words of its option", async () => {
  const empty = doing(() => {
    throw new InputError("EditUserBadge", "EditUserBadge is empty: name one user.");
  });
  const late = doing(() => {
    throw new InputError("Set", "Set 400 is too far; Set another day");
  });
  const site = fakeSite({ AddUser: empty, Tag: late });
  const users = await runCli(["add-user"], site);
  expect([users.status, users.err]).toEqual([2, "add-user: Usage. --badges is empty: name one user.\n"]);
  const refusing = fakeSite({
    AddUser: doing(() => {
      throw new RejectedError("PV p:EditUserBadge cannot be put");
    }),
  });
  expect((await runCli(["add-user"], refusing)).err).toBe("add-user: Rejected. PV p:EditUserBadge cannot be put.\n");
  expect((await runCli(["tag"], site)).err).toBe("tag: Usage. --set 400 is too far; Set another day.\n");
});

test("what only a running IOC can do goes to it, and the command says so", async () => {
  const held = new ActionError("The ledger is held by process 4.");
  const action = doing(() => {
    throw held;
  });
  const { out, err } = await runCli(["init"], fakeSite({ Init: action }), {
    context: {
      holderOf: (thrown) => (thrown === held ? "2bmb:Globus:" : undefined),
      openClient: () => {
        throw new ActionError("There is no network.");
      },
    },
  });
  expect(out).toContain("The IOC 2bmb:Globus: holds the ledger, so the command goes through its PVs.");
  expect(err).toBe("init: Failed. There is no network.\n");
});
