/**
 * AddUser, RemoveUser and ListUsers on a Globus collection, and Init, which lets the experiment's people read its
 * directory.
 */

import { beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { AccessDeniedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { ANSWERS } from "../../../src/controller/pvs/row.ts";
import { initOnGlobus } from "../../../src/controller/setup/init-globus.ts";
import { globusRoster } from "../../../src/controller/users/globus-roster.ts";
import type { PeopleOptions } from "../../../src/controller/users/people.ts";
import type { Roster } from "../../../src/controller/users/roster.ts";
import { userActions } from "../../../src/controller/users/users.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeAccessRules, FakeScheduling, FakeTree } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../../support/fakes/tagged-run.ts";

const DIRECTORY = `/2026-03/${EXPERIMENT.name}/`;
let access: FakeAccessRules;
let scheduling: FakeScheduling;
let people: PeopleOptions;
let roster: Roster;
beforeEach(() => {
  access = new FakeAccessRules();
  access.known.set("emmy@example.org", { name: "Emmy Noether", email: "emmy@example.org" });
  access.known.set("franklin@beamline.example", { name: "Rosalind Franklin" });
  access.known.set("byron@globusid.org", {});
  scheduling = new FakeScheduling();
  const clock = new FakeClock();
  const now = new Date(clock.now());
  scheduling.beamtimesNow = [
    {
      gupId: EXPERIMENT.proposalNumber,
      title: "Foams",
      start: now,
      end: now,
      experimenters: [
        { badge: "208112", firstName: "Emmy", lastName: "Noether", email: "Emmy@Example.org", isPi: true },
        { badge: "208113", firstName: "Ada", lastName: "Byron", isPi: false },
      ],
    },
  ];
  people = {
    schedule: { scheduling, beamline: "99-ID-A,B", clock },
    esafs: undefined,
    contacts: [{ badge: "11111", email: "franklin@beamline.example" }],
  };
  roster = globusRoster({ access, template: "{ym}/{exp}", people });
});
const readers = () => access.grants.map(({ username, path }) => `${username} ${path}`);

describe("AddUser", () => {
  test("takes Globus user names and badges of people with an address", async () => {
    const { published, run } = taggedRun({ EditUserBadge: "byron@globusid.org, 208112" });
    await expect(run(userActions(roster).AddUser)).resolves.toMatchObject({ state: "Done" });
    expect(readers()).toEqual([`byron@globusid.org ${DIRECTORY}`, `emmy@example.org ${DIRECTORY}`]);
    expect(published.UserResults).toBe("byron@globusid.org: added\nEmmy Noether (emmy@example.org): added");
    expect(published).toMatchObject({ UsersChanged: 2, UserCount: 2 });
  });

  test("the badge of a stranger, of one without address, nonsense and an unknown name fail alone", async () => {
    const { published, run } = taggedRun({
      EditUserBadge: "999999,208113,noether,nobody@nowhere.example,208112",
    });
    await expect(run(userActions(roster).AddUser)).resolves.toMatchObject({ state: "Partial" });
    expect(String(published.UserResults).split("\n")).toEqual([
      "badge 999999 is not among the experimenters and the contacts; write the Globus user name instead",
      "badge 208113 Ada Byron has no e-mail address; write the Globus user name instead",
      '"noether" is neither a badge number nor a Globus user name or e-mail address',
      "nobody@nowhere.example: Globus knows nobody as nobody@nowhere.example",
      "Emmy Noether (emmy@example.org): added",
    ]);
    expect(published).toMatchObject({ UsersChanged: 1, UserErrors: 4 });
  });

  test("the schedule is asked only for a badge, and once for all of them", async () => {
    let asked = 0;
    const beamtimes = scheduling.beamtimes.bind(scheduling);
    scheduling.beamtimes = async () => {
      asked++;
      return beamtimes();
    };
    await taggedRun({ EditUserBadge: "byron@globusid.org" }).run(userActions(roster).AddUser);
    expect(asked).toBe(0);
    await taggedRun({ EditUserBadge: "208112,11111" }).run(userActions(roster).AddUser);
    expect(asked).toBe(1);
  });

  test("a schedule that is down is named beside a badge that nobody else knows", async () => {
    scheduling.failure = new UnavailableError("the scheduling service is down.");
    const { published, run } = taggedRun({ EditUserBadge: "208112,11111" });
    await run(userActions(roster).AddUser);
    expect(published.UserResults).toContain(
      "badge 208112 is not among the experimenters and the contacts (the scheduling service is down)",
    );
  });

  test("a collection that lets nobody in ends the run at the first user", async () => {
    access.failures.set("grant", new AccessDeniedError("the login needs the access_manager role on petrel."));
    const failure = await failureOf(
      taggedRun({ EditUserBadge: "208112,byron@globusid.org" }).run(userActions(roster).AddUser),
      ActionError,
    );
    expect(failure.message).toBe(`No users were put on ${EXPERIMENT.name}; run AddUser again`);
    expect((failure.cause as Error).message).toContain("access_manager role on petrel");
    expect(access.calls).toHaveLength(1);
  });
});

describe("RemoveUser", () => {
  test("takes away the rules of exactly this directory, whatever letters the name has", async () => {
    await access.grant(["2026-03", EXPERIMENT.name], "emmy@example.org");
    await access.grant(["2026-03"], "emmy@example.org");
    const { published, run } = taggedRun({ EditUserBadge: "EMMY@example.org" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(readers()).toEqual(["emmy@example.org /2026-03/"]);
    expect(published).toMatchObject({ UserResults: "EMMY@example.org: removed", UserCount: 0 });
  });

  test("a person without a rule is done, and a contact is told", async () => {
    await access.grant(["2026-03", EXPERIMENT.name], "franklin@beamline.example");
    const { published, run } = taggedRun({ EditUserBadge: "208112,11111" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(published.UserResults).toBe(
      "Emmy Noether (emmy@example.org): was not on it\nbadge 11111 (franklin@beamline.example): removed; it is a beamline contact, whom Init adds again",
    );
  });

  test("a rule that somebody else took away meanwhile is done", async () => {
    await access.grant(["2026-03", EXPERIMENT.name], "emmy@example.org");
    const list = access.list.bind(access);
    access.list = async (parts) => {
      const found = await list(parts);
      access.grants.length = 0;
      return found;
    };
    const { published, run } = taggedRun({ EditUserBadge: "emmy@example.org" });
    await expect(run(userActions(roster).RemoveUser)).resolves.toMatchObject({ state: "Done" });
    expect(published.UserResults).toBe("emmy@example.org: was not on it");
  });
});

test("ListUsers tells user names, names and addresses", async () => {
  for (const username of access.known.keys()) await access.grant(["2026-03", EXPERIMENT.name], username);
  Object.assign(access.grants[2] as object, { permissions: "rw" });
  const { published, run } = taggedRun();
  await expect(run(userActions(roster).ListUsers)).resolves.toMatchObject({ state: "Done" });
  expect(String(published.Users).split("\n")).toEqual([
    "Rosalind Franklin, Globus user franklin@beamline.example",
    "Emmy Noether, Globus user emmy@example.org, emmy@example.org",
    "Globus user byron@globusid.org, may write, too (rw)",
  ]);
  expect(published).toMatchObject({
    UserCount: 3,
    UserNames: ["Rosalind Franklin", "Emmy Noether", "byron@globusid.org"],
    UserBadges: [0, 0, 0],
    UserEmails: ["", "emmy@example.org", ""],
  });
});

describe("Init", () => {
  const init = () => initOnGlobus({ tree: new FakeTree("petrel"), template: "{ym}/{exp}", share: { access, people } });

  test("lets everybody with an address read the directory, and names who has none", async () => {
    const { published, run } = taggedRun({}, { experiment: { ...EXPERIMENT, piLastName: "Noether" } });
    await expect(run(init())).resolves.toEqual({
      state: "Done",
      message: `petrel:/data${DIRECTORY} was made and 2 of 2 users may read it; without an e-mail address: Ada Byron.`,
    });
    expect(readers()).toEqual([`franklin@beamline.example ${DIRECTORY}`, `emmy@example.org ${DIRECTORY}`]);
    expect(published).toMatchObject({ ExperimentCreated: 1, UsersAdded: 2, UsersFailed: 0 });
  });

  test("of an experiment that bears another name than its proposal's PI says so", async () => {
    const { run } = taggedRun();
    await expect(run(init())).resolves.toMatchObject({
      state: "Done",
      message: expect.stringContaining("; the PI of proposal 1014288 is Emmy Noether: Levy, ") as unknown,
    });
  });

  test("a person whom Globus does not know makes it partial, and the others are let in", async () => {
    access.known.delete("franklin@beamline.example");
    const { published, run } = taggedRun();
    const result = await run(init());
    expect(result.state).toBe("Partial");
    expect(result.message).toContain("Globus knows nobody as franklin@beamline.example");
    expect(published).toMatchObject({ UsersAdded: 1, UsersFailed: 1 });
  });

  test("a collection without rules makes it partial, for the directory is there", async () => {
    access.failures.set("grant", new AccessDeniedError("petrel is not a guest collection"));
    const { published, run } = taggedRun();
    await expect(run(init())).resolves.toEqual({
      state: "Partial",
      message: `petrel:/data${DIRECTORY} was made and 0 of 2 users may read it; run Init again: petrel is not a guest collection`,
    });
    expect(published).toMatchObject({ ExperimentExists: ANSWERS.indexOf("Yes"), UsersAdded: 0, UsersFailed: 2 });
  });

  test("a schedule that is down is told, and the contacts are let in", async () => {
    scheduling.failure = new UnavailableError("the scheduling service is down");
    const result = await taggedRun().run(init());
    expect(result).toMatchObject({ state: "Partial" });
    expect(result.message).toContain("1 of 1 users may read it, but the scheduling service is down");
  });

  test("an abort between two people stops there and says how far it came", async () => {
    const abort = new AbortController();
    const grant = access.grant.bind(access);
    access.grant = async (parts, username) => {
      abort.abort(new ActionError("Aborted on request."));
      return grant(parts, username);
    };
    await expect(taggedRun({}, { signal: abort.signal }).run(init())).rejects.toThrow(
      /^Aborted on request\. .* was made and 1 of 2 users may read it; run Init again for the others\.$/,
    );
  });

  test("without sharing nobody is let in", async () => {
    const action = initOnGlobus({ tree: new FakeTree("petrel"), template: "{ym}/{exp}" });
    await expect(taggedRun().run(action)).resolves.toEqual({
      state: "Done",
      message: `petrel:/data${DIRECTORY} was made.`,
    });
    expect(action.plan(taggedRun().context)).toHaveLength(1);
    expect(access.calls).toEqual([]);
  });
});
