/** AddUser, RemoveUser and ListUsers on a Data Management server. */
import { firstValueFrom, Subject } from "rxjs";
import { beforeEach, describe, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { RunContext } from "../../../src/controller/run/action.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { dmRoster } from "../../../src/controller/users/dm-roster.ts";
import type { Roster } from "../../../src/controller/users/roster.ts";
import { userActions } from "../../../src/controller/users/users.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeDm } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../../support/fakes/tagged-run.ts";

let dm: FakeDm;
let roster: Roster;
beforeEach(() => {
  dm = new FakeDm();
  dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: ["d11111"] });
  const people: [badge: string, firstName: string, lastName: string, email?: string][] = [
    ["208112", "Emmy", "Noether", "emmy@example.org"],
    ["208113", "Ada", "Byron"],
    ["11111", "Rosalind", "Franklin", "franklin@beamline.example"],
  ];
  for (const [badge, firstName, lastName, email] of people) {
    dm.knownUsers.add(`d${badge}`);
    dm.users.set(`d${badge}`, { firstName, lastName, ...(email !== undefined && { email }) });
  }
  dm.failures.set("userByUsername d999999", new NotFoundError("no such user"));
  roster = dmRoster({ dm, serverName: "voyager", contacts: [{ badge: "11111", email: "" }] });
});
const usernames = () => dm.experiments.get(EXPERIMENT.name)?.usernames;
const calls = (name: string) => dm.calls.filter((call) => call.startsWith(`${name} `));

describe("Init", () => {
  const init = { plan: () => ["would init"], run: async () => ({ state: "Done", message: "made" }) as const };

  test("leaves the lists and the count of who is on the experiment behind", async () => {
    const { published, run } = taggedRun();
    await expect(run(userActions(roster, init).Init ?? init)).resolves.toEqual({ state: "Done", message: "made" });
    expect(published).toMatchObject({ UserCount: 1, UserNames: ["Rosalind Franklin"], UserBadges: [11111] });
  });

  test("is done as it was where the lists cannot be read, and that is told", async () => {
    dm.failures.set("experimentByName", new UnavailableError("DM does not answer"));
    const { published, said, run } = taggedRun();
    await expect(run(userActions(roster, init).Init ?? init)).resolves.toEqual({ state: "Done", message: "made" });
    expect(published).toEqual({});
    expect(said).toEqual(["After Init the list of users could not be read again: DM does not answer."]);
  });
});

