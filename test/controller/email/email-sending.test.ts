import { beforeEach, expect, test } from "vitest";
import { ActionError, CancelledError, messageOf } from "../../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { failureOf } from "../../support/failure-of.ts";
import { dropped, FakeAccess } from "../../support/fakes/fake-mail.ts";
import { ALL, emailScene, NAME, SCHEDULED, USERS } from "./email-fixture.ts";

let { dm, scheduling, mailer, ledger, texts, published, preview, send, mail, mode, enter, abortAt } = emailScene();
beforeEach(() => {
  ({ dm, scheduling, mailer, ledger, texts, published, preview, send, mail, mode, enter, abortAt } = emailScene());
});

test("Email that is not armed is rejected, and nothing is sent", async () => {
  await preview();
  await expect(send()).rejects.toThrow(RejectedError);
  await expect(send()).rejects.toThrow(/^EmailArm is Safe, so nothing was sent: run PreviewEmail/);
  expect(mailer.opened).toBe(0);
});

test.each<[string, () => void, RegExp]>([
  [
    "the subject",
    () => enter({ EmailSubject: "Other" }),
    /changed since it was previewed \(the subject\); run PreviewEmail again/,
  ],
  ["the text", () => (texts.template = "Other\nData link:"), /\(the text\);/],
  ["EmailMode", () => mode("All"), /\(EmailMode\);/],
  ["the recipients", () => dm.with(NAME, { "101": USERS["101"] }), /\(the recipients\);/],
])("Email is rejected when %s has changed since the preview", async (_what, change, sentence) => {
  await preview();
  enter({ EmailArm: 1 });
  change();
  await expect(send()).rejects.toThrow(RejectedError);
  await expect(send()).rejects.toThrow(sentence);
  expect(mailer.opened).toBe(0);
});

test("Email whose recipients cannot all be found any more is rejected with what keeps them from being found", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  enter({ EmailTo: 1 });
  await preview();
  enter({ EmailTo: 1, EmailArm: 1 });
  scheduling.failure = new UnavailableError("the schedule at sched.example refused the connection");
  await expect(send()).rejects.toThrow(
    "Nothing was sent, because the schedule at sched.example refused the connection; the recipients would not be those that PreviewEmail has shown. Mend that, run PreviewEmail again, read it, and arm.",
  );
  expect(mailer.opened).toBe(0);
});

test("what kept a recipient from being found at the preview already is not told as the cause of a later change", async () => {
  dm.failures.set("userByUsername d103", new NotFoundError("no"));
  await preview();
  dm.with(NAME, { ...USERS, "105": { lastName: "Noether", email: "noether@example.org" } });
  enter({ EmailArm: 1 });
  await expect(send()).rejects.toThrow(
    "The e-mail has changed since it was previewed (the recipients); run PreviewEmail again, read it, and arm.",
  );
});

test("of an e-mail that has changed elsewhere too while recipients cannot be found, every change is told", async () => {
  await preview();
  dm.failures.set("userByUsername d103", new NotFoundError("no"));
  enter({ EmailArm: 1, EmailSubject: "Other" });
  await expect(send()).rejects.toThrow(/previewed \(the subject, the recipients\);/);
});

test("a preview on one server arms no other", async () => {
  await preview();
  enter({ EmailArm: 1 });
  await expect(send({ serverName: "petrel" })).rejects.toThrow(/previewed \(ServerName\);/);
});

test("each recipient gets a message of its own over one connection, and the ledger knows each before and after", async () => {
  await expect(mail()).resolves.toEqual({
    state: "Done",
    message: "The mail server accepted the e-mail for 5 of 5 addresses; without an address: Meitner.",
  });
  expect(mailer.acceptedBy).toEqual(ALL);
  expect(mailer).toMatchObject({ opened: 1, closed: 1 });
  expect(ledger.writes).toEqual(ALL.flatMap((address) => [`${address} sending`, `${address} sent`]));
  expect(published).toMatchObject({ EmailSent: 5, EmailRefused: 0, EmailArm: 0 });
  expect(published.EmailResults).toBe([...ALL.map((address) => `${address} sent`), "Meitner: no address"].join("\n"));
});

test("a second press is rejected, also when it is armed again without a preview", async () => {
  await mail();
  await expect(send()).rejects.toThrow(/no e-mail that PreviewEmail has shown/);
  expect(mailer.accepted).toHaveLength(5);
});

test("the same message to the same address keeps its Message-ID, and no two addresses share one", async () => {
  mode("All");
  await mail();
  await mail();
  const ids = mailer.accepted.map(({ messageId }) => messageId);
  expect(ids.slice(5)).toEqual(ids.slice(0, 5));
  expect(new Set(ids).size).toBe(5);
  expect(ids[0]).toMatch(/^[0-9a-f]{40}@beamline\.example$/);
});

