/**
 * The web server on real sockets, with fakes behind it: clients that are silent, slow, too many, or gone, and the end.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as fc from "fast-check";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { WEB_LIMITS, type WebLimits } from "../../src/web/limits.ts";
import { startWebServer } from "../../src/web/server.ts";
import { readPrometheus } from "../support/prometheus.ts";
import { TOKEN, webAppOn } from "../support/web-app.ts";

async function serverOn(limits: Partial<WebLimits> = {}, address = "127.0.0.1") {
  const all = { ...WEB_LIMITS, ...limits };
  const { app, pvs, clock } = webAppOn({ limits: all });
  const server = await startWebServer({ app, address, port: 0, limits: all });
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) await server.close();
    isClosed = true;
  };
  onTestFinished(close);
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${server.port}`;
  const metric = async (name: string): Promise<number | undefined> => {
    clock.advance(1); // one request a second is never too often
    const { body } = await request(`${url}/metrics`);
    return readPrometheus(await body.text()).find((one) => one.name === name)?.value;
  };
  return { pvs, clock, close, url, port: server.port, metric };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {}); // told as the end
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** All that the server says until it closes the connection. */
async function saidUntilClosed(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  if (!socket.closed) await once(socket, "close");
  return text;
}

const EVENTS = "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

test.each<[string, string]>([
  ["says nothing", ""],
  ["does not end its headers", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n"],
  [
    "does not send the body that it has announced",
    `POST /api/put HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
  ],
  ["rests after an answer", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
])("a client that %s is left", async (_, text) => {
  const { port, pvs } = await serverOn({ headerSeconds: 0.2, requestSeconds: 0.4, idleSeconds: 0.2 });
  const socket = await connected(port);
  socket.write(text);
  await saidUntilClosed(socket);
  expect(pvs.puts).toEqual([]);
});

test.each<[string, string, RegExp]>([
  [
    "has headers without end",
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ${"b".repeat(40_000)}\r\n\r\n`,
    /^HTTP\/1.1 431 /,
  ],
  ["is no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", /^HTTP\/1.1 400 /],
  ["names no host", "GET / HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
  ["asks for another host's tunnel", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", /^$/],
  [
    "asks another site for a page",
    "GET http://evil.example/api/model HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    /^HTTP\/1.1 403 /,
  ],
])("what %s is refused", async (_, text, answer) => {
  const { port, metric } = await serverOn();
  const socket = await connected(port);
  socket.end(text);
  expect(await saidUntilClosed(socket)).toMatch(answer);
  expect(await metric("globus_web_pages")).toBe(0);
});

test("a body that is too long is not read to its end", async () => {
  const { port, pvs } = await serverOn({ bodyBytes: 1000 });
  const socket = await connected(port);
  socket.write(
    `POST /api/put HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n${"x".repeat(0x800)}\r\n`,
  );
  expect(await saidUntilClosed(socket)).toMatch(/^HTTP\/1.1 413 /);
  expect(pvs.puts).toEqual([]);
});

test("a page that does not read is dropped, and those that read are not disturbed", async () => {
  const { port, url, pvs, clock, metric } = await serverOn({ waitingBytes: 100_000, stuckSeconds: 3600 });
  const slow = await connected(port);
  slow.pause();
  slow.write(EVENTS);
  const { body } = await request(`${url}/api/events`);
  const read = { bytes: 0 };
  body.on("data", (part: Buffer) => (read.bytes += part.byteLength)).on("error", () => {});
  const isDropped = async (): Promise<boolean> => (await metric("globus_web_dropped_pages_total")) === 1;
  let sent = 0;
  for (; !(await isDropped()); sent++) {
    pvs.post("Log", String(sent).padEnd(1_000_000, "."));
    const wanted = read.bytes + 1_000_000;
    clock.advance(1);
    while (read.bytes < wanted) await nextTurn();
  }
  expect(sent).toBeGreaterThan(1);
  expect(await metric("globus_web_pages")).toBe(1);
  body.destroy();
});

test("a page that is gone leaves nothing, however it went", async () => {
  const { port, metric } = await serverOn();
  for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
    const socket = await connected(port);
    socket.write(EVENTS);
    await once(socket, "data");
    expect(await metric("globus_web_pages")).toBe(1);
    socket[leave]();
    while ((await metric("globus_web_pages")) !== 0) await nextTurn();
  }
});

test("more pages than there is room for are told so, and find room when one is gone", async () => {
  const { url, metric } = await serverOn({ pages: 1 });
  const first = await request(`${url}/api/events`);
  const second = await request(`${url}/api/events`);
  expect([second.statusCode, second.headers["retry-after"]]).toEqual([503, "10"]);
  expect(await second.body.json()).toEqual({
    message: "Too many pages are open, 1: close one, and load this one again.",
  });
  first.body.on("error", () => {}).destroy();
  while ((await metric("globus_web_pages")) !== 0) await nextTurn();
  const third = await request(`${url}/api/events`);
  expect(third.statusCode).toBe(200);
  third.body.on("error", () => {}).destroy();
});

test("HEAD opens no stream", async () => {
  const { url, metric } = await serverOn();
  const { statusCode } = await request(`${url}/api/events`, { method: "HEAD" });
  expect([statusCode, await metric("globus_web_pages")]).toEqual([405, 0]);
});

/** Pieces of requests, of which most heaps are none. */
const PIECES = [
  "GET ",
  "POST ",
  "HEAD ",
  "/ ",
  "/api/events ",
  "/api/put ",
  "/metrics ",
  "* ",
  "/%00%ff ",
  "http://evil/ ",
  "HTTP/1.1\r\n",
  "HTTP/1.0\r\n",
  "Host: 127.0.0.1\r\n",
  "Host: a b\r\n",
  "Host: evil.example\r\n",
  "\r\n",
  "\0\xff",
  "Content-Length: 10\r\n",
  "Content-Length: -1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Upgrade: websocket\r\nConnection: Upgrade\r\n",
  "Content-Type: application/json\r\n",
  "Origin: null\r\n",
  `Authorization: Bearer ${TOKEN}\r\n`,
  "Cookie: globus-ioc-8642=%00; ;;=\r\n",
  "5\r\nhello\r\n",
  "0\r\n\r\n",
  '{"pv":"Init"',
];

test("whatever comes, and however it goes, the next request is answered, and no page is left", async () => {
  const { port, metric, pvs } = await serverOn({
    headerSeconds: 0.2,
    requestSeconds: 0.3,
    requestBurst: 10_000,
    putBurst: 10_000,
    wrongTokenBurst: 10_000,
  });
  const heaps = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 });
  const begun = fc.constantFrom("", "GET /api/events HTTP/1.1\r\n", "POST /api/put HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  const leave = fc.constantFrom("end", "destroy", "resetAndDestroy");
  await fc.assert(
    fc.asyncProperty(begun, heaps, leave, async (begin, pieces, how) => {
      const socket = await connected(port);
      socket.resume().write(`${begin}${pieces.join("")}\r\n\r\n`, "latin1");
      await nextTurn();
      socket[how]();
    }),
    { numRuns: 300 },
  );
  while ((await metric("globus_web_pages")) !== 0) await nextTurn();
  expect(pvs.puts).toEqual([]);
});

test("a connection too many is closed at once", async () => {
  const { port } = await serverOn({ connections: 2 });
  await connected(port);
  await connected(port);
  expect(await saidUntilClosed(await connected(port))).toBe("");
});

test("the end closes streams and connections at once", async () => {
  const { port, close } = await serverOn();
  const page = await connected(port);
  page.write(EVENTS);
  await once(page, "data");
  const silent = await connected(port);
  const ends = [saidUntilClosed(page), saidUntilClosed(silent)];
  await close();
  expect((await Promise.all(ends))[0]).not.toContain("HTTP/1.1 5");
  const late = connect({ host: "127.0.0.1", port });
  await expect(once(late, "connect")).rejects.toThrow("ECONNREFUSED");
});

test("over IPv6 this host is the one that access security files know", async () => {
  const { url, pvs } = await serverOn({}, "::1");
  const { statusCode } = await request(`${url}/api/put`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: '{"pv":"Init","value":1}',
  });
  expect(statusCode).toBe(200);
  expect(pvs.puts[0]?.by.host).toBe("127.0.0.1");
});
