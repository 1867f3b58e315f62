import { ActionError } from "../../../src/base/errors.ts";
import { ShownLetter } from "../../../src/controller/email/letter/letter.ts";
import { previewEmail } from "../../../src/controller/email/preview-email.ts";
import { type SendEmailOptions, sendEmail } from "../../../src/controller/email/send-email.ts";
import type { PvValue } from "../../../src/controller/ports/pvs.ts";
import { EMAIL_MODES } from "../../../src/controller/pvs/email.ts";
import type { PvName } from "../../../src/controller/pvs/index.ts";
import type { Action } from "../../../src/controller/run/action.ts";
import type { ActionResult } from "../../../src/controller/run/outcome.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";
import { FakeLedger, FakeMailer, FakeTexts, MailDm } from "../../support/fakes/fake-mail.ts";
import { FakeScheduling } from "../../support/fakes/fake-services.ts";
import { EXPERIMENT, taggedRun } from "../../support/fakes/tagged-run.ts";

export const NAME = EXPERIMENT.name;

export const USERS = {
  "101": { lastName: "Levy", email: "levy@example.org" },
  "102": { lastName: "Wu", email: "CS.Wu@Example.ORG" },
  "103": { lastName: "Curie", email: "curie@example.org" },
  "104": { lastName: "Meitner" },
  "11111": { lastName: "Franklin", email: "franklin@beamline.example" },
};

export const ALL = [
  "levy@example.org",
  "cs.wu@example.org",
  "curie@example.org",
  "franklin@beamline.example",
  "lonsdale@beamline.example",
];

export const SCHEDULED = {
  gupId: "1014288",
  title: "Foams",
  start: new Date("2026-03-01"),
  end: new Date("2026-03-06"),
  experimenters: [
    { badge: "101", firstName: "Paul", lastName: "Lévy", email: "Levy@example.org", isPi: true },
    { badge: "107", firstName: "Ada", lastName: "Byron", email: "ada@example.org", isPi: false },
  ],
};

export const NOTHING_SHOWN =
  "EmailArm cannot be armed: there is no e-mail that PreviewEmail has shown; run PreviewEmail, and read it.";

/** PreviewEmail and Email over fakes, as they are before each test. */
export function emailScene() {
  const dm = new MailDm().with(NAME, USERS);
  const scheduling = new FakeScheduling();
  const mailer = new FakeMailer();
  const ledger = new FakeLedger();
  const texts = new FakeTexts();
  const shown = new ShownLetter();
  const settings = { sender: "" };
  const inputs: Partial<Record<PvName, PvValue>> = {};
  /** By the last run. */
  const published: Partial<Record<PvName, unknown>> = {};
  const enter = (values: typeof inputs): void => void Object.assign(inputs, values);
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
    from: settings.sender,
    mailer,
    ledger,
    texts,
    shown,
    clock: new FakeClock(),
    ...changes,
  });
  async function runNow(action: Action, signal = new AbortController().signal): Promise<ActionResult> {
    const one = taggedRun(inputs, { signal });
    try {
      return await one.run(action);
    } finally {
      for (const name of Object.keys(published)) delete published[name as PvName];
      Object.assign(published, one.published);
    }
  }
  const preview = (changes?: Partial<SendEmailOptions>): Promise<ActionResult> =>
    runNow(previewEmail(optionsWith(changes)));
  const send = (changes?: Partial<SendEmailOptions>, signal?: AbortSignal): Promise<ActionResult> =>
    runNow(sendEmail(optionsWith(changes)), signal);
  /** Preview, arm, send. */
  async function mail(changes?: Partial<SendEmailOptions>, signal?: AbortSignal): Promise<ActionResult> {
    await preview(changes);
    enter({ EmailArm: 1 });
    return send(changes, signal);
  }
  const mode = (name: (typeof EMAIL_MODES)[number]): void => enter({ EmailMode: EMAIL_MODES.indexOf(name) });
  /** What our own PVs hold: the experiment, and the inputs. */
  const nowHeld = (name: PvName): PvValue =>
    name === "ExperimentName" ? EXPERIMENT.name : (inputs[name] ?? (name === "EmailMode" ? 1 : 0));
  /** Aborts the run while this address is written to. */
  function abortAt(address: string): AbortSignal {
    const abort = new AbortController();
    mailer.during = (one) => {
      if (one === address) abort.abort(new ActionError("Aborted on request."));
    };
    return abort.signal;
  }
  /** The plan with the inputs of now. */
  const planOf = (action: Action): ReturnType<Action["plan"]> => action.plan(taggedRun(inputs).context);
  return {
    dm,
    scheduling,
    mailer,
    ledger,
    texts,
    shown,
    published,
    settings,
    optionsWith,
    preview,
    send,
    mail,
    mode,
    enter,
    nowHeld,
    abortAt,
    planOf,
  };
}