test("one refused recipient does not stop the others, and is not remembered as mailed", async () => {
  mailer.answers.set("curie@example.org", { accepted: false, reason: "550 5.1.1 no such user" });
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining(
      "for 4 of 5 addresses; refused: curie@example.org (550 5.1.1 no such user)",
    ) as unknown,
  });
  expect(published).toMatchObject({ EmailSent: 4, EmailRefused: 1 });
  expect(published.EmailResults).toContain("curie@example.org refused: 550 5.1.1 no such user");
  expect(ledger.records.get(NAME)?.get("curie@example.org")).toMatchObject({
    state: "refused",
    reason: "550 5.1.1 no such user",
  });
  expect(dm.emailedUsers(NAME)).toBe("d101,d102");
});

test("an e-mail that everybody refuses has failed", async () => {
  for (const address of ALL) mailer.answers.set(address, { accepted: false, reason: "554 no" });
  await expect(mail()).rejects.toThrow(
    /accepted the e-mail for 0 of 5 addresses; refused: levy@example\.org \(554 no\)/,
  );
});

test("a message whose answer was lost is uncertain, the others go over a new connection, and nobody gets it twice", async () => {
  mailer.answers.set("cs.wu@example.org", dropped(true));
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringMatching(
      /4 of 5 addresses; nobody knows whether it came: cs\.wu@example\.org \(.*dropped\); ask them/,
    ) as unknown,
  });
  expect(mailer.tried).toEqual(ALL);
  expect(mailer).toMatchObject({ opened: 2, closed: 2 });
  expect(published.EmailUncertain).toBe(1);
});

test("a message that certainly did not go is sent over a new connection", async () => {
  mailer.answers.set("cs.wu@example.org", dropped(false));
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(ALL);
});

test("a server that drops each connection at once is given up, and the rest are told as not sent", async () => {
  for (const address of ALL.slice(1)) mailer.answers.set(address, dropped(true));
  await expect(mail()).resolves.toMatchObject({ state: "Partial" });
  expect(mailer.tried).toEqual(ALL.slice(0, 3));
  expect(published.EmailResults).toContain(
    "franklin@beamline.example not sent: the connection to the mail server dropped",
  );
  expect(published.EmailUncertain).toBe(2);
});

test("a server that is down fails the run before anything is noted, and the e-mail stays armed", async () => {
  mailer.down = new UnavailableError("the mail server does not answer");
  await expect(mail()).rejects.toThrow("the mail server does not answer");
  expect(ledger.writes).toEqual([]);
  expect(published.EmailResults).toBe([...ALL.map((one) => `${one} not tried`), "Meitner: no address"].join("\n"));
  mailer.down = undefined;
  await expect(send()).resolves.toMatchObject({ state: "Done" });
});

test.each(["sending", "uncertain"] as const)(
  "an address that was %s when the program was killed gets no e-mail, in no mode but its own",
  async (state) => {
    ledger.set(NAME, "curie@example.org", state);
    for (const name of ["NewOnly", "All"] as const) {
      mode(name);
      await expect(preview()).resolves.toMatchObject({
        message: expect.stringMatching(
          /nobody knows whether they had it: curie@example\.org \(ask them; EmailMode Uncertain/,
        ) as unknown,
      });
      expect(published.EmailRecipients).not.toContain("curie");
      expect(published.EmailUncertain).toBe(1);
      expect(published.EmailResults).toContain("curie@example.org uncertain: from an earlier run");
    }
  },
);

test("a ledger that cannot be written stops the sending before the next message", async () => {
  ledger.failures.set("cs.wu@example.org sending", new ActionError("the disk is full"));
  const error = await failureOf(mail(), ActionError);
  expect(messageOf(error)).toMatch(
    /for 1 of 5 addresses; .*; it has gone to levy@example\.org; not tried: cs\.wu@example\.org, .*: the disk is full/,
  );
  expect(mailer.acceptedBy).toEqual(["levy@example.org"]);
});

test("a message that went but could not be recorded is told as sent, and is uncertain for the next run", async () => {
  ledger.failures.set("levy@example.org sent", new ActionError("the disk is full"));
  await expect(mail()).rejects.toThrow(/for 1 of 5 addresses; .*; it has gone to levy@example\.org/);
  ledger.failures.clear();
  await preview();
  expect(published.EmailUncertain).toBe(1);
  expect(published.EmailRecipients).not.toContain("levy");
});

test("an abort stops before the next message and says who had it, and another run goes on with the others", async () => {
  await expect(mail({}, abortAt("cs.wu@example.org"))).rejects.toThrow(
    "Aborted on request. The mail server accepted the e-mail for 2 of 5 addresses; PreviewEmail and Email in EmailMode NewOnly go on with the others; it has gone to levy@example.org, cs.wu@example.org; not tried: curie@example.org, franklin@beamline.example, lonsdale@beamline.example.",
  );
  expect(mailer.acceptedBy).toEqual(ALL.slice(0, 2));
  expect(published.EmailResults).toBe(
    [
      ...ALL.slice(0, 2).map((one) => `${one} sent`),
      ...ALL.slice(2).map((one) => `${one} not tried`),
      "Meitner: no address",
    ].join("\n"),
  );
  mailer.during = () => {};
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy.slice(2)).toEqual(ALL.slice(2));
});

