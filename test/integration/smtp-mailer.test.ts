import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { AccessDeniedError, UnavailableError } from "../../src/controller/ports/call.ts";
import type { Mail, MailSession } from "../../src/controller/ports/mail.ts";
import { type SmtpSink, type SmtpSinkOptions, startSmtpSink } from "../../src/sandbox/smtp-sink.ts";
import { createSmtpMailer, type SmtpMailerOptions } from "../../src/services/mail/smtp-mailer.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ROOT } from "../support/peers/real-peers.ts";

const tlsFile = (name: string): string => readFileSync(join(ROOT, "test/support/tls", name), "utf8");
const KEY = { key: tlsFile("server.key"), cert: tlsFile("server.pem") };
const NOW = Date.UTC(2026, 2, 1, 12);

const mailTo = (to: string, changes: Partial<Mail> = {}): Mail => ({
  from: "franklin@beamline.example",
  to,
  subject: "Ihre Daten für 2026-03",
  text: "Data link: https://data.example/\n.\nfrom the beamline\n",
  messageId: `${to.replace("@", ".")}@beamline.example`,
  ...changes,
});

async function sink(options: Partial<SmtpSinkOptions> = {}): Promise<SmtpSink> {
  const started = await startSmtpSink({ clock: systemClock, ...options });
  onTestFinished(() => started.close());
  return started;
}
function open(
  server: Pick<SmtpSink, "host" | "port">,
  changes: Partial<SmtpMailerOptions> = {},
  signal?: AbortSignal,
): Promise<MailSession> {
  const mailer = createSmtpMailer({
    host: server.host,
    port: server.port,
    security: "auto",
    login: undefined,
    authorities: undefined,
    timeoutSeconds: 10,
    clock: new FakeClock(NOW),
    ...changes,
  });
  return mailer.open({ ...(signal !== undefined && { signal }) }).then((session) => {
    onTestFinished(() => session.close());
    return session;
  });
}

test("messages go one by one over one connection, each to its own recipient", async () => {
  const server = await sink();
  const session = await open(server);
  for (const to of ["a@x.example", "b@x.example", "c@x.example"])
    await expect(session.send(mailTo(to), {})).resolves.toEqual({ accepted: true });
  expect(server.messages.map(({ from, to }) => `${from} ${to}`)).toEqual(
    ["a", "b", "c"].map((name) => `franklin@beamline.example ${name}@x.example`),
  );
  expect(server.connections).toBe(1);
});

test("a message has its own Message-ID, the clock's date, a subject in any script, and its HTML beside the text", async () => {
  const server = await sink();
  await (await open(server)).send(mailTo("a@x.example", { html: "<p>Hello</p>" }), {});
  const { source = "" } = server.messages[0] ?? {};
  expect(source).toContain("Message-ID: <a.x.example@beamline.example>\r\n");
  expect(source).toContain("Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n");
  expect(source).toMatch(/^Subject: =\?UTF-8\?Q\?Ihre_Daten_f=C3=BCr_2026-03\?=\r$/m);
  expect(source).toMatch(/^To: a@x\.example\r$/m);
  expect(source).toMatch(
    /Content-Type: multipart\/alternative[^]*text\/plain[^]*Data link: [^]*\r\n\.\r\nfrom[^]*text\/html[^]*<p>Hello<\/p>/,
  );
});

test("a recipient that is refused is an answer in the server's words, and the next one is mailed over the same connection", async () => {
  const server = await sink();
  server.misbehave({
    refuse: {
      "b@x.example": { code: 550, words: "no such user" },
      "c@x.example": { code: 451, words: "try again later" },
    },
  });
  const session = await open(server);
  await expect(session.send(mailTo("b@x.example"), {})).resolves.toEqual({
    accepted: false,
    reason: "550 no such user",
  });
  await expect(session.send(mailTo("c@x.example"), {})).resolves.toEqual({
    accepted: false,
    reason: "451 try again later",
  });
  await expect(session.send(mailTo("a@x.example"), {})).resolves.toEqual({ accepted: true });
  expect(server.connections).toBe(1);
});

test("a text that is refused is an answer, too", async () => {
  const server = await sink();
  server.misbehave({ refuseText: { code: 554, words: "looks like spam" } });
  await expect((await open(server)).send(mailTo("a@x.example"), {})).resolves.toEqual({
    accepted: false,
    reason: "554 looks like spam",
  });
});

test.each([
  ["before the text is asked for", "envelope", false],
  ["when the text is there", "text", true],
] as const)(
  "a connection that drops %s tells whether the message may have been taken",
  async (_when, when, mayHaveHappened) => {
    const server = await sink();
    server.misbehave({ drop: { after: 1, when } });
    const session = await open(server);
    await session.send(mailTo("a@x.example"), {});
    const error = await failureOf(session.send(mailTo("b@x.example"), {}), UnavailableError);
    expect(error.mayHaveHappened).toBe(mayHaveHappened);
    expect(error.message).toMatch(
      /^The mail server 127\.0\.0\.1:\d+ gave no answer about the message to b@x\.example: /,
    );
  },
);

