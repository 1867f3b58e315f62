/**
 * The simulated Globus under Globus' own command line, as a person who logs in with it: identities, session, consents,
 * groups and timers. As its service account it is in globus-cli.test.ts.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { type GlobusCommand, globusCommand } from "../support/peers/globus-command.ts";
import { needPeers } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const FLOW = {
  StartAt: "Wait",
  States: { Wait: { Type: "Wait", Seconds: 3600, End: true } },
};

describe.skipIf(needPeers("globus-cli").missing)("the simulated Globus under globus-cli, as a person", () => {
  let globus: GlobusService;
  let folder: string;
  let person: GlobusCommand;
  let guest: string;
  let mapped: string;

  const start = (clock: Clock = systemClock): Promise<GlobusService> =>
    startGlobusService({
      clock,
      queuedSeconds: 0,
      collections: [
        { name: "guest", files: { "/scan.h5": "abc" } },
        { name: "mapped", isMapped: true, folders: ["/data"] },
      ],
    });
  /** Somebody who has just logged in, in a new home. */
  async function login(at: GlobusService, home: string): Promise<GlobusCommand> {
    const command = globusCommand(at, home, "person");
    const { code, stdout, stderr } = await command.withLogin("login");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("You have successfully logged in to the Globus CLI!");
    return command;
  }
  const newHome = (): string => mkdtempSync(join(folder, "home-"));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "globus-cli-"));
    globus = await start();
    [guest, mapped] = [globus.collection("guest").id, globus.collection("mapped").id];
    mkdirSync(join(folder, "first"));
    await login(globus, join(folder, "first"));
  });
  afterAll(async () => {
    await globus?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    const home = newHome();
    cpSync(join(folder, "first"), home, { recursive: true });
    person = globusCommand(globus, home, "person");
  });

  test("whoami, with all linked identities; a second login is not needed", async () => {
    const { username, name, email, id } = globus.person;
    expect(await person.text("whoami")).toBe(username);
    expect(await person.text("whoami", "--linked-identities")).toBe(`${username}\nmcurie@example.org`);
    expect((await person.text("whoami", "--verbose")).replaceAll(/ +/g, " ")).toBe(
      `Username: ${username}\nName: ${name}\nID: ${id}\nEmail: ${email}`,
    );
    expect(await person.text("login")).toContain("You are already logged in!");
    expect(await person.text("get-identities", "mcurie@example.org")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a session shows who has logged in, and is brought up to date", async () => {
    const users = async (): Promise<string[]> =>
      (await person.text("session", "show"))
        .split("\n")
        .slice(2)
        .map((row) => row.split(" | ")[0]?.trim() ?? "");
    expect(await users()).toEqual(["curie@globusid.org"]);
    const updated = await person.withLogin("session", "update", "mcurie@example.org");
    expect([updated.code, updated.stdout]).toEqual([0, expect.stringContaining("updated your CLI session")]);
    expect(await users()).toEqual(["curie@globusid.org", "mcurie@example.org"]);
    const policy = globus.addPolicy({ domains: ["example.org"] });
    expect((await person.withLogin("session", "update", "--policy", policy)).code).toBe(0);
    expect((await person.withLogin("session", "update", "--all")).code).toBe(0);
    expect((await person.run("session", "update", "noether@example.org")).stderr).toContain("not in your identity set");
    globus.endSession();
    expect(await users()).toEqual([]);
    // A policy that nobody of hers meets: there is no code to type.
    const strict = globus.addPolicy({ domains: ["nowhere.example"] });
    expect((await person.withLogin("session", "update", "--policy", strict)).code).not.toBe(0);
  });

  test("a consent that a mapped collection wants is told, given, withheld and withdrawn", async () => {
    globus.revokeConsent(`https://auth.globus.org/scopes/${mapped}/data_access`);
    const refused = await person.run("ls", `${mapped}:/`);
    expect(refused.code).toBe(4);
    const scope = /globus session consent '([^']+)'/.exec(refused.stdout)?.[1] ?? "";
    expect(scope).toContain(`[*https://auth.globus.org/scopes/${mapped}/data_access]`);
    const tick = globus.withhold(`https://auth.globus.org/scopes/${mapped}/data_access`);
    await person.withLogin("session", "consent", scope);
    expect((await person.run("ls", `${mapped}:/`)).code).toBe(4);
    tick();
    await person.withLogin("session", "consent", scope);
    expect(await person.text("ls", `${mapped}:/`)).toBe("data/");
    globus.revokeConsent(`https://auth.globus.org/scopes/${mapped}/data_access`);
    expect((await person.run("ls", `${mapped}:/`)).code).toBe(4);
    const unknown = await person.withLogin(
      "session",
      "consent",
      `urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/${guest}/data_access]`,
    );
    expect(unknown.code).not.toBe(0);
  });

  test("a collection that wants a session of its policy says how it is had", async () => {
    const letIn = globus.requirePolicy("guest", globus.addPolicy({ domains: ["example.org"] }));
    onTestFinished(letIn);
    globus.endSession();
    const { code, stdout } = await person.run("ls", `${guest}:/`);
    expect(code).toBe(4);
    const words = /globus (session update --policy '?[0-9a-f-]{36})'?/.exec(stdout)?.[1]?.replaceAll("'", "") ?? "";
    expect((await person.withLogin(...words.split(" "))).code).toBe(0);
    expect(await person.text("ls", `${guest}:/`)).toContain("scan.h5");
  });

  test("a consent that was withdrawn ends the login, and the next login gives it again", async () => {
    const own = await start();
    onTestFinished(() => own.close());
    const somebody = await login(own, newHome());
    own.revokeConsent("urn:globus:auth:scope:transfer.api.globus.org:all");
    const listed = ["ls", `${own.collection("guest").id}:/`];
    expect((await somebody.run(...listed)).stderr).toMatch(/Missing logins? for .*Globus Transfer/);
    await somebody.withLogin("login");
    expect(await somebody.text(...listed)).toBe("scan.h5");
  });

  test("logout revokes every token", async () => {
    const somebody = await login(globus, newHome());
    const before = revocations();
    expect(await somebody.text("logout", "--yes")).toContain("You are now successfully logged out of the Globus CLI.");
    // An access and a refresh token of each of six services.
    expect(revocations() - before).toBe(12);
    const { code, stderr } = await somebody.run("whoami");
    expect([code, stderr]).toEqual([4, expect.stringContaining("Missing login for Globus Auth")]);
    expect(await person.text("whoami")).toBe(globus.person.username);
  });
  const revocations = (): number => globus.requests.filter(({ path }) => path.endsWith("/revoke")).length;

  test("groups are listed and shown", async () => {
    const listed = await person.text("group", "list");
    expect(listed).toMatch(/ \| Beamline +\| regular +\| not strict +\| admin +\| None/);
    expect(listed).toMatch(/ \| Example Light Source +\| plus +\| not strict +\| member +\| [0-9a-f-]{36}/);
    const id = /^(\S+) \| Example Light Source/m.exec(listed)?.[1] ?? "";
    const shown = await person.text("group", "show", id);
    expect(shown).toMatch(/^Name: +Example Light Source$/m);
    expect(shown).toMatch(new RegExp(`^Subscription ID: +${globus.flows.subscription}$`, "m"));
    expect((await person.run("group", "show", guest)).stderr).toContain("was not found");
  });

  describe("timers, by a clock that the test moves", () => {
    let clock: FakeClock;
    let own: GlobusService;
    let somebody: GlobusCommand;
    beforeEach(async () => {
      // globus-cli compares the time of a login with its own.
      clock = new FakeClock(Date.now());
      own = await start(clock);
      somebody = await login(own, newHome());
      return () => own.close();
    });
    const ends = (to: string): string[] => [`${own.collection("guest").id}:/scan.h5`, to];

    test("a timer of a transfer runs on time, and is listed, shown, paused, resumed and deleted", async () => {
      const words = ["--name", "nightly", "--label", "backup", "--interval", "1h", "--stop-after-runs", "3"];
      const to = `${own.collection("guest").id}:/copy.h5`;
      const made = await somebody.json("timer", "create", "transfer", ...words, ...ends(to));
      const id = made["job_id"] as string;
      clock.advance(3660);
      expect(own.transfers.map(({ label }) => label)).toEqual(["backup, run 1", "backup, run 2"]);
      expect(readFileSync(join(own.collection("guest").folder, "copy.h5"), "utf8")).toBe("abc");
      const shown = await somebody.text("timer", "show", id);
      expect(shown).toMatch(/^Type: +Transfer$/m);
      expect(shown).toMatch(/^Interval: +1:00:00$/m);
      expect(shown).toMatch(/^Number of Runs: +2$/m);
      expect(shown).toMatch(/^Activity: +Awaiting the next run, scheduled to occur at /m);
      expect(await somebody.text("timer", "list")).toContain(id);
      expect(await somebody.text("timer", "pause", id)).toBe(`Successfully paused job ${id}.`);
      expect(await somebody.text("timer", "show", id)).toMatch(/^Activity: +Paused, awaiting user action$/m);
      expect(await somebody.text("timer", "resume", id)).toBe(`Successfully resumed job ${id}.`);
      expect(await somebody.text("timer", "show", id)).toMatch(/^Status: +loaded$/m);
      expect(await somebody.text("timer", "delete", id)).toMatch(/^Stop After Number of Runs: +3$/m);
      expect((await somebody.run("timer", "show", id)).stderr).toContain("was not found");
      const soon = await somebody.run("timer", "create", "transfer", "--interval", "1s", ...ends(to));
      expect([soon.code, soon.stderr]).toEqual([1, expect.stringContaining("at least 60")]);
    });

    test("a timer wants the consent of a mapped collection, stops without it, and is resumed with it", async () => {
      const collection = own.collection("mapped").id;
      const when = new Date(clock.now() + 60_000).toISOString().slice(0, 19);
      const words = ["timer", "create", "transfer", "--stop-after-runs", "1", "--start", `${when}+0000`];
      const create = (): ReturnType<GlobusCommand["run"]> =>
        somebody.run("--format", "json", ...words, "--name", "later", ...ends(`${collection}:/data/late.h5`));
      const refused = await create();
      expect([refused.code, refused.stdout]).toEqual([
        4,
        expect.stringContaining(`globus session consent --timer-data-access '${collection}'`),
      ]);
      const consent = ["session", "consent", "--timer-data-access", collection];
      await somebody.withLogin(...consent);
      const made = await create();
      const id = (JSON.parse(made.stdout) as { readonly job_id: string }).job_id;
      own.revokeConsent(`https://auth.globus.org/scopes/${collection}/data_access`);
      clock.advance(61);
      expect(await somebody.text("timer", "show", id)).toMatch(/^Status: +inactive$/m);
      const lacking = await somebody.run("timer", "resume", id);
      expect([lacking.code, lacking.stdout]).toEqual([4, expect.stringContaining("globus session consent")]);
      await somebody.withLogin(...consent);
      await somebody.text("timer", "resume", id);
      clock.advance(1);
      expect(own.transfers.map(({ label }) => label)).toEqual(["later, run 1"]);
      expect(await somebody.text("timer", "show", id)).toMatch(/^Status: +ended$/m);
    });
  });

  test("a flow wants a login for itself, and its run the consent that it lacks: with a new token it goes on", async () => {
    const Parameters = {
      source_endpoint: guest,
      destination_endpoint: mapped,
      DATA: [{ source_path: "/scan.h5", destination_path: "/data/by-flow.h5" }],
    };
    const Action = { Type: "Action", ActionUrl: "https://transfer.actions.globus.org/transfer", WaitTime: 60 };
    const definition = {
      StartAt: "Send",
      States: { Send: { ...Action, Parameters, ResultPath: "$.sent", End: true } },
    };
    const flow = globus.flows.deploy({ title: "sends", definition, owner: globus.person, inputSchema: {} });
    globus.revokeConsent(`https://auth.globus.org/scopes/${mapped}/data_access`);
    const words = ["flows", "start", flow, "--input", "{}", "--label", "by hand"];
    const lacking = await person.run(...words);
    expect([lacking.code, lacking.stderr]).toEqual([4, expect.stringContaining(`globus login --flow ${flow}`)]);
    expect((await person.withLogin("login", "--flow", flow)).code).toBe(0);
    const { run_id: run } = (await person.json(...words)) as { readonly run_id: string };
    await vi.waitFor(() => expect(statusOf(run)).toBe("INACTIVE"));
    const refused = await person.run("flows", "run", "resume", run);
    expect(refused.code).toBe(4);
    const scope = /globus session consent '([^']+)'/.exec(refused.stdout)?.[1] ?? "";
    expect(scope).toMatch(/_user\[.*transfer\.api\.globus\.org:all\[\*.*\/data_access\]\]$/);
    expect((await person.withLogin("session", "consent", scope)).code).toBe(0);
    await person.text("flows", "run", "resume", run);
    await vi.waitFor(() => expect(statusOf(run)).toBe("SUCCEEDED"), 30_000);
    expect(readFileSync(join(globus.collection("mapped").folder, "data/by-flow.h5"), "utf8")).toBe("abc");
  });

  const statusOf = (run: string): string | undefined => globus.flows.runs.find(({ id }) => id === run)?.status;

  test("a timer of a flow starts its runs, once the flow is consented to below it", async () => {
    const flow = globus.flows.deploy({ title: "waits", definition: FLOW, owner: globus.person, inputSchema: {} });
    const words = ["timer", "create", "flow", flow, "--stop-after-runs", "1", "--name", "weekly"];
    const lacking = await person.run(...words);
    expect([lacking.code, lacking.stderr]).toEqual([4, expect.stringContaining(`globus login --timer flow:${flow}`)]);
    expect((await person.withLogin("login", "--timer", `flow:${flow}`)).code).toBe(0);
    await person.text(...words);
    await vi.waitFor(() => expect(globus.flows.runs.map(({ label }) => label)).toContain("weekly"));
    const shown = await person.text("timer", "list");
    expect(shown).toMatch(/^Type: +Flow$/m);
  });
});
