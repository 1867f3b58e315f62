/**
 * What has no default because it belongs to a beamline, a person or a facility: who needs it is listed, and a command
 * without it is refused by name.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSite } from "../../src/assemble/site.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { fileSentences, missingSentence, missingSettings, refusal } from "../../src/config/needs.ts";
import type { Settings } from "../../src/config/settings.ts";
import { COMMAND_NAMES, type CommandName, type FreeCommand } from "../../src/controller/pvs/commands.ts";
import { actionOf } from "../../src/controller/run/perform.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const ROOT = join(import.meta.dirname, "../..");
const settingsOf = (text: string): Settings => parseConfig(text, "/site/globus.conf", "/home/op");
const sentences = (text: string): readonly string[] => missingSettings(settingsOf(text)).map(missingSentence);

const COMPLETE = `
[epics]
ioc-prefix = 99id:
[scheduling]
beamline = 99-ID-A
url = https://schedule.example.org
[globus]
experiment-type = 99ID
primary-beamline-contact-badge = 111111
primary-beamline-contact-email = contact@example.org
globus-message-file = message.html
[local]
detector = detector.example.org
detector-user-name = user99id
detector-top-dir = /data
analysis = analysis.example.org
analysis-user-name = user99id
analysis-top-dir = /data
[email]
smtp-host = mail.example.org
[dm]
setup-file = /opt/dm/etc/dm.setup.sh
[server storage]
uuid = 00000000-0000-0000-0000-000000000000
`;

test("a complete file lacks nothing", () => {
  expect(sentences(COMPLETE), "a setting that src/config/needs.ts asks for stands in COMPLETE of this test").toEqual(
    [],
  );
});

test("an empty file is told what it lacks, each setting with the commands that need it", () => {
  expect(sentences("")).toMatchInlineSnapshot(`
    [
      "[epics] ioc-prefix is not set: needed by Tag, TagManual, Init, Dirs, AddUser, RemoveUser, ListUsers, PreviewEmail, Email, StartDaq, StopDaq, Upload and Delete.",
      "[scheduling] beamline and url are not set: needed by Tag, TagManual, Init, PreviewEmail and Email.",
      "[dm] station, ds-url and login-file are not set: needed by Init, TagManual, CreateManual, AddUser, RemoveUser, ListUsers, PreviewEmail, Email, StartDaq, StopDaq, Upload, ListEsafs and Delete.",
      "[dm] daq-url is not set: needed by StartDaq, StopDaq and Upload.",
      "[dm] proc-url is not set: needed by WorkflowRun, WorkflowMonitor and WorkflowCancel.",
      "[dm] aps-db-url is not set: needed by ListEsafs.",
      "[globus] experiment-type and primary-beamline-contact-badge are not set: needed by Init and CreateManual.",
      "[server voyager] uuid is not set: needed by PreviewEmail and Email.",
      "[local] detector, detector-user-name, detector-top-dir, analysis, analysis-user-name and analysis-top-dir are not set: needed by Dirs.",
      "[local] data-host and data-top-dir are not set: needed by StartDaq and Upload.",
      "[globus] globus-message-file is not set: needed by PreviewEmail and Email.",
      "[globus] primary-beamline-contact-email is not set: needed by PreviewEmail and Email.",
      "[email] smtp-host is not set: needed by Email.",
    ]
  `);
});

test("what only a chosen Globus collection lacks is told of it, and not of one that nobody chose", () => {
  expect(sentences("").join()).not.toContain("petrel");
  expect(sentences("[globus]\nglobus-server-name = petrel\n")).toMatchInlineSnapshot(`
    [
      "[epics] ioc-prefix is not set: needed by Tag, TagManual, Init, Dirs, AddUser, RemoveUser, ListUsers, PreviewEmail, Email, StartDaq, StopDaq, Upload and Delete.",
      "[scheduling] beamline and url are not set: needed by Tag, TagManual, Init, PreviewEmail and Email.",
      "[globus-auth] client-id is not set: needed by Init, CreateManual, AddUser, RemoveUser, ListUsers and Email.",
      "[server petrel] uuid is not set: needed by Init, CreateManual, AddUser, RemoveUser, ListUsers, PreviewEmail and Email.",
      "[local] detector, detector-user-name, detector-top-dir, analysis, analysis-user-name and analysis-top-dir are not set: needed by Dirs.",
      "[globus] globus-message-file is not set: needed by PreviewEmail and Email.",
      "[globus] primary-beamline-contact-email is not set: needed by PreviewEmail and Email.",
      "[email] smtp-host is not set: needed by Email.",
    ]
  `);
});

test.each([
  ["beamline = 99-ID-A\nurl = https://schedule.example.org\n", "[scheduling]\nschedule-file = schedule.yaml\n"],
  ["primary-beamline-contact-email = contact@example.org\n", "[email]\nfrom = contact@example.org\n"],
])("what does as well as %j is not asked for twice", (own, instead) => {
  const [section] = instead.split("\n");
  expect(sentences(COMPLETE.replace(own, "").replace(`${section}\n`, instead))).toEqual([]);
});

test("a Globus collection asks for its own, and for nothing of Data Management", () => {
  const text = COMPLETE.replace(/\[dm\][^]*/, "[server shared]\nkind = globus\n").replace(
    "experiment-type = 99ID\n",
    "",
  );
  expect(sentences(text)).toEqual([
    "[globus-auth] client-id is not set: needed by Init, CreateManual, AddUser, RemoveUser, ListUsers and Email.",
    "[server shared] uuid is not set: needed by Init, CreateManual, AddUser, RemoveUser, ListUsers, PreviewEmail and Email.",
  ]);
});