test("a message after the connection has dropped certainly did not go", async () => {
  const server = await sink();
  server.misbehave({ drop: { after: 0, when: "text" } });
  const session = await open(server);
  await failureOf(session.send(mailTo("a@x.example"), {}), UnavailableError);
  expect((await failureOf(session.send(mailTo("b@x.example"), {}), UnavailableError)).mayHaveHappened).toBe(false);
});

test("an answer to a text that comes late is waited for, longer than a connection is", async () => {
  const clock = new FakeClock(NOW);
  const server = await sink({ clock });
  server.misbehave({ slowSeconds: 599 });
  const session = await open(server, { timeoutSeconds: 60, clock });
  const sending = session.send(mailTo("a@x.example"), {});
  await server.whenRead(1);
  clock.advance(599);
  await expect(sending).resolves.toEqual({ accepted: true });
});

test("an answer to a text that does not come leaves open whether the message was taken, and an abort ends nothing earlier", async () => {
  const clock = new FakeClock(NOW);
  const server = await sink();
  server.misbehave({ hold: true });
  const session = await open(server, { timeoutSeconds: 60, clock });
  const abort = new AbortController();
  const sending = failureOf(session.send(mailTo("a@x.example"), { signal: abort.signal }), UnavailableError);
  await server.whenRead(1);
  abort.abort(new ActionError("stopped"));
  clock.advance(600);
  await expect(sending).resolves.toMatchObject({
    mayHaveHappened: true,
    message: expect.stringMatching(
      /gave no answer about the message to a@x\.example: given up after 600 s$/,
    ) as unknown,
  });
});

/** Answers the commands of `says`; to any other it begins an answer that never ends. */
async function tricklingServer(says: Readonly<Record<string, string>>): Promise<Trickling> {
  let trickles = (): void => {};
  const trickling = new Promise<void>((resolve) => {
    trickles = resolve;
  });
  let gone = (): void => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", gone);
    socket.write("220 mail.example\r\n");
    socket.on("data", (bytes) => {
      const answer = says[bytes.toString().slice(0, 4)];
      if (answer !== undefined) return void socket.write(`${answer}\r\n`);
      const timer = setInterval(() => socket.write("250-wait\r\n"), 5);
      socket.on("close", () => clearInterval(timer));
      trickles();
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => void listener.close());
  return { host: "127.0.0.1", port: (listener.address() as AddressInfo).port, trickling, closed };
}
interface Trickling {
  readonly host: string;
  readonly port: number;
  readonly trickling: Promise<void>;
  /** The client's connection is gone. */
  readonly closed: Promise<void>;
}

test("a server that never ends its answer to our greeting is given up, and the connection closed", async () => {
  const clock = new FakeClock(NOW);
  const server = await tricklingServer({});
  const opening = failureOf(open(server, { timeoutSeconds: 60, clock }), UnavailableError);
  await server.trickling;
  clock.advance(60);
  expect((await opening).message).toMatch(
    /^The mail server 127\.0\.0\.1:\d+ cannot be used: given up after 60 s; it is smtp-host/,
  );
  await server.closed;
});

test("a server that never ends its answer to the sender is given up, and certainly took nothing", async () => {
  const clock = new FakeClock(NOW);
  const server = await tricklingServer({ EHLO: "250 mail.example" });
  const session = await open(server, { timeoutSeconds: 60, clock });
  const sending = failureOf(session.send(mailTo("a@x.example"), {}), UnavailableError);
  await server.trickling;
  clock.advance(60);
  expect((await sending).mayHaveHappened).toBe(false);
  await server.closed;
});

test("a step that ends in time leaves no timer", async () => {
  const clock = new FakeClock(NOW);
  const session = await open(await sink(), { clock });
  await session.send(mailTo("a@x.example"), {});
  expect(clock.pending).toBe(0);
});

test("an abort while the login is read, or the message composed, sends nothing", async () => {
  const server = await sink();
  const session = await open(server);
  const composing = new AbortController();
  const sending = session.send(mailTo("a@x.example"), { signal: composing.signal });
  composing.abort(new ActionError("stopped"));
  await expect(sending).rejects.toThrow("stopped");
  const reading = new AbortController();
  const login = { file: await loginFile("beamline|secret") };
  const opening = open(server, { login }, reading.signal);
  reading.abort(new ActionError("stopped"));
  await expect(opening).rejects.toThrow("stopped");
  expect(server.read).toEqual([]);
  expect(server.connections).toBe(1);
});

test("an abort does not cut off a message that is under way", async () => {
  const clock = new FakeClock(NOW);
  const server = await sink({ clock });
  server.misbehave({ slowSeconds: 20 });
  const session = await open(server);
  const abort = new AbortController();
  const sending = session.send(mailTo("a@x.example"), { signal: abort.signal });
  await server.whenRead(1);
  abort.abort(new ActionError("stopped"));
  clock.advance(20);
  await expect(sending).resolves.toEqual({ accepted: true });
  await expect(session.send(mailTo("b@x.example"), { signal: abort.signal })).rejects.toThrow("stopped");
  expect(server.read).toEqual(["a@x.example"]);
});

test("a server that is not there, or turns us away, is named with what it said", async () => {
  const server = await sink();
  server.misbehave({ down: true });
  await expect(failureOf(open(server), UnavailableError)).resolves.toMatchObject({
    message: expect.stringMatching(
      /^The mail server 127\.0\.0\.1:\d+ cannot be used: .*421 .*service not available.*; it is smtp-host and smtp-port in the \[email\] section of globus\.conf$/,
    ) as unknown,
  });
  await server.close();
  await expect(failureOf(open(server), UnavailableError)).resolves.toMatchObject({
    message: expect.stringMatching(/cannot be used: .*ECONNREFUSED/) as unknown,
  });
});

test("TLS is used where it is offered, and checked against the authorities that are given", async () => {
  const server = await sink({ tls: KEY });
  await (await open(server)).send(mailTo("a@x.example"), {});
  await (await open(server, { security: "starttls", authorities: tlsFile("ca.pem") })).send(mailTo("b@x.example"), {});
  await (await open(server, { security: "none" })).send(mailTo("c@x.example"), {});
  expect(server.messages.map(({ isEncrypted }) => isEncrypted)).toEqual([true, true, false]);
});

test("a certificate of an unknown authority is refused where TLS is wanted", async () => {
  const server = await sink({ tls: KEY });
  await expect(failureOf(open(server, { security: "starttls" }), UnavailableError)).resolves.toMatchObject({
    message: expect.stringMatching(/cannot be used: .*(certificate|issuer)/i) as unknown,
  });
});

test("a certificate of an unknown authority is refused also where the environment tells Node not to look", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = await sink({ tls: KEY });
  await expect(failureOf(open(server, { security: "starttls" }), UnavailableError)).resolves.toMatchObject({
    message: expect.stringMatching(/cannot be used: .*(certificate|issuer)/i) as unknown,
  });
});

