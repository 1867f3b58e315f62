import { beforeEach, expect, test } from "vitest";
import { ActionError, CancelledError, messageOf } from "../../../src/base/errors.ts";
import type { Action } from "../../../src/controller/action.ts";
import { previewEmail } from "../../../src/controller/actions/preview-email.ts";
import { type SendEmailOptions, sendEmail } from "../../../src/controller/actions/send-email.ts";
import { ShownLetter } from "../../../src/controller/mail/letter.ts";
import { type ActionResult, RejectedError } from "../../../src/controller/outcome.ts";
import { NotFoundError, OffError, type PvValue, UnavailableError } from "../../../src/controller/ports.ts";
import { EMAIL_MODES, type PvName } from "../../../src/controller/pvs.ts";
import { failureOf } from "../../support/failure-of.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { dropped, FakeAccess, FakeLedger, FakeMailer, FakeTexts, MailDm } from "../../support/fake-mail.ts";
import { FakeScheduling } from "../../support/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../../support/tagged-run.ts";

const NAME = EXPERIMENT.name;
const USERS = {
  "101": { lastName: "Levy", email: "levy@example.org" },
  "102": { lastName: "Wu", email: "CS.Wu@Example.ORG" },
  "103": { lastName: "Curie", email: "curie@example.org" },
  "104": { lastName: "Meitner" },
  "11111": { lastName: "Franklin", email: "franklin@beamline.example" },
};
const ALL = [
  "levy@example.org",
  "cs.wu@example.org",
  "curie@example.org",
  "franklin@beamline.example",
  "lonsdale@beamline.example",
];

let dm: MailDm;
let scheduling: FakeScheduling;
let mailer: FakeMailer;
let ledger: FakeLedger;
let texts: FakeTexts;
let shown: ShownLetter;
let inputs: Partial<Record<PvName, PvValue>>;
let published: Readonly<Partial<Record<PvName, unknown>>>;
let sender: string;
beforeEach(() => {
  sender = "";
  dm = new MailDm().with(NAME, USERS);
  scheduling = new FakeScheduling();
  mailer = new FakeMailer();
  ledger = new FakeLedger();
  texts = new FakeTexts();
  shown = new ShownLetter();
  inputs = {};
  published = {};
});

const optionsWith = (changes: Partial<SendEmailOptions> = {}): SendEmailOptions => ({
  serverName: "voyager",
  dm,
  people: {
    schedule: { scheduling, beamline: "99-ID-A,B", clock: new FakeClock() },
    esafs: undefined,
    contacts: [
      { badge: "11111", email: "Franklin@beamline.example" },
      { badge: "58903", email: "lonsdale@beamline.example" },
    ],
  },
  dataLink: ({ name }) => `https://data.example/${name}`,
  from: sender,
  mailer,
  ledger,
  texts,
  shown,
  clock: new FakeClock(),
  ...changes,
});
/** A run with the inputs of now; what it publishes is `published`. */
function runNow(action: Action, signal = new AbortController().signal): Promise<ActionResult> {
  const one = taggedRun(inputs, { signal });
  published = one.published;
  return one.run(action);
}
const preview = (changes?: Partial<SendEmailOptions>): Promise<ActionResult> =>
  runNow(previewEmail(optionsWith(changes)));
const send = (changes?: Partial<SendEmailOptions>, signal?: AbortSignal): Promise<ActionResult> =>
  runNow(sendEmail(optionsWith(changes)), signal);
/** Preview, arm, send. */
async function mail(changes?: Partial<SendEmailOptions>, signal?: AbortSignal): Promise<ActionResult> {
  await preview(changes);
  inputs = { ...inputs, EmailArm: 1 };
  return send(changes, signal);
}
const mode = (name: (typeof EMAIL_MODES)[number]): void =>
  void (inputs = { ...inputs, EmailMode: EMAIL_MODES.indexOf(name) });

const NOTHING_SHOWN =
  "EmailArm cannot be armed: there is no e-mail that PreviewEmail has shown; run PreviewEmail, and read it.";