describe("AddUser", () => {
  test("puts several users on the experiment, blanks between them, and tells of each by name", async () => {
    const { published, run } = taggedRun({ EditUserBadge: " 208112 ,208113 " });
    await expect(run(userActions(roster).AddUser)).resolves.toEqual({
      state: "Done",
      message: `2 users were put on ${EXPERIMENT.name}.`,
    });
    expect(usernames()).toEqual(["d11111", "d208112", "d208113"]);
    expect(published).toMatchObject({
      UsersChanged: 2,
      UserErrors: 0,
      UserResults: "d208112 Emmy Noether: added\nd208113 Ada Byron: added",
    });
  });

  test("one unknown badge and one that is none do not stop the rest, and the run is partial", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "999999,x1,208112,0" });
    await expect(run(userActions(roster).AddUser)).resolves.toEqual({
      state: "Partial",
      message: `1 user was put on ${EXPERIMENT.name}; badge 999999 is unknown to Data Management; "x1" is not a badge number; "0" is not a badge number.`,
    });
    expect(published).toMatchObject({ UsersChanged: 1, UserErrors: 3 });
    expect(String(published.UserResults).split("\n")).toEqual([
      "badge 999999 is unknown to Data Management",
      '"x1" is not a badge number',
      "d208112 Emmy Noether: added",
      '"0" is not a badge number',
    ]);
  });

  test("a user who is on it already is done, and is not added again", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "11111" });
    const result = await run(userActions(roster).AddUser);
    expect(result).toEqual({
      state: "Done",
      message: `No users were put on ${EXPERIMENT.name}; 1 was on it already.`,
    });
    expect(published).toMatchObject({ UsersChanged: 0, UserErrors: 0 });
    expect(published.UserResults).toBe("d11111 Rosalind Franklin: was on it already");
    expect(calls("addUserToExperiment")).toEqual([]);
  });

  test("several who are on it already are counted, beside one who is new", async () => {
    dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: ["d11111", "d208112"] });
    const { run } = taggedRun({ EditUserBadge: "11111,208112,208113" });
    await expect(run(userActions(roster).AddUser)).resolves.toEqual({
      state: "Done",
      message: `1 user was put on ${EXPERIMENT.name}; 2 were on it already.`,
    });
  });

  test("a badge that is written twice is added once", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "208112,208112" });
    await run(userActions(roster).AddUser);
    expect(published.UserResults).toBe("d208112 Emmy Noether: added");
  });

  test("nobody added at all is a failure, whose results stand", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "999999" });
    const failure = await failureOf(run(userActions(roster).AddUser), ActionError);
    expect(failure).not.toBeInstanceOf(RejectedError);
    expect(failure.message).toBe(
      `No users were put on ${EXPERIMENT.name}; badge 999999 is unknown to Data Management.`,
    );
    expect(published).toMatchObject({ UserErrors: 1, UserResults: "badge 999999 is unknown to Data Management" });
  });

  test.each(["", " ", ", ,"])("an empty list (%j) is rejected, and nobody is asked", async (text) => {
    const failure = await failureOf(taggedRun({ EditUserBadge: text }).run(userActions(roster).AddUser), RejectedError);
    expect(failure.message).toMatch(/^EditUserBadge is empty/);
    expect(dm.calls).toEqual([]);
  });

  test("a list that fills the PV is rejected: its last badge may be half a badge", async () => {
    const text = "208112,".repeat(40).slice(0, 255);
    const failure = await failureOf(taggedRun({ EditUserBadge: text }).run(userActions(roster).AddUser), RejectedError);
    expect(failure.message).toContain("EditUserBadge is full with 255 characters");
    expect(dm.calls).toEqual([]);
  });

  test("a list that came through no PV may be longer than one", async () => {
    const one = taggedRun({ EditUserBadge: "208112,".repeat(60) }, { isUncut: true });
    expect(await one.run(userActions(roster).AddUser)).toMatchObject({ state: "Done" });
  });

  test("an experiment that does not exist is a rejection that names Init", async () => {
    dm.experiments.clear();
    const failure = await failureOf(
      taggedRun({ EditUserBadge: "208112" }).run(userActions(roster).AddUser),
      RejectedError,
    );
    expect(failure.message).toBe(`Experiment ${EXPERIMENT.name} does not exist on voyager; run Init first.`);
  });

  test("a server that cannot say whether it exists is no rejection", async () => {
    dm.failures.set("experimentByName", new UnavailableError("DM does not answer"));
    const failure = await failureOf(
      taggedRun({ EditUserBadge: "208112" }).run(userActions(roster).AddUser),
      UnavailableError,
    );
    expect(failure.message).toBe("DM does not answer");
  });

  test("an experiment under the name of the original program is found", async () => {
    dm.experiments.clear();
    dm.experiments.set(EXPERIMENT.uncleanedName, { name: EXPERIMENT.uncleanedName, usernames: [] });
    await taggedRun({ EditUserBadge: "208112" }).run(userActions(roster).AddUser);
    expect(dm.experiments.get(EXPERIMENT.uncleanedName)?.usernames).toEqual(["d208112"]);
  });

  test("the lists are read anew after a change", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "208112" });
    await run(userActions(roster).AddUser);
    expect(published).toMatchObject({ UserCount: 2, UserNames: ["Rosalind Franklin", "Emmy Noether"] });
  });

  test("a list that cannot be read again makes a done change partial", async () => {
    const look = dm.experimentByName.bind(dm);
    let looks = 0;
    dm.experimentByName = async (name) => {
      if (++looks > 1) throw new UnavailableError("DM went away");
      return look(name);
    };
    await expect(taggedRun({ EditUserBadge: "208112" }).run(userActions(roster).AddUser)).resolves.toEqual({
      state: "Partial",
      message: `1 user was put on ${EXPERIMENT.name}; the list of users could not be read again: DM went away.`,
    });
  });

  test("a refusal of one user alone does not stop the rest, and is told in the service's words", async () => {
    dm.failures.set("addUserToExperiment d208112", new ActionError("DM says the account is closed."));
    const { published, run } = taggedRun({ EditUserBadge: "208112,208113" });
    await expect(run(userActions(roster).AddUser)).resolves.toMatchObject({ state: "Partial" });
    expect(published.UserResults).toBe("d208112 Emmy Noether: DM says the account is closed\nd208113 Ada Byron: added");
  });

  test("a service that goes down in mid-way fails the run, which says what was done", async () => {
    dm.failures.set("addUserToExperiment d208113", new UnavailableError("DM does not answer"));
    const { published, run } = taggedRun({ EditUserBadge: "208112,208113,11111" });
    const failure = await failureOf(run(userActions(roster).AddUser), ActionError);
    expect(failure.message).toBe(`1 user was put on ${EXPERIMENT.name}; run AddUser again for the others`);
    expect(published.UserResults).toBe("d208112 Emmy Noether: added");
  });

  test("an abort in mid-way stops there, and says what was done", async () => {
    const abort = new AbortController();
    const add = dm.addUserToExperiment.bind(dm);
    dm.addUserToExperiment = async (username, name) => {
      await add(username, name);
      abort.abort(new ActionError("Aborted on request."));
    };
    const { run } = taggedRun({ EditUserBadge: "208112,208113" }, { signal: abort.signal });
    const failure = await failureOf(run(userActions(roster).AddUser), CancelledError);
    expect(failure.message).toMatch(/^Aborted on request\. 1 user was put on /);
    expect(usernames()).toEqual(["d11111", "d208112"]);
  });

  test("its plan names the users and the experiment and asks nobody", () => {
    const { context } = taggedRun({ EditUserBadge: "208112, x" });
    expect(userActions(roster).AddUser.plan(context)).toEqual([`would put 208112, x on ${EXPERIMENT.name} on voyager`]);
    expect(() => userActions(roster).AddUser.plan(taggedRun({ EditUserBadge: "" }).context)).toThrow(RejectedError);
    expect(dm.calls).toEqual([]);
  });
});

