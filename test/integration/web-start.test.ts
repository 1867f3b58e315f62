/** How the web page starts by its settings: where it listens, what it tells and to whom, and what it does without. */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { startWeb } from "../../src/assemble/web.ts";
import { Listeners } from "../../src/base/listeners.ts";
import { createLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { FakeWebPvs } from "../support/fakes/fake-web-pvs.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "web-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Starts the page on fakes. @param web lines of the [web] section */
async function started(web: string, { isKept = false, folder = newFolder() } = {}) {
  const told: string[] = [];
  const logged: string[] = [];
  const file = join(folder, "globus.conf");
  const close = await startWeb({
    settings: parseConfig(`[ledger]\npath = ${join(folder, "state")}\n[web]\n${web}\n`, file, folder),
    environment: {},
    pvs: new FakeWebPvs(),
    prefix: "t:Globus:",
    version: "0.0.0",
    host: "ioc1.example.org",
    commandEnds: new Listeners(),
    iocFigures: () => undefined,
    clock: new FakeClock(),
    log: createLog("web", (line) => logged.push(line)),
    starter: { tell: (line) => told.push(line), isKept },
  });
  let isClosed = false;
  const closeOnce = async (): Promise<void> => {
    if (!isClosed) await close();
    isClosed = true;
  };
  onTestFinished(closeOnce);
  const url = /http:\S+(?=\/)/.exec(told.join("\n"))?.[0] ?? "";
  return { told, logged, folder, close: closeOnce, url };
}

test("who starts the IOC is told the address and the token, and the log nothing", async () => {
  const { told, logged, url } = await started("port = 0");
  expect(told).toEqual([
    expect.stringMatching(/^The page of t:Globus: in a browser: http:\/\/127\.0\.0\.1:\d+\/$/),
    expect.stringMatching(/^Who writes there enters this token, named start, until the IOC ends: [\w-]{32}$/),
  ]);
  expect(logged).toEqual([]);
  const { statusCode, body } = await request(url);
  expect(statusCode).toBe(200);
  await body.dump();
});

test("where what is told is kept, the token is in a private file until the end", async () => {
  const { told, folder, close, url } = await started("port = 0", { isKept: true });
  const file = join(folder, "state", "web-token-t%3AGlobus%3A");
  expect(told[1]).toBe(`Who writes there enters the token in ${file}, named start, until the IOC ends.`);
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  const token = readFileSync(file, "utf8").trim();
  expect(told.join("\n")).not.toContain(token);
  const { body } = await request(`${url}/api/session`, { headers: { authorization: `Bearer ${token}` } });
  expect(await body.json()).toEqual({ canRead: true, canWrite: true, name: "start" });
  await close();
  expect(existsSync(file)).toBe(false);
});

test("with a file of tokens none is made, and the file beside globus.conf is found", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "tokens"), "alpha alpha-has-this-token\n", { mode: 0o600 });
  const { told } = await started("port = 0\ntokens-file = tokens", { folder });
  expect(told[1]).toBe(`Who writes there enters a token of ${join(folder, "tokens")}.`);
});

test("a file of tokens that others can read is told once, and nobody writes", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "tokens"), "alpha alpha-has-this-token\n", { mode: 0o644 });
  const { told, logged } = await started("port = 0\ntokens-file = tokens", { folder });
  expect(told).toHaveLength(1);
  expect(logged).toEqual([expect.stringMatching(/has mode 0644.*Until then nobody can write/)]);
});

test("a port that is taken is one line in the log, and the IOC does without the page", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const { told, logged, folder } = await started(`port = ${port}`, { isKept: true });
  expect(told).toEqual([]);
  expect(logged).toEqual([
    `warn: web: There is no web page: port ${port} of 127.0.0.1 is taken; set another port in the [web] section of globus.conf, or 0 for any.`,
  ]);
  expect(existsSync(join(folder, "state"))).toBe(false);
});

test("an address that this host does not have is one line in the log", async () => {
  const { logged } = await started("port = 0\naddress = 192.0.2.1");
  expect(logged).toEqual([
    "warn: web: There is no web page: 192.0.2.1 is no address of this host; correct address in the [web] section of globus.conf.",
  ]);
});

test("an address that other hosts reach says that TLS belongs in front of it, and asks for a token to read", async () => {
  const { logged, url } = await started("port = 0\naddress = 0.0.0.0");
  expect(url).toMatch(/^http:\/\/ioc1\.example\.org:\d+$/);
  expect(logged).toEqual([
    expect.stringMatching(/is not this host's loopback: .* put a proxy with TLS in front of it/),
  ]);
  const local = url.replace("ioc1.example.org", "127.0.0.1");
  for (const [host, status] of [
    ["ioc1.example.org", 401],
    ["IOC1:8642", 401],
    ["other.example.org", 403],
  ] as const) {
    const { statusCode, body } = await request(`${local}/api/model`, { headers: { host } });
    expect(statusCode).toBe(status);
    await body.dump();
  }
});
