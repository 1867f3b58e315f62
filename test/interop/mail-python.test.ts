/**
 * Our mailer before a mail server, and the simulated mail server under a client, that are both Python's: other hands,
 * other libraries.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { renderTemplate } from "../../src/controller/email/letter/template.ts";
import { startSmtpSink } from "../../src/sandbox/smtp-sink.ts";
import { createSmtpMailer } from "../../src/services/mail/smtp-mailer.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { runPythonJson, spawnPeer } from "../support/peers/spawn-peer.ts";

/** Any package of the peers' Python environment proves that it is there; the scripts use none. */
const { missing } = needPeers("caproto");

describe.skipIf(missing)("our mailer", () => {
  test("is understood by an independent mail server: headers in any script, both bodies, dots, refusals on several lines", async () => {
    await using server = await spawnPeer(PYTHON, [`${ROOT}/test/peers/mail_server.py`], { line: /^port \d+/m });
    const mailer = createSmtpMailer({
      host: "127.0.0.1",
      port: Number(/^port (\d+)/m.exec(server.stdout)?.[1]),
      security: "auto",
      login: undefined,
      authorities: undefined,
      timeoutSeconds: 10,
      clock: new FakeClock(Date.UTC(2026, 2, 1, 12)),
    });
    const template = { name: "t", text: "<p>Liebe %%ProposalTitle%%,</p>\n<p>%%DATA_LINK%%<br>.<br>Ende</p>" };
    const title = `βeta <b>${"long ".repeat(300)}`.trim();
    const values = {
      texts: new Map([["ProposalTitle", title]]),
      dataLink: "https://x.example/?a=1&b=2",
      slidesLink: "",
    };
    const body = renderTemplate(template, values);
    const session = await mailer.open({});
    const send = (to: string, number: number) =>
      session.send(
        {
          from: "f@beamline.example",
          to,
          subject: "Daten für Ω ".repeat(10).trim(),
          messageId: `${number}@b`,
          ...body,
        },
        {},
      );
    const answers = [await send("refused@x.example", 1), await send("a@x.example", 2), await send("b@x.example", 3)];
    await session.close();
    expect(answers).toEqual([
      { accepted: false, reason: "550-5.1.1 no such user 550 5.1.1 here" },
      { accepted: true },
      { accepted: true },
    ]);
    const seen = () =>
      server.stdout
        .split("\n")
        .slice(0, -1)
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    // What it prints comes by another way than its answers, and may come behind them.
    await expect.poll(() => seen().map(({ recipient }) => recipient)).toEqual(["a@x.example", "b@x.example"]);
    const messages = seen();
    expect(messages[0]).toMatchObject({
      headers: {
        From: "f@beamline.example",
        To: "a@x.example",
        Subject: "Daten für Ω ".repeat(10).trim(),
        "Message-ID": "<2@b>",
        Date: "Sun, 01 Mar 2026 12:00:00 +0000",
      },
      defects: [],
      html: body.html,
      plain: body.text,
    });
    expect(messages[0]?.["longest"]).toBeLessThan(999);
  });
});

describe.skipIf(missing)("the simulated mail server", () => {
  test("answers Python's own client: logins, refusals, and messages one after the other", async () => {
    const sink = await startSmtpSink({ clock: systemClock, needsLogin: true });
    onTestFinished(() => sink.close());
    sink.misbehave({ refuse: { "refused@x.example": { code: 550, words: "no such user" } } });
    const environment = { ...inheritedEnvironment(), MAIL_TEST_PASSWORD: sink.login?.password ?? "" };
    const args = [sink.host, String(sink.port), sink.login?.username ?? ""];
    expect(await runPythonJson("mail_client.py", args, environment)).toMatchObject({
      "without login": [530, expect.any(String)],
      "wrong password": [535, expect.any(String)],
      login: 235,
      sent: {},
      refused: [[550, "no such user"]],
      "sent after that": {},
    });
    expect(sink.messages.map(({ to }) => to)).toEqual(["b@x.example", "c@x.example"]);
    expect(sink.messages[0]?.source).toMatch(/\r\n\r\n\.\r\nText with a dot/);
  });
});