test("the preview shows the e-mail and its recipients, each address once in any spelling, the contacts once", async () => {
  await expect(preview()).resolves.toEqual({
    state: "Done",
    message: `"Important information for experiment ${NAME}" would go to 5 addresses: 3 users and 2 beamline contacts; to send it, set EmailArm to Armed and start Email within 30 s; without an address: Meitner.`,
  });
  expect(published).toMatchObject({
    EmailRecipients: ALL.join("\n"),
    EmailCount: 5,
    EmailNoAddress: 1,
    EmailResults: "Meitner: no address",
    EmailLine0: `Experiment ${NAME}`,
    EmailLine1: "Data link:",
    EmailLine2: `https://data.example/${NAME}`,
  });
  expect(published.EmailPreview).toMatch(/^From: Franklin@beamline\.example\nTo: 5 addresses[^]*Data link: https:/);
  expect(mailer.opened).toBe(0);
});

test("a contact whom Data Management knows by another address gets one copy, at the address of the settings", async () => {
  dm.with(NAME, { ...USERS, "11111": { lastName: "Franklin", email: "rosalind@elsewhere.example" } });
  await preview();
  expect(published.EmailRecipients).toBe(ALL.join("\n"));
});

test("a text of more lines than there are PVs ends with how many more there are", async () => {
  texts.template = `Data link:\n${"line\n".repeat(40)}`;
  await preview();
  expect(published.EmailLine19).toBe("… and 24 lines more, in EmailPreview");
});

/** What our own PVs hold: the experiment, and the inputs. */
const nowHeld = (name: PvName): PvValue =>
  name === "ExperimentName" ? EXPERIMENT.name : (inputs[name] ?? (name === "EmailMode" ? 1 : 0));

test.each([
  ["the experiment", (name: PvName): PvValue => (name === "ExperimentName" ? "2026-03-Curie-1014311" : nowHeld(name))],
  ["the experiment", (name: PvName): PvValue => (name === "ExperimentName" ? "" : nowHeld(name))],
  ["EmailMode", (name: PvName): PvValue => (name === "EmailMode" ? 0 : nowHeld(name))],
  ["EmailTo", (name: PvName): PvValue => (name === "EmailTo" ? 1 : nowHeld(name))],
])("a preview of before %s changed cannot be armed, and the sentence names it", async (what, get) => {
  await preview();
  expect(shown.armProblem(get)).toBe(
    `EmailArm cannot be armed: the e-mail has changed since it was previewed (${what}); run PreviewEmail again, read it, and arm.`,
  );
});

test("nothing can be armed before a preview, and it can after one", async () => {
  expect(shown.armProblem(nowHeld)).toBe(NOTHING_SHOWN);
  await preview();
  expect(shown.armProblem(nowHeld)).toBeUndefined();
});

test("a preview that fails leaves nothing of the e-mail that was shown before, and nothing armed", async () => {
  await preview();
  const before = published;
  dm.experiments.clear();
  inputs = { EmailArm: 1 };
  await failureOf(preview(), RejectedError);
  for (const name of ["EmailPreview", "EmailLine0", "EmailRecipients", "EmailCount", "EmailResults"] as const) {
    expect(before[name]).not.toBe(published[name]);
    expect(published[name]).toBe(name === "EmailCount" ? 0 : "");
  }
  expect(published).toMatchObject({ EmailNoAddress: 0, EmailArm: 0 });
  expect(shown.armProblem(nowHeld)).toBe(NOTHING_SHOWN);
});

test("a preview makes EmailArm safe: what was armed was another e-mail", async () => {
  await preview();
  expect(published.EmailArm).toBe(0);
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
    () => (inputs = { ...inputs, EmailSubject: "Other" }),
    /changed since it was previewed \(the subject\); run PreviewEmail again/,
  ],
  ["the text", () => (texts.template = "Other\nData link:"), /\(the text\);/],
  ["EmailMode", () => mode("All"), /\(EmailMode\);/],
  ["the recipients", () => dm.with(NAME, { "101": USERS["101"] }), /\(the recipients\);/],
])("Email is rejected when %s has changed since the preview", async (_what, change, sentence) => {
  await preview();
  inputs = { ...inputs, EmailArm: 1 };
  change();
  await expect(send()).rejects.toThrow(RejectedError);
  await expect(send()).rejects.toThrow(sentence);
  expect(mailer.opened).toBe(0);
});