test("every setting that a complete file has to have stands in the shipped globus.conf, to be filled in", () => {
  const shipped = readFileSync(join(ROOT, "iocBoot/iocGlobus/globus.conf"), "utf8");
  const filled = settingsOf(shipped.replace(/^# (?=\[|[a-z-]+ = )/gm, ""));
  expect(missingSettings(filled), "each is a line of iocBoot/iocGlobus/globus.conf, behind # with an example").toEqual(
    [],
  );
  for (const { keys } of missingSettings(settingsOf("")))
    for (const key of keys) expect(shipped).toContain(`${key} = `);
});

test.each(COMMAND_NAMES.filter((name) => refusal(settingsOf(""), name, "dm") !== undefined))(
  "%s is refused before it does anything, and in a dry run, with each setting and its section",
  async (name: CommandName) => {
    const site = openSite({
      settings: settingsOf("[general]\nlog-directory =\n"),
      environment: { HOME: "/nowhere" },
      user: "op",
      host: "station1",
      clock: new FakeClock(),
      log: silentLog,
    });
    const action = actionOf(site, site.servers[0], name as FreeCommand);
    const sentence = new RegExp(
      `^${name} needs .* in the \\[\\w+\\] section.* of globus\\.conf, which (is|are) not set\\.$`,
    );
    const request = { input: () => "" };
    expect(() => action.plan(request)).toThrow(sentence);
    const context = { ...request, signal: new AbortController().signal, publish: () => {}, say: () => {} };
    await expect(action.run(context)).rejects.toThrow(sentence);
    await site.close();
  },
);

test("a file that is named and cannot be read is told, with the commands that need it", () => {
  const all = fileSentences(
    settingsOf(COMPLETE.replace("setup-file = /opt/dm/etc/dm.setup.sh", "login-file = /nowhere/login")),
  );
  expect(all).toContain(
    "[globus] globus-message-file = /site/message.html does not exist: needed by PreviewEmail and Email.",
  );
  expect(all.map((one) => one.split(" = ")[0])).toEqual([
    "[globus] globus-message-file",
    "[scheduling] credentials",
    "[dm] login-file",
    "[ssh] identity-file",
    "[ssh] known-hosts-file",
  ]);
  expect(fileSentences(settingsOf(""))).toEqual([]);
  const tape = "[destination tape]\nkind = ssh\nhost = tape.example.org\nuser = beamline\ntop = /archive\n";
  expect(fileSentences(settingsOf(`${tape}[ssh]\nidentity-file =\nknown-hosts-file = /nowhere/known_hosts`))).toEqual([
    "[ssh] known-hosts-file = /nowhere/known_hosts does not exist: needed by the destination tape.",
  ]);
});

test("a file of an endpoint that is not there is told with who needs it", () => {
  expect(fileSentences(settingsOf("[compute]\nendpoint-config = /none/config.json"))).toEqual([
    "[compute] endpoint-config = /none/config.json does not exist: needed by Globus Compute.",
  ]);
});