test("starttls with a server that has none sends nothing", async () => {
  const server = await sink();
  await failureOf(open(server, { security: "starttls" }), UnavailableError);
  expect(server.messages).toEqual([]);
});

test("tls speaks TLS from the first byte", async () => {
  const server = await sink({ tls: { ...KEY, fromTheFirstByte: true } });
  await (await open(server, { security: "tls", authorities: tlsFile("ca.pem") })).send(mailTo("a@x.example"), {});
  expect(server.messages[0]?.isEncrypted).toBe(true);
});

async function loginFile(line: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mail-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "login"), `${line}\n`);
  await chmod(join(folder, "login"), 0o600);
  return join(folder, "login");
}

test("the login of the file is used, and a wrong one is refused without the password in the sentence", async () => {
  const server = await sink({ needsLogin: true, tls: KEY });
  const { username = "", password = "" } = server.login ?? {};
  const authorities = tlsFile("ca.pem");
  const session = await open(server, { authorities, login: { file: await loginFile(`${username}|${password}`) } });
  await expect(session.send(mailTo("a@x.example"), {})).resolves.toEqual({ accepted: true });
  const error = await failureOf(
    open(server, { authorities, login: { username, password: "Invalid username" } }),
    AccessDeniedError,
  );
  expect(error.message).toMatch(/does not accept the login of smtp-login-file .*: 535 /);
  expect(error.message).not.toContain("Invalid username");
});

test("a server that wants a login refuses each recipient of a session without one", async () => {
  const server = await sink({ needsLogin: true });
  const answer = await (await open(server)).send(mailTo("a@x.example"), {});
  expect(answer).toMatchObject({ accepted: false, reason: expect.stringMatching(/^530 /) as unknown });
});

test("a password goes without encryption to this machine alone", async () => {
  const server = await sink({ needsLogin: true });
  const login = server.login;
  const session = await open(server, { login });
  await expect(session.send(mailTo("a@x.example"), {})).resolves.toEqual({ accepted: true });
  expect(server.messages.map(({ isEncrypted }) => isEncrypted)).toEqual([false]);
  // Another name of this machine, which the program cannot know to be this machine.
  const error = await failureOf(open({ host: "0.0.0.0", port: server.port }, { login }), ActionError);
  expect(error.message).toMatch(/^The mail server 0\.0\.0\.0:\d+ offers no encryption, and the password/);
});