test("an abort behind the last user leaves the contacts for NewOnly", async () => {
  await failureOf(mail({}, abortAt("curie@example.org")), CancelledError);
  mailer.during = () => {};
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(ALL);
});

test("an abort behind the last message comes too late: everybody has it, and the run is done", async () => {
  const last = ALL.at(-1) ?? "";
  await expect(mail({}, abortAt(last))).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(ALL);
});

test("what is advised after an abort in EmailMode All is true for those who had an earlier copy", async () => {
  mode("All");
  await expect(mail({}, abortAt("levy@example.org"))).rejects.toThrow(
    /1 of 5 addresses; EmailMode All writes to all again, NewOnly only to those who never had it; /,
  );
});

test("who was refused or is uncertain before an abort is told as that", async () => {
  mailer.answers.set("levy@example.org", { accepted: false, reason: "550 no" });
  await expect(mail({}, abortAt("cs.wu@example.org"))).rejects.toThrow(
    /it has gone to cs\.wu@example\.org; refused: levy@example\.org \(550 no\); not tried: curie/,
  );
});

test("a message that was under way when the run was aborted and its answer lost is uncertain, not unsent", async () => {
  const abort = new AbortController();
  mailer.during = () => abort.abort(new ActionError("Aborted on request."));
  mailer.answers.set("levy@example.org", dropped(true));
  await expect(mail({}, abort.signal)).rejects.toThrow(/^Aborted on request\./);
  expect(ledger.records.get(NAME)?.get("levy@example.org")?.state).toBe("uncertain");
});

test("a test goes to the second contact alone, needs no arm, and is not remembered", async () => {
  mode("Test");
  await expect(send()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["lonsdale@beamline.example"]);
  expect(ledger.writes).toEqual([]);
  expect(dm.emailedUsers(NAME)).toBe("");
});

test("an address that is none is named and makes the run partial, and the others are mailed", async () => {
  dm.with(NAME, { ...USERS, "106": { lastName: "Mallory", email: "m@example.org\r\nBcc: all@example.org" } });
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining(
      'the address "m@example.org\\r\\nBcc: all@example.org" of Mallory holds a control character',
    ) as unknown,
  });
  expect(mailer.acceptedBy).toEqual(ALL);
});

test("who has a bad address has a line of its own among the results, and is counted", async () => {
  dm.with(NAME, {
    ...USERS,
    "106": { lastName: "Mallory", email: "m@example.org\nBcc: all@example.org" },
    "107": { lastName: "Noether\nwu@example.org sent", email: "not an address" },
  });
  await preview();
  expect(published.EmailNoAddress).toBe(3);
  const leftOut = [
    "Meitner: no address",
    'Mallory: bad address "m@example.org\\nBcc: all@example.org", which holds a control character',
    'Noether wu@example.org sent: bad address "not an address", which is not an e-mail address',
  ];
  expect(published.EmailResults).toBe(leftOut.join("\n"));
  enter({ EmailArm: 1 });
  await send();
  expect(published.EmailResults).toBe([...ALL.map((one) => `${one} sent`), ...leftOut].join("\n"));
});

test("on a Globus collection each recipient may read the data before the e-mail goes; who may not is told and not mailed", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  const rules = new FakeAccess();
  rules.failures.set("ada@example.org", new NotFoundError("Globus knows nobody by that name"));
  const globus = { dm: undefined, serverName: "petrel", access: { rules, template: "{ym}/{exp}" } };
  await expect(mail(globus)).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining(
      "not sent: ada@example.org (no access to the data on petrel: Globus knows nobody by that name)",
    ) as unknown,
  });
  expect(rules.grants).toEqual(["levy@example.org", ...ALL.slice(3)].map((address) => `2026-03/${NAME} ${address}`));
  expect(mailer.acceptedBy).toEqual(["levy@example.org", ...ALL.slice(3)]);
  expect(ledger.writes).not.toContain("ada@example.org sending");
});

test("a Globus that is away is asked for the first recipient alone: the others are not mailed, and told why", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  const rules = new FakeAccess();
  rules.failures.set("levy@example.org", new UnavailableError("Globus does not answer"));
  const globus = { dm: undefined, serverName: "petrel", access: { rules, template: "{ym}/{exp}" } };
  await expect(mail(globus)).rejects.toThrow(
    "ada@example.org (no access to the data on petrel: Globus does not answer)",
  );
  expect(rules.grants).toEqual([]);
  expect(mailer.accepted).toEqual([]);
});
