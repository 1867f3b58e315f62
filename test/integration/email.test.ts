/** The whole path of the e-mail: client, IOC, Data Management, ledger, mail server. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ECA } from "../../src/ca/wire/status.ts";
import { EMAIL_MODES } from "../../src/controller/pvs/email.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
/** Each test has an experiment of its own, about which nobody has been mailed. */
let month = 0;
const yearMonth = (): string => `2020-${String(month).padStart(2, "0")}`;
const nameOf = (): string => `${yearMonth()}-${PEOPLE.pi.lastName}-${PROPOSAL.gupId}`;
const USERS = [PEOPLE.pi, ...PEOPLE.experimenters].flatMap(({ email }) =>
  email === undefined ? [] : [email.toLowerCase()],
);
const CONTACTS = PEOPLE.contacts.map(({ email }) => email);
const inOrder = (addresses: readonly (string | undefined)[]): string[] =>
  addresses.map(String).sort((a, b) => a.localeCompare(b));
const ALL = inOrder([...USERS, ...CONTACTS]);

let site: SimulatedBeamline;
const { text, number, put, state, until, close } = operatorOf(() => site);

beforeAll(async () => {
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await close();
  await site?.stop();
});

const messages = (): number => site.beamline.mail.messages.length;
/** Who was mailed since there were so many messages, in order of address. */
const mailedSince = (count: number): string[] => inOrder(site.beamline.mail.messages.slice(count).map(({ to }) => to));

beforeEach(async () => {
  site.beamline.mail.misbehave({});
  month++;
  await site.beamline.tag({ ExperimentYearMonth: yearMonth() });
  await until("ExperimentName", (name) => name === nameOf());
  expect(await put("Init", 1)).toBe(ECA.PUTFAIL);
  expect(await text("InitMessage")).toMatch(/but ESAF \d+ is not among the station's of 2020\.$/);
  await put("EmailMode", EMAIL_MODES.indexOf("NewOnly"));
});

test("an e-mail is previewed, armed and sent to each user once, and a second press is rejected", async () => {
  expect(await put("Email", 1)).toBe(ECA.PUTFAIL);
  expect(await text("EmailMessage")).toMatch(/^EmailArm is Safe/);
  await expect(put("EmailArm", 1)).resolves.toBe(ECA.PUTFAIL);
  expect(await text("LastError")).toMatch(/^EmailArm cannot be armed/);
  expect(await put("PreviewEmail", 1)).toBe(ECA.NORMAL);
  expect(inOrder((await text("EmailRecipients")).split("\n"))).toEqual(ALL);
  expect(await number("EmailNoAddress")).toBe(1);
  expect(await text("EmailLine2")).toMatch(/^the data of Symmetry .* are here:$/);
  expect(await text("EmailLine3")).toMatch(/^https:\/\/app\.globus\.org\/\S+$/);
  await put("EmailArm", 1);
  const before = messages();
  expect(await put("Email", 1)).toBe(ECA.NORMAL);
  expect(await state("Email")).toBe("Done");
  expect(mailedSince(before)).toEqual(ALL);
  const { source = "" } = site.beamline.mail.messages.at(-1) ?? {};
  expect(source).toContain(`Subject: Important information for experiment ${nameOf()}`);
  expect(await number("EmailSent")).toBe(ALL.length);
  expect(site.beamline.dm.experiments.get(nameOf())?.metadata["emailedUsers"]).toContain(`d${PEOPLE.pi.badge}`);
  expect(await number("EmailArm")).toBe(0);
  expect(await put("Email", 1)).toBe(ECA.PUTFAIL);
  expect(mailedSince(before)).toEqual(ALL);
});

test("one refused recipient and a connection that drops after the third leave nobody out and nobody mailed twice", async () => {
  const refused = USERS[1] ?? "";
  site.beamline.mail.misbehave({
    refuse: { [refused]: { code: 550, words: "no such user" } },
    drop: { after: 3, when: "envelope" },
  });
  await put("PreviewEmail", 1);
  await put("EmailArm", 1);
  const before = messages();
  expect(await put("Email", 1)).toBe(ECA.PUTFAIL);
  expect(await state("Email")).toBe("Partial");
  expect(await text("EmailMessage")).toContain(`4 of 5 addresses; refused: ${refused} (550 no such user)`);
  expect(mailedSince(before)).toEqual(ALL.filter((one) => one !== refused));
});

test("an IOC that is killed while it sends mails nobody twice, and says of whom it does not know", async () => {
  site.beamline.mail.misbehave({ hold: true });
  await put("PreviewEmail", 1);
  await put("EmailArm", 1);
  const before = messages();
  const read = site.beamline.mail.read.length;
  void put("Email", 1).catch(() => undefined); // its IOC dies
  await site.beamline.mail.whenRead(read + 1);
  const held = site.beamline.mail.read.at(-1) ?? "";
  await site.restartIoc();
  site.beamline.mail.misbehave({});
  await until("EmailUncertain", (count) => count === "1");
  expect(await text("LastError")).toContain(`Nobody knows whether ${held} had the e-mail`);
  expect(await put("PreviewEmail", 1)).toBe(ECA.NORMAL);
  expect(await text("EmailRecipients")).not.toContain(held);
  await put("EmailArm", 1);
  expect(await put("Email", 1)).toBe(ECA.NORMAL);
  expect(await text("EmailMessage")).toContain(`nobody knows whether they had it: ${held}`);
  expect(mailedSince(before)).toEqual(ALL.filter((one) => one !== held));
});

test("an IOC that is stopped in order while the mail server thinks about a message knows the answer after its restart", async () => {
  site.beamline.mail.misbehave({ slowSeconds: 1 });
  await put("PreviewEmail", 1);
  await put("EmailArm", 1);
  const before = messages();
  const read = site.beamline.mail.read.length;
  void put("Email", 1).catch(() => undefined); // its IOC ends
  await site.beamline.mail.whenRead(read + 1);
  await site.restartIoc(undefined, "SIGTERM");
  site.beamline.mail.misbehave({});
  const had = mailedSince(before);
  expect(had).not.toEqual([]);
  await until("ExperimentName", (name) => name === nameOf());
  expect(await put("PreviewEmail", 1)).toBe(ECA.NORMAL);
  expect(await number("EmailUncertain")).toBe(0);
  await put("EmailArm", 1);
  expect(await put("Email", 1)).toBe(ECA.NORMAL);
  expect(await state("Email")).toBe("Done");
  expect(mailedSince(before)).toEqual(ALL);
});