describe("RemoveUser", () => {
  beforeEach(() => usernames()?.push("d208112"));

  test("takes users off, and says that one is a beamline contact", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "208112,11111" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(usernames()).toEqual([]);
    expect(published.UserResults).toBe(
      "d208112 Emmy Noether: removed\nd11111 Rosalind Franklin: removed; it is a beamline contact, whom Init adds again",
    );
    expect(published).toMatchObject({ UsersChanged: 2, UserCount: 0, UserNames: [], Users: "" });
  });

  test("a user who is not on it is done, and an unknown badge is an error", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "208113,999999" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Partial" });
    expect(published.UserResults).toBe("d208113 Ada Byron: was not on it\nbadge 999999 is unknown to Data Management");
    expect(calls("removeUserFromExperiment")).toEqual([]);
  });

  test("those who were not on it are counted in the message", async () => {
    const messageOfRemoving = async (badges: string): Promise<string> =>
      (await taggedRun({ EditUserBadge: badges }).run(userActions(roster).RemoveUser)).message;
    dm.knownUsers.add("d208114");
    dm.users.set("d208114", { firstName: "Cecilia", lastName: "Payne" });
    expect(await messageOfRemoving("208113")).toBe(`No users were taken off ${EXPERIMENT.name}; 1 was not on it.`);
    expect(await messageOfRemoving("208113,208114")).toBe(
      `No users were taken off ${EXPERIMENT.name}; 2 were not on it.`,
    );
    expect(await messageOfRemoving("11111,208112")).toBe(`2 users were taken off ${EXPERIMENT.name}.`);
  });

  test("a user of the experiment whom the service no longer knows can be taken off", async () => {
    usernames()?.push("d999999");
    const { published, run } = taggedRun({ EditUserBadge: "999999" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(published.UserResults).toBe("d999999: removed");
  });

  test("a role that somebody else took away meanwhile is done", async () => {
    dm.failures.set("removeUserFromExperiment", new NotFoundError("no role"));
    const { published, run } = taggedRun({ EditUserBadge: "208112" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(published.UserResults).toBe("d208112 Emmy Noether: was not on it");
  });
});

describe("ListUsers", () => {
  test("a name or address with a line end forges no user", async () => {
    dm.users.set("d11111", {
      firstName: "Rosalind",
      lastName: "Franklin",
      email: "r@x.example\nMallory, badge 1, m@x",
    });
    const { published, run } = taggedRun();
    await run(userActions(roster).ListUsers);
    expect(String(published.Users).split("\n")).toHaveLength(Number(published.UserCount));
  });

  beforeEach(() => usernames()?.push("d208112", "d208113"));

  test("lists the users by last name, as text, as arrays and as a count", async () => {
    const { published, run } = taggedRun();
    await expect(run(userActions(roster).ListUsers)).resolves.toEqual({
      state: "Done",
      message: `3 users are on ${EXPERIMENT.name} on voyager.`,
    });
    expect(String(published.Users).split("\n")).toEqual([
      "Ada Byron, badge 208113, no e-mail address",
      "Rosalind Franklin, badge 11111, franklin@beamline.example",
      "Emmy Noether, badge 208112, emmy@example.org",
    ]);
    expect(published).toMatchObject({
      UserCount: 3,
      UserNames: ["Ada Byron", "Rosalind Franklin", "Emmy Noether"],
      UserBadges: [208113, 11111, 208112],
      UserEmails: ["", "franklin@beamline.example", "emmy@example.org"],
    });
  });

  test("a user who cannot be looked up is listed last by username with the reason, and the run is partial", async () => {
    dm.failures.set("userByUsername d11111", new UnavailableError("DM does not answer."));
    const { published, run } = taggedRun();
    const result = await run(userActions(roster).ListUsers);
    expect(result.state).toBe("Partial");
    expect(result.message).toContain("d11111: DM does not answer");
    expect(published).toMatchObject({ UserCount: 3, UserBadges: [208113, 208112, 11111] });
    expect(String(published.Users).split("\n").at(-1)).toBe("d11111: DM does not answer");
  });

  test("no more than four look-ups are under way at once", async () => {
    usernames()?.push(...Array.from({ length: 20 }, (_, i) => `d3000${i}`));
    let [now, most] = [0, 0];
    const look = dm.userByUsername.bind(dm);
    dm.userByUsername = async (username) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return look(username);
    };
    await taggedRun().run(userActions(roster).ListUsers);
    expect(most).toBe(4);
  });

  test("an abort in mid-way ends the look-ups and publishes no half list", async () => {
    const abort = new AbortController();
    const reason = new ActionError("Aborted on request.");
    dm.userByUsername = async () => {
      abort.abort(reason);
      throw reason;
    };
    const { published, run } = taggedRun({}, { signal: abort.signal });
    await expect(run(userActions(roster).ListUsers)).rejects.toBe(reason);
    expect(published).toEqual({});
  });

  test("a list that was asked for before a change does not replace the one that was read after it", async () => {
    const actions = userActions(roster);
    const [older, newer] = [taggedRun(), taggedRun({ EditUserBadge: "208112" })];
    const published: unknown[] = [];
    const publish: RunContext["publish"] = (name, value) => void (name === "UserCount" && published.push(value));
    const read = dm.experimentByName.bind(dm);
    const [reached, released] = [new Subject<void>(), new Subject<void>()];
    let reads = 0;
    dm.experimentByName = async (name) => {
      const found = await read(name);
      const seen = [...(found.usernames ?? [])];
      if (++reads === 2) {
        // The list of ListUsers, behind its look for the experiment.
        reached.next();
        await firstValueFrom(released);
      }
      return { name, usernames: seen };
    };
    const isReached = firstValueFrom(reached);
    const listing = actions.ListUsers.run({ ...older.context, publish });
    await isReached;
    await actions.RemoveUser.run({ ...newer.context, publish });
    released.next();
    await listing;
    expect(published).toEqual([2]);
  });

  test("an experiment without users has empty lists", async () => {
    dm.experiments.set(EXPERIMENT.name, { name: EXPERIMENT.name, usernames: [] });
    const { published, run } = taggedRun();
    await expect(run(userActions(roster).ListUsers)).resolves.toMatchObject({
      message: `No users are on ${EXPERIMENT.name} on voyager.`,
    });
    expect(published).toMatchObject({ Users: "", UserCount: 0, UserBadges: [] });
  });

  test("an experiment that does not exist is a rejection", async () => {
    dm.experiments.clear();
    await failureOf(taggedRun().run(userActions(roster).ListUsers), RejectedError);
  });
});
