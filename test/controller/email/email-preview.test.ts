import { beforeEach, expect, test } from "vitest";
import { previewEmail } from "../../../src/controller/email/preview-email.ts";
import { sendEmail } from "../../../src/controller/email/send-email.ts";
import type { PvValue } from "../../../src/controller/ports/pvs.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import { RejectedError } from "../../../src/controller/run/outcome.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ALL, emailScene, NAME, NOTHING_SHOWN, USERS } from "./email-fixture.ts";

let { dm, mailer, ledger, texts, shown, published, settings, optionsWith, preview, mode, enter, nowHeld, planOf } =
  emailScene();
beforeEach(() => {
  ({ dm, mailer, ledger, texts, shown, published, settings, optionsWith, preview, mode, enter, nowHeld, planOf } =
    emailScene());
});

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
  const before = { ...published };
  dm.experiments.clear();
  enter({ EmailArm: 1 });
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

test.each<[string, () => void, RegExp]>([
  [
    "a subject with a line end",
    () => enter({ EmailSubject: "x\nBcc: y" }),
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
    () => {
      texts.template = "%%DATA_LINK%%%%SLIDES_LINK%%";
      enter({ SlidesLink: "javascript:x" });
    },
    /^The link to the slides "javascript:x", from SlidesLink, is no address/,
  ],
  [
    "a sender that is no address",
    () => void (settings.sender = "a(b@c.example"),
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
  enter({ SlidesLink: "https://slides.example/2" });
  await preview();
  expect(published.EmailLine0).toMatch(/2$/);
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

test("what nobody would get is shown, and cannot be armed, which is said", async () => {
  for (const address of ALL) ledger.set(NAME, address, "sent");
  await preview();
  expect(published.EmailPreview).not.toBe("");
  expect(shown.armProblem(nowHeld)).toBe(
    "EmailArm cannot be armed: nobody would get the e-mail that PreviewEmail has shown; see PreviewEmailMessage and EmailResults.",
  );
});

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
