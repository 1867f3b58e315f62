/** The webhook against real servers on loopback, hostile ones too; the relay of docs/notify.md against a catalogue. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import type { Webhook } from "../../src/controller/ports/webhook.ts";
import { createWebhook, type WebhookOptions } from "../../src/services/webhook.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { freePort, inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { needPeers, ROOT } from "../support/peers/real-peers.ts";
import { spawnPeer } from "../support/peers/spawn-peer.ts";

const LINE = '{"event":"transfer"}';

interface Site {
  readonly url: string;
  readonly requests: { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[];
}

/** @param answer called when the whole request has come */
async function serve(answer: (response: ServerResponse) => void): Promise<Site> {
  const requests: Site["requests"] = [];
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      requests.push({ url: request.url ?? "", headers: request.headers, body });
      answer(response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(() => closed()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

const withStatus =
  (status: number, body = "", headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

function webhook(url: string, changes: Partial<WebhookOptions> = {}): Webhook {
  const made = createWebhook({ url, timeoutSeconds: 30, clock: new FakeClock(), ...changes });
  onTestFinished(() => made.close());
  return made;
}

function headerFile(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "webhook-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "header");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test("a line is posted as JSON, to the whole address, with the header of the file as it is then", async () => {
  const site = await serve(withStatus(204));
  const file = headerFile("Authorization: Bearer first-token\n");
  const told = webhook(`${site.url}/hooks/a?sig=b%20c`, { headerFile: file });
  await expect(told.tell(LINE, {})).resolves.toEqual({ state: "taken" });
  writeFileSync(file, "X-Token:second-token");
  await told.tell(LINE, {});
  expect(site.requests.map(({ url, body }) => [url, body])).toEqual([
    ["/hooks/a?sig=b%20c", LINE],
    ["/hooks/a?sig=b%20c", LINE],
  ]);
  expect(site.requests[0]?.headers).toMatchObject({
    "content-type": "application/json",
    authorization: "Bearer first-token",
  });
  expect(site.requests[1]?.headers).toMatchObject({ "x-token": "second-token" });
  expect(site.requests[1]?.headers).not.toHaveProperty("authorization");
});

describe("has taken the line with a status of 2xx, and an answer that", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["is a web page", withStatus(200, "<!DOCTYPE html><title>x</title>", { "content-type": "text/html" })],
    ["is huge", (response) => void response.writeHead(200).end(Buffer.alloc(4 * 1024 * 1024, "x"))],
    [
      "is cut",
      (response) => void response.writeHead(200, { "content-length": "100" }).write("x", () => response.destroy()),
    ],
  ])("%s", async (_, answer) => {
    const site = await serve(answer);
    await expect(webhook(site.url).tell(LINE, {})).resolves.toEqual({ state: "taken" });
  });

  test("never ends", async () => {
    const clock = new FakeClock();
    const site = await serve((response) => {
      response.writeHead(200).write("x", () => {
        // It is in our own socket now: the event loop brings it to the webhook in its next turn.
        turns(10)
          .then(() => clock.advance(60))
          .catch(() => {});
      });
    });
    await expect(webhook(site.url, { clock }).tell(LINE, {})).resolves.toEqual({ state: "taken" });
  });
});

describe("the line goes again later", () => {
  test.each<[string, (response: ServerResponse) => void, string]>([
    ["502 with a page", withStatus(502, "<html>Bad gateway</html>"), "status 502 with an HTML page"],
    ["401", withStatus(401, "who are you?"), 'status 401 with "who are you?"'],
    ["404", withStatus(404), "status 404 with an empty body"],
    ["a cut before the status", (response) => void response.destroy(), "the connection broke before an answer"],
  ])("after %s", async (_, answer, reason) => {
    const site = await serve(answer);
    const told = await webhook(`${site.url}/hooks/secret-of-the-site`).tell(LINE, {});
    expect(told).toEqual({ state: "later", reason: expect.stringContaining(reason) as unknown });
    expect(JSON.stringify(told)).toContain(`webhook (${site.url.slice("http://".length)}), POST webhook-url: `);
  });

  test.each([429, 503])("when status %i says when", async (status) => {
    const site = await serve(withStatus(status, "busy", { "retry-after": "120" }));
    const told = await webhook(site.url).tell(LINE, {});
    expect(told).toMatchObject({ state: "later", afterSeconds: 120 });
  });

  test("when no status comes in time", async () => {
    const clock = new FakeClock();
    const site = await serve(() => clock.advance(60));
    const told = await webhook(site.url, { clock }).tell(LINE, {});
    expect(told).toMatchObject({ state: "later", reason: expect.stringContaining("no answer within 30 s") as unknown });
  });

  test("when nobody listens, or somebody who speaks no HTTP", async () => {
    const closed = await webhook(`http://127.0.0.1:${await freePort()}`).tell(LINE, {});
    expect(closed).toMatchObject({ state: "later", reason: expect.stringContaining("connection refused") as unknown });
    const server = createTcpServer((socket) => void socket.on("error", () => {}).end("220 mail.example ESMTP\r\n"));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const mail = await webhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).tell(LINE, {});
    expect(mail).toMatchObject({ state: "later", reason: expect.stringContaining("the connection broke") as unknown });
  });
});

