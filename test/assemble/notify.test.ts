import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type NotifyPart, openNotify } from "../../src/assemble/notify.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { silentLog } from "../../src/base/log.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { fileSentences } from "../../src/config/needs.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeMailer } from "../support/fakes/fake-mail.ts";

function settingsOf(conf: string): ReturnType<typeof parseConfig> {
  const home = mkdtempSync(join(tmpdir(), "notify-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return parseConfig(conf, join(home, "globus.conf"), home);
}

/** @throws ConfigError */
const open = (conf: string): NotifyPart => openPart(conf, "99idb1:Globus:");

/** @throws ConfigError */
function openPart(conf: string, prefix: string | undefined): NotifyPart {
  const problems = new Problems();
  const closers: (() => Promise<void> | void)[] = [];
  const parts = { environment: {}, clock: new FakeClock(), log: silentLog, problems, closers };
  const about = { mailer: new FakeMailer(), host: "station1", prefix };
  const part = openNotify({ ...parts, settings: settingsOf(conf) }, about);
  onTestFinished(async () => {
    for (const close of closers) await close();
  });
  problems.throwIfAny();
  return part;
}

const MAIL = "[email]\nsmtp-host = smtp.example.org\nfrom = ioc@x.example\n";

test("without settings nobody is told", () => {
  expect(open("")).toEqual({ tells: { webhook: false, mailFailed: false, mailVerified: false } });
});

test("people, the summary and the webhook are as the settings have them", () => {
  const { mail, webhook, tells } = open(
    `${MAIL}[scheduling]\nbeamline = 99-ID\n[notify]\nmail-to = a@x.example b@x.example, a@x.example\nsummary-at = 07:30\nmail-verified = True\nwebhook-url = https://chat.example.org/hooks/x?y=1\n`,
  );
  expect(mail).toMatchObject({
    from: "ioc@x.example",
    to: ["a@x.example", "b@x.example"],
    label: "99-ID",
    retry: "write 1 to 99idb1:Globus:QueueRetry, or run `globus-ioc queue retry --all`",
    summaryAt: "07:30",
  });
  expect(webhook).toBeDefined();
  expect(tells).toEqual({ webhook: true, mailFailed: true, mailVerified: true });
});

test("people are told of no PV by a command in the foreground, but of its ledger", () => {
  const conf = `${MAIL}[notify]\nmail-to = a@x.example\n[ledger]\npath = /var/x\n`;
  expect(open(conf).mail?.retry).toBe("write 1 to 99idb1:Globus:QueueRetry, or run `globus-ioc queue retry --all`");
  expect(openPart(conf, undefined).mail?.retry).toBe("run `globus-ioc queue retry --all --ledger /var/x`");
});

test("the sender is the first beamline contact where no other is set", () => {
  const conf = `[globus]\nprimary-beamline-contact-email = anne@x.example\n[email]\nsmtp-host = smtp.example.org\n`;
  expect(open(`${conf}[notify]\nmail-to = b@x.example\n`).mail).toMatchObject({
    from: "anne@x.example",
    label: "99idb1:Globus:",
  });
});

test.each<[string, RegExp]>([
  ["[notify]\nmail-to = a@x.example\n", /^\[notify\]: mail-to is set, and smtp-host in the \[email\] section is not/],
  ["[email]\nsmtp-host = s.example\n[notify]\nmail-to = a@x.example\n", /from in the \[email\] section is not/],
  ["[notify]\nsummary-at = 07:00\n", /summary-at is set, and mail-to is not/],
  ["[notify]\nsummary-at = 7 o'clock\n", /a time of day as HH:MM/],
  ["[notify]\nsummary-at = 24:00\n", /a time of day as HH:MM/],
  ["[notify]\nmail-to = a@x.example; b@x.example\n", /e-mail addresses separated by commas or blanks/],
  ["[notify]\nwebhook-url = chat.example.org\n", /an address that begins with https/],
  ["[notify]\nwebhook-url = https://user:secret@chat.example.org/\n", /an address that begins with https/],
  [
    "[notify]\nwebhook-url = http://chat.example.org/hooks\n",
    /^\[notify\]: webhook: http:\/\/chat\.example\.org would send/,
  ],
  [
    "[notify]\nwebhook-url = https://c.example/\nwebhook-ca-file = no.pem\n",
    /webhook-ca-file = .*no\.pem does not exist/,
  ],
])("what cannot be used is told at the start: %j", (conf, sentence) => {
  const opened = (): unknown => open(conf);
  expect(opened).toThrow(ConfigError);
  expect(opened).toThrow(sentence);
});

test("a header file that is not there is told at the start, before a line would need it", () => {
  const conf = "[notify]\nwebhook-header-file = no-header\n";
  expect(fileSentences(settingsOf(conf))).toEqual([]);
  expect(fileSentences(settingsOf(`${conf}webhook-url = https://chat.example.org/\n`))).toEqual([
    expect.stringMatching(/^\[notify\] webhook-header-file = \S+no-header does not exist: needed by the webhook\.$/),
  ]);
});