test("Email whose recipients cannot all be found any more is rejected with what keeps them from being found", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  inputs = { EmailTo: 1 };
  await preview();
  inputs = { EmailTo: 1, EmailArm: 1 };
  scheduling.failure = new UnavailableError("the schedule at sched.example refused the connection");
  await expect(send()).rejects.toThrow(
    "Nothing was sent, because the schedule at sched.example refused the connection; the recipients would not be those that PreviewEmail has shown. Mend that, run PreviewEmail again, read it, and arm.",
  );
  expect(mailer.opened).toBe(0);
});

test("a preview on one server arms no other", async () => {
  await preview();
  inputs = { EmailArm: 1 };
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

test("EmailMode Uncertain mails the uncertain alone, after a preview and armed, and then they are certain", async () => {
  ledger.set(NAME, "curie@example.org", "uncertain");
  mode("Uncertain");
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["curie@example.org"]);
  expect(published.EmailUncertain).toBe(0);
});

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

/** Aborts the run while this address is written to. */
function abortAt(address: string): AbortSignal {
  const abort = new AbortController();
  mailer.during = (one) => {
    if (one === address) abort.abort(new ActionError("Aborted on request."));
  };
  return abort.signal;
}

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
  inputs = { EmailArm: 1 };
  await send();
  expect(published.EmailResults).toBe([...ALL.map((one) => `${one} sent`), ...leftOut].join("\n"));
});

test("a user whom Data Management does not know is named, and the others are mailed", async () => {
  dm.failures.set("userByUsername d102", new NotFoundError("no"));
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining("d102 is unknown to Data Management") as unknown,
  });
  expect(mailer.accepted).toHaveLength(4);
});

test.each<[string, () => void, RegExp]>([
  [
    "a subject with a line end",
    () => (inputs = { EmailSubject: "x\nBcc: y" }),
    /^EmailSubject "x\\nBcc: y" holds a line end/,
  ],
  [
    "a template without a place for the link",
    () => (texts.template = "Hello"),
    /^The e-mail template message\.txt has no place/,
  ],
  [
    "an unknown placeholder",
    () => (texts.template = "%%Experiment%%\nData link:"),
    /has %%Experiment%%, which stands for nothing/,
  ],
  [
    "slides that are no web address",
    () => void ((texts.template = "%%DATA_LINK%%%%SLIDES_LINK%%"), (inputs = { SlidesLink: "javascript:x" })),
    /^The link to the slides "javascript:x", from SlidesLink, is no address/,
  ],
  [
    "a sender that is no address",
    () => void (sender = "a(b@c.example"),
    /^The sender "a\(b@c\.example" is not an e-mail/,
  ],
  [
    "an experiment that does not exist",
    () => dm.experiments.clear(),
    /^Experiment 2026-03-Levy-1014288 does not exist on voyager; run Init first/,
  ],
])("%s is rejected with a sentence, before anything is sent", async (_what, spoil, sentence) => {
  spoil();
  await expect(preview()).rejects.toThrow(RejectedError);
  await expect(preview()).rejects.toThrow(sentence);
  expect(shown.armProblem(nowHeld)).toBe(NOTHING_SHOWN);
});

test("placeholders stand for inputs too, a state by its name, and slides come from SlidesLink, else from tomolog", async () => {
  texts.template = "%%EmailMode%% %%EmailSubject%% %%ServerName%% %%SLIDES_LINK%%\nData link:";
  texts.slides = "https://slides.example/1";
  await preview();
  expect(published.EmailLine0).toBe(
    `NewOnly Important information for experiment ${NAME} voyager https://slides.example/1`,
  );
  inputs = { SlidesLink: "https://slides.example/2" };
  await preview();
  expect(published.EmailLine0).toMatch(/2$/);
});

const SCHEDULED = {
  gupId: "1014288",
  title: "Foams",
  start: new Date("2026-03-01"),
  end: new Date("2026-03-06"),
  experimenters: [
    { badge: "101", firstName: "Paul", lastName: "Lévy", email: "Levy@example.org", isPi: true },
    { badge: "107", firstName: "Ada", lastName: "Byron", email: "ada@example.org", isPi: false },
  ],
};

test("EmailTo Schedule writes to all users of the schedule, also without an experiment", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.experiments.clear();
  inputs = { EmailTo: 1 };
  await expect(mail()).resolves.toMatchObject({ state: "Done" });
  expect(mailer.acceptedBy).toEqual(["levy@example.org", "ada@example.org", ...ALL.slice(3)]);
});