test("a redirection is not followed, wherever it leads", async () => {
  const other = await serve(withStatus(200));
  const site = await serve(withStatus(302, "", { location: other.url }));
  const told = await webhook(site.url).tell(LINE, {});
  expect(told).toMatchObject({
    state: "later",
    reason: expect.stringContaining("set webhook-url to where") as unknown,
  });
  expect(other.requests).toEqual([]);
});

test.each([400, 409, 413, 422])("status %i refuses the line", async (status) => {
  const site = await serve(withStatus(status, "no such sample"));
  const told = await webhook(site.url).tell(LINE, {});
  expect(told).toEqual({
    state: "refused",
    reason: expect.stringContaining(`status ${status} with "no such sample"`) as unknown,
  });
});

test("neither the header nor the address gets into a sentence, though the service repeats them", async () => {
  const site = await serve(withStatus(422, "Bearer very-secret-token at /hooks/secret-path?sig=secret-query"));
  const file = headerFile("Authorization: Bearer very-secret-token");
  const told = await webhook(`${site.url}/hooks/secret-path?sig=secret-query`, { headerFile: file }).tell(LINE, {});
  expect(JSON.stringify(told)).not.toMatch(/very-secret-token|secret-path|secret-query/);
});

test.each<[string, string, number, string]>([
  ["open to others", "A: b", 0o644, "has mode 0644"],
  ["two lines", "A: b\nC: d", 0o600, "must hold one line"],
  ["no header", "token", 0o600, "must hold one line"],
  ["a header of HTTP's", "Content-Length: 5", 0o600, "may not set the header Content-Length"],
])("nothing is sent where the header file is %s", async (_, text, mode, problem) => {
  const site = await serve(withStatus(200));
  const told = webhook(site.url, { headerFile: headerFile(text, mode) }).tell(LINE, {});
  const { message } = await failureOf(told, ActionError);
  expect(message).toContain(problem);
  expect(site.requests).toEqual([]);
});

test("an address that others could read along is refused, without its secret", () => {
  const make = (): unknown => webhook("http://chat.example.org/hooks/secret-path");
  expect(make).toThrow("webhook: http://chat.example.org would send");
  expect(make).not.toThrow("secret-path");
});

describe.skipIf(needPeers("python3").missing)("the relay of docs/notify.md", () => {
  const [, script = ""] = /```python\n([^]*?)```/.exec(readFileSync(join(ROOT, "docs/notify.md"), "utf8")) ?? [];

  test("makes a dataset of each scan that is proven, hands the catalogue's status back, and takes the other lines", async () => {
    let status = 201;
    const catalogue = await serve((response) => withStatus(status)(response));
    const port = await freePort();
    const program = script
      .replace(").serve_forever()", ");\nserver.serve_forever()")
      .replace("HTTPServer((", "server = HTTPServer((");
    const relay = await spawnPeer(
      "python3",
      ["-u", "-c", program.replace("server.serve", 'print("ready"); server.serve')],
      {
        env: {
          ...inheritedEnvironment(),
          PORT: String(port),
          SCICAT_URL: catalogue.url,
          SCICAT_TOKEN: "token",
          BEAMLINE: "/APS/2-BM",
          OWNER: "2bm",
          CONTACT: "anne@x.example",
        },
        line: /ready/,
      },
    );
    onTestFinished(async () => void (await relay.stop()));
    const told = webhook(`http://127.0.0.1:${port}/`);
    const scan = {
      event: "scan",
      state: "verified",
      scan: "a1",
      id: "id1",
      file: "/data/2026-03/a1.h5",
      time: "2026-03-01T06:00:07-06:00",
      experiment: "2026-03-Levy-1014288",
      bytes: 1000,
      files: 2,
      destinations: ["archive"],
    };
    await expect(told.tell(JSON.stringify({ ...scan, event: "transfer" }), {})).resolves.toEqual({ state: "taken" });
    expect(catalogue.requests).toEqual([]);
    await expect(told.tell(JSON.stringify(scan), {})).resolves.toEqual({ state: "taken" });
    const [asked] = catalogue.requests;
    expect([asked?.url, asked?.headers.authorization]).toEqual(["/api/v3/datasets", "Bearer token"]);
    expect(JSON.parse(asked?.body ?? "")).toMatchObject({
      type: "raw",
      datasetName: "a1",
      sourceFolder: "/data/2026-03",
      size: 1000,
    });
    status = 503;
    await expect(told.tell(JSON.stringify(scan), {})).resolves.toMatchObject({ state: "later" });
  });
});
