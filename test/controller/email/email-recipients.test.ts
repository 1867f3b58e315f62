import { beforeEach, expect, test } from "vitest";
import { ActionError, CancelledError } from "../../../src/base/errors.ts";
import { NotFoundError, OffError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { failureOf } from "../../support/failure-of.ts";
import { dropped } from "../../support/fakes/fake-mail.ts";
import { ALL, emailScene, NAME, NOTHING_SHOWN, SCHEDULED, USERS } from "./email-fixture.ts";

let { dm, scheduling, mailer, ledger, shown, published, preview, mail, mode, enter, nowHeld } = emailScene();
beforeEach(() => {
  ({ dm, scheduling, mailer, ledger, shown, published, preview, mail, mode, enter, nowHeld } = emailScene());
});

test("NewOnly writes to those alone who have not had it, and the contacts get one copy in all", async () => {
  await mail();
  dm.with(NAME, { ...USERS, "105": { lastName: "Hodgkin", email: "hodgkin@example.org" } });
  mailer.accepted.length = 0;
  await expect(mail()).resolves.toMatchObject({ message: expect.stringContaining("3 users had it before") as unknown });
  expect(mailer.acceptedBy).toEqual(["hodgkin@example.org"]);
});

test("after a refusal NewOnly writes to the refused alone, and the contacts who had their copy get no second one", async () => {
  mode("All");
  mailer.answers.set("curie@example.org", { accepted: false, reason: "451 try later" });
  await mail();
  mailer.answers.clear();
  mailer.accepted.length = 0;
  mode("NewOnly");
  await preview();
  expect(published.EmailRecipients).toBe("curie@example.org");
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["curie@example.org"]);
});

test("a contact who has not had it gets it when a user gets it, or has had it", async () => {
  ledger.set(NAME, "lonsdale@beamline.example", "sent");
  await preview();
  expect(published.EmailRecipients).toBe(ALL.slice(0, 4).join("\n"));
  for (const address of ALL.slice(0, 3)) ledger.set(NAME, address, "sent");
  await expect(preview()).resolves.toMatchObject({
    message: expect.stringContaining("would go to 1 address: 1 beamline contact; to send it") as unknown,
  });
  expect(published.EmailRecipients).toBe("franklin@beamline.example");
});

test("when nobody is new, nobody gets it, the contacts neither, and nothing can be armed", async () => {
  await mail();
  await expect(preview()).resolves.toMatchObject({
    message: "Nobody would get the e-mail; 3 users had it before; without an address: Meitner.",
  });
  expect(published.EmailCount).toBe(0);
  expect(shown.armProblem(nowHeld)).toMatch(/^EmailArm cannot be armed: nobody would get the e-mail/);
});

test("NewOnly leaves out whom DMagic has mailed, but not whom our ledger knows to have been refused", async () => {
  dm.with(NAME, USERS, "d101,d102");
  ledger.set(NAME, "cs.wu@example.org", "refused", "550 no");
  await preview();
  expect(published.EmailRecipients).toBe(["cs.wu@example.org", ...ALL.slice(2)].join("\n"));
});

test("a run that did not come to a user whom DMagic has mailed makes nobody get it again", async () => {
  dm.with(NAME, USERS, "d101");
  mailer.answers.set("levy@example.org", dropped(false));
  const abort = new AbortController();
  mailer.during = () => abort.abort(new ActionError("Aborted on request."));
  mode("All");
  await failureOf(mail({}, abort.signal), CancelledError);
  expect(mailer.accepted).toEqual([]);
  mode("NewOnly");
  await preview();
  expect(published.EmailRecipients).toBe(ALL.slice(1).join("\n"));
});

test("the list that DMagic reads gets the users who accepted it, and keeps what was there", async () => {
  dm.with(NAME, USERS, "d999,d101");
  mode("All");
  await mail();
  expect(dm.emailedUsers(NAME)).toBe("d101,d102,d103,d999");
});

test("users whom an earlier run could not put on DMagic's list come onto it with the next", async () => {
  ledger.set(NAME, "levy@example.org", "sent");
  await mail();
  expect(dm.emailedUsers(NAME)).toBe("d101,d102,d103");
});

test("a list that cannot be brought up to date makes the run partial, and the ledger still knows", async () => {
  dm.failures.set("setExperimentMetadata", new UnavailableError("DM does not answer"));
  dm.setExperimentMetadata = () => Promise.reject(new UnavailableError("DM does not answer"));
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringMatching(/emailedUsers of .* was not brought up to date: DM does not answer/) as unknown,
  });
  mailer.accepted.length = 0;
  await preview();
  expect(published.EmailCount).toBe(0);
});

test("EmailMode Uncertain mails the uncertain alone, after a preview and armed, and then they are certain", async () => {
  ledger.set(NAME, "curie@example.org", "uncertain");
  mode("Uncertain");
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["curie@example.org"]);
  expect(published.EmailUncertain).toBe(0);
});

test("a user whom Data Management does not know is named, and the others are mailed", async () => {
  dm.failures.set("userByUsername d102", new NotFoundError("no"));
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining("d102 is unknown to Data Management") as unknown,
  });
  expect(mailer.accepted).toHaveLength(4);
});

test("EmailTo Schedule writes to all users of the schedule, also without an experiment", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.experiments.clear();
  enter({ EmailTo: 1 });
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["levy@example.org", "ada@example.org", ...ALL.slice(3)]);
});

test("EmailTo Schedule does without Data Management, and tells what that leaves unknown", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.failures.set("experimentByName", new UnavailableError("DM does not answer"));
  enter({ EmailTo: 1 });
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining("who was mailed by DMagic could not be read: DM does not answer") as unknown,
  });
  expect(mailer.accepted).toHaveLength(4);
});

test("EmailTo Schedule on a site without Data Management is whole, and EmailTo Experiment says what is missing", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.failures.set("experimentByName", new OffError("Data Management is off: set station"));
  enter({ EmailTo: 1 });
  await expect(mail()).resolves.toEqual({
    state: "Done",
    message: "The mail server accepted the e-mail for 4 of 4 addresses.",
  });
  enter({ EmailTo: 0 });
  await expect(preview()).rejects.toThrow("Data Management is off: set station");
});

test("a Data Management that goes down between two users fails the preview: the recipients would not be all", async () => {
  dm.failures.set("userByUsername d103", new UnavailableError("DM does not answer"));
  await expect(preview()).rejects.toThrow("DM does not answer");
  expect(shown.armProblem(nowHeld)).toBe(NOTHING_SHOWN);
});

test("EmailMode All writes to those who had it again, and says how many before it is armed", async () => {
  for (const address of ["levy@example.org", "lonsdale@beamline.example"]) ledger.set(NAME, address, "sent");
  dm.with(NAME, USERS, "d103");
  mode("All");
  await expect(preview()).resolves.toMatchObject({
    message: expect.stringContaining(
      "5 addresses: 3 users and 2 beamline contacts (3 of them had it before); to send it",
    ) as unknown,
  });
  expect(published).toMatchObject({ EmailCount: 5, EmailHadBefore: 3 });
  mode("NewOnly");
  await preview();
  expect(published).toMatchObject({ EmailCount: 2, EmailHadBefore: 0 });
});