test("EmailTo Schedule does without Data Management, and tells what that leaves unknown", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.failures.set("experimentByName", new UnavailableError("DM does not answer"));
  inputs = { EmailTo: 1 };
  await expect(mail()).resolves.toMatchObject({
    state: "Partial",
    message: expect.stringContaining("who was mailed by DMagic could not be read: DM does not answer") as unknown,
  });
  expect(mailer.accepted).toHaveLength(4);
});

test("EmailTo Schedule on a site without Data Management is whole, and EmailTo Experiment says what is missing", async () => {
  scheduling.beamtimesNow = [SCHEDULED];
  dm.failures.set("experimentByName", new OffError("Data Management is off: set station"));
  inputs = { EmailTo: 1 };
  await expect(mail()).resolves.toEqual({
    state: "Done",
    message: "The mail server accepted the e-mail for 4 of 4 addresses.",
  });
  inputs = { EmailTo: 0 };
  await expect(preview()).rejects.toThrow("Data Management is off: set station");
});

test("a Data Management that goes down between two users fails the preview: the recipients would not be all", async () => {
  dm.failures.set("userByUsername d103", new UnavailableError("DM does not answer"));
  await expect(preview()).rejects.toThrow("DM does not answer");
  expect(shown.armProblem(nowHeld)).toBe(NOTHING_SHOWN);
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

/** The plan with the inputs of now. */
const planOf = (action: Action): readonly string[] => action.plan(taggedRun(inputs).context);
const COMPOSED = `would compose the e-mail "Important information for experiment ${NAME}" from Franklin@beamline.example with the template message.txt and the data link https://data.example/${NAME} (ServerName voyager, EmailTo Experiment, EmailMode NewOnly)`;

test("a dry run of PreviewEmail says what it would compose from what", () => {
  expect(planOf(previewEmail(optionsWith()))).toEqual([COMPOSED, "would look up its recipients and show it and them"]);
});

test("a dry run of Email before a preview says what would be composed and sent, and what must come first", () => {
  expect(planOf(sendEmail(optionsWith()))).toEqual([
    COMPOSED,
    "would send it to each recipient, once PreviewEmail has shown it and them and EmailArm is Armed",
  ]);
});

test("a dry run of Email says to whom the shown e-mail would go, and reaches nobody", async () => {
  await preview();
  expect(planOf(sendEmail(optionsWith()))).toEqual([
    `would send "Important information for experiment ${NAME}", once EmailArm is Armed, to 5 addresses: ${ALL.join(", ")}`,
  ]);
  expect(mailer.opened).toBe(0);
});

test("a dry run of Email is rejected where the run would be: another mode than that of the preview, no contact for a test", async () => {
  await preview();
  mode("All");
  expect(() => planOf(sendEmail(optionsWith()))).toThrow(/changed since it was previewed \(EmailMode\);/);
  mode("Test");
  const { people } = optionsWith();
  expect(() =>
    planOf(sendEmail(optionsWith({ people: { ...people, contacts: people.contacts.slice(0, 1) } }))),
  ).toThrow(/^A test goes to the second beamline contact, who has no address/);
});

test("the data link stands in the lines alone, wherever the template has it, and unchanged in the e-mail", async () => {
  texts.template = "The data are at %%DATA_LINK%%. Copy them soon.\nSee https://example.org, too.";
  await preview();
  expect([0, 1, 2, 3].map((line) => published[`EmailLine${line}` as PvName])).toEqual([
    "The data are at",
    `https://data.example/${NAME}`,
    ". Copy them soon.",
    "See https://example.org, too.",
  ]);
  expect(published.EmailPreview).toContain(`\nThe data are at https://data.example/${NAME}. Copy them soon.\n`);
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

test("what nobody would get is shown, and cannot be armed, which is said", async () => {
  for (const address of ALL) ledger.set(NAME, address, "sent");
  await preview();
  expect(published.EmailPreview).not.toBe("");
  expect(shown.armProblem(nowHeld)).toBe(
    "EmailArm cannot be armed: nobody would get the e-mail that PreviewEmail has shown; see PreviewEmailMessage and EmailResults.",
  );
});
