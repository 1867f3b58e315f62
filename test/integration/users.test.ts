/** AddUser, RemoveUser and ListUsers through Channel Access, on both kinds of server of the simulated beamline. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { PEOPLE, type SimulatedPerson } from "../../src/sandbox/people.ts";
import { operatorOf, utf8 } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const { pi, experimenters, esafOnly, contacts } = PEOPLE;
/** Whom Init puts on the experiment: proposal, safety form and contacts. */
const INVITED = [pi, ...experimenters, ...esafOnly, ...contacts];
const HODGKIN = PEOPLE.others[0] as SimulatedPerson;
const byLastName = (people: readonly SimulatedPerson[]): readonly SimulatedPerson[] =>
  [...people].sort((one, other) => one.lastName.localeCompare(other.lastName, "en"));
const nameOf = ({ firstName, lastName }: SimulatedPerson): string => `${firstName} ${lastName}`;
const READERS = INVITED.filter(({ email }) => email !== undefined);

let site: SimulatedBeamline;
/** On the collection. */
let directory: string;
const { use, text, number, put, state, close } = operatorOf(() => site);
beforeAll(async () => {
  site = await startSimulatedBeamline();
  directory = `/2-BM/${site.beamline.yearMonth}/${site.experimentName}/`;
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const lines = async (suffix: string): Promise<string[]> => (await text(suffix)).split("\n");
/** An array with the native type that the client was told. */
const array = (suffix: string): Promise<{ readonly type: string; readonly values: unknown[] }> =>
  use(suffix, async (pv) => {
    const { value } = await pv.get();
    const type = (await pv.connected()).nativeType;
    const values = Array.isArray(value) ? (value as unknown[]) : Array.from(value as Int32Array);
    return { type, values: values.map((one) => (typeof one === "string" ? utf8(one) : one)) };
  });

beforeEach(async () => {
  await site.beamline.dm.misbehave({});
  site.beamline.globus.faults.lacksAccessManager = false;
});

describe("on a Data Management server", () => {
  test("before Init there is no experiment to add users to", async () => {
    await put("ServerName", 0);
    await put("EditUserBadge", HODGKIN.badge);
    expect(await put("AddUser", 1)).toBe(ECA.PUTFAIL);
    expect(await state("AddUser")).toBe("Rejected");
    expect(await text("AddUserMessage")).toBe(
      `Experiment ${site.experimentName} does not exist on voyager; run Init first.`,
    );
  });

  test("two good badges and an unknown one are partial, each is told of, and the lists follow", async () => {
    expect(await put("Init", 1)).toBe(ECA.NORMAL);
    await put("EditUserBadge", `${HODGKIN.badge}, 999999, ${PEOPLE.pi.badge}`);
    expect(await put("AddUser", 1)).toBe(ECA.PUTFAIL);
    expect(await state("AddUser")).toBe("Partial");
    expect(await lines("UserResults")).toEqual([
      `d${HODGKIN.badge} Dorothy Hodgkin: added`,
      "badge 999999 is unknown to Data Management",
      `d${PEOPLE.pi.badge} Emmy Noether: was on it already`,
    ]);
    expect([await number("UsersChanged"), await number("UserErrors")]).toEqual([1, 1]);
    expect(site.beamline.dm.experiments.get(site.experimentName)?.usernames).toContain(`d${HODGKIN.badge}`);
    expect(await number("UserCount")).toBe(INVITED.length + 1);
  });

  test("ListUsers gives text, arrays and a count", async () => {
    expect(await put("ListUsers", 1)).toBe(ECA.NORMAL);
    expect(await state("ListUsers")).toBe("Done");
    expect((await lines("Users"))[0]).toBe("Rosalind Franklin, badge 11111, franklin@beamline.example");
    const everybody = byLastName([...INVITED, HODGKIN]);
    expect(await array("UserBadges")).toEqual({ type: "LONG", values: everybody.map(({ badge }) => Number(badge)) });
    expect(await array("UserNames")).toEqual({ type: "STRING", values: everybody.map(nameOf) });
    expect((await array("UserEmails")).values).toEqual(everybody.map(({ email = "" }) => email));
  });

  test("RemoveUser takes them off, and one who is off already is done", async () => {
    await put("EditUserBadge", `${HODGKIN.badge},${PEOPLE.contacts[0]?.badge}`);
    expect(await put("RemoveUser", 1)).toBe(ECA.NORMAL);
    expect(await state("RemoveUser")).toBe("Done");
    expect(await text("UserResults")).toContain("removed; it is a beamline contact");
    expect(await number("UserCount")).toBe(INVITED.length - 1);
    expect(await put("RemoveUser", 1)).toBe(ECA.NORMAL);
    expect(await number("UsersChanged")).toBe(0);
  });

  test("an empty list is rejected with the PV's name", async () => {
    await put("EditUserBadge", "");
    expect(await put("AddUser", 1)).toBe(ECA.PUTFAIL);
    expect(await state("AddUser")).toBe("Rejected");
    expect(await text("AddUserMessage")).toMatch(/^EditUserBadge is empty/);
  });
});

describe("on a Globus collection", () => {
  beforeEach(() => put("ServerName", "petrel"));
  const rules = () => site.beamline.globus.collection("petrel").rules;

  test("Init lets everybody with an address read the directory, and names who has none", async () => {
    expect(await put("Init", 1)).toBe(ECA.NORMAL);
    expect(await state("Init")).toBe("Done");
    expect(await text("InitMessage")).toBe(
      `petrel:${directory} was made and ${READERS.length} of ${READERS.length} users may read it; without an e-mail address: Lise Meitner, Henrietta Leavitt.`,
    );
    expect(rules().map(({ path, permissions }) => `${path} ${permissions}`)).toEqual(
      READERS.map(() => `${directory} r`),
    );
    expect([await number("UsersAdded"), await number("UsersFailed")]).toEqual([READERS.length, 0]);
  });

  test("a user name, a badge and an unknown name are partial, each is told of, and the lists follow", async () => {
    await put("EditUserBadge", `${HODGKIN.email},${PEOPLE.pi.badge},nobody@nowhere.example`);
    expect(await put("AddUser", 1)).toBe(ECA.PUTFAIL);
    expect(await state("AddUser")).toBe("Partial");
    const results = await lines("UserResults");
    expect(results.slice(0, 2)).toEqual([
      `${HODGKIN.email}: added`,
      `Emmy Noether (${PEOPLE.pi.email}): was on it already`,
    ]);
    expect(results[2]).toMatch(/^nobody@nowhere\.example: Globus knows nobody as /);
    const everybody = byLastName([...READERS, HODGKIN]);
    expect(await array("UserNames")).toEqual({ type: "STRING", values: everybody.map(nameOf) });
    expect(await array("UserBadges")).toEqual({ type: "LONG", values: everybody.map(() => 0) });
  });

  test("RemoveUser takes away exactly that person's rule", async () => {
    await put("EditUserBadge", `${HODGKIN.email}`);
    expect(await put("RemoveUser", 1)).toBe(ECA.NORMAL);
    expect(rules()).toHaveLength(READERS.length);
    expect(await put("ListUsers", 1)).toBe(ECA.NORMAL);
    expect(await text("Users")).not.toContain("Hodgkin");
  });

  test("a login without the access_manager role fails, and the sentence names role and collection", async () => {
    site.beamline.globus.faults.lacksAccessManager = true;
    await put("EditUserBadge", `${HODGKIN.email}`);
    expect(await put("AddUser", 1)).toBe(ECA.PUTFAIL);
    expect(await state("AddUser")).toBe("Failed");
    expect(await text("AddUserMessage")).toContain("needs the access_manager role on petrel");
  });
});
