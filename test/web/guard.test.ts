/** What every request must be: for this server, of this server's page, not too frequent, and by whom it may be made. */
import { describe, expect, test } from "vitest";
import { nextTurn } from "../../src/base/clock.ts";
import { createLog } from "../../src/base/log.ts";
import { WEB_LIMITS } from "../../src/web/limits.ts";
import { addressOf, neighbourhood } from "../../src/web/peer.ts";
import { Rates } from "../../src/web/rates.ts";
import { startTokens, type Tokens } from "../../src/web/tokens.ts";
import { eventsOf, messageIn, TOKEN, webAppOn } from "../support/web-app.ts";

const OWN = { host: "localhost:8642" };

describe("a request for", () => {
  test.each(["localhost", "LOCALHOST:8642", "127.0.0.1:8642", "192.168.1.20", "[::1]:8642", "ioc.example.org"])(
    "%s is answered",
    async (host) => {
      const { ask } = webAppOn({ names: ["ioc.example.org"] });
      expect((await ask("/api/model", { headers: { host } })).status).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "localhost.evil.example:8642",
    "127.0.0.1.evil.example",
    "ioc.example.org.",
    "127.0.0.1:8642:1",
  ])("%s is not: a name server of another site may know that name", async (host) => {
    const { ask } = webAppOn({ names: ["ioc.example.org"] });
    const answer = await ask("/api/model", { headers: { host } });
    expect([answer.status, await messageIn(answer)]).toEqual([
      403,
      expect.stringContaining("names in the [web] section"),
    ]);
  });
});

describe("of what a browser says, this is", () => {
  test.each<[string, Record<string, string>, boolean]>([
    ["the page's own read", { ...OWN, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, true],
    ["the page's own write", { ...OWN, origin: "http://localhost:8642", "sec-fetch-site": "same-origin" }, true],
    ["the page behind TLS", { ...OWN, origin: "https://localhost:8642" }, true],
    ["an address that somebody typed", { ...OWN, "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, true],
    ["another site's link", { ...OWN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, true],
    ["another site's picture", { ...OWN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, false],
    ["another site's stream", { ...OWN, origin: "https://evil.example" }, false],
    ["another port's page", { ...OWN, origin: "http://localhost:3000", "sec-fetch-site": "same-site" }, false],
    ["another site's form", { ...OWN, origin: "https://evil.example", "sec-fetch-mode": "navigate" }, false],
    ["a page without an origin", { ...OWN, origin: "null" }, false],
  ])("%s: %j", async (_, headers, isAnswered) => {
    const { ask, put, pvs } = webAppOn();
    expect((await ask("/api/model", { headers })).status).toBe(isAnswered ? 200 : 403);
    expect((await put("Init", 1, { headers })).status).toBe(isAnswered ? 200 : 403);
    expect(pvs.puts).toHaveLength(isAnswered ? 1 : 0);
  });
});

test("every answer carries what keeps other sites out, and none lets them read", async () => {
  const { ask, put } = webAppOn();
  const answers = await Promise.all([ask("/"), ask("/api/model"), ask("/none"), put("Init", 1), put("None", 1)]);
  for (const { headers } of answers) {
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});

test("who asks too often waits, and nobody else does", async () => {
  const limits = { ...WEB_LIMITS, requestBurst: 2, requestsPerSecond: 1 };
  const { ask, clock } = webAppOn({ limits, isOpen: false });
  const from = async (address: string): Promise<number> => (await ask("/", { from: address })).status;
  expect([await from("10.0.0.1"), await from("10.0.0.1"), await from("10.0.0.1")]).toEqual([404, 404, 429]);
  expect(await from("10.0.0.2")).toBe(404);
  clock.advance(1);
  expect(await from("10.0.0.1")).toBe(404);
});

test("what another site's page asks does not use up what its visitor may ask", async () => {
  const { ask } = webAppOn({ limits: { ...WEB_LIMITS, requestBurst: 1, requestsPerSecond: 1 } });
  for (let i = 0; i < 3; i++)
    expect((await ask("/api/model", { headers: { origin: "https://evil.example" } })).status).toBe(403);
  expect((await ask("/api/model")).status).toBe(200);
});

describe("a wrong token", () => {
  test("is in the log, with the address and without the token, and floods no log", async () => {
    const lines: string[] = [];
    const limits = { ...WEB_LIMITS, wrongTokenBurst: 1000 };
    const { put } = webAppOn({ limits, log: createLog("web", (line) => lines.push(line)) });
    const wrong = { headers: { authorization: "Bearer guess" }, from: "10.0.0.7" };
    for (let i = 0; i < 30; i++) await put("Init", 1, wrong);
    expect(lines).toHaveLength(20);
    expect(new Set(lines)).toEqual(
      new Set(["warn: web: a request to the web server from 10.0.0.7 has a token that is none of this IOC's"]),
    );
  });

  test("is limited: after some of them no token counts for a while, from there", async () => {
    const { put, clock } = webAppOn({ limits: { ...WEB_LIMITS, wrongTokenBurst: 2, wrongTokensPerSecond: 0.1 } });
    const wrong = { headers: { authorization: "Bearer guess" } };
    expect((await put("Init", 1, wrong)).status).toBe(401);
    expect((await put("Init", 1, { ...wrong, from: "127.0.0.2" })).status).toBe(401);
    const limited = await put("Init", 1);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "10"]);
    expect((await put("Init", 1, { from: "10.0.0.1" })).status).toBe(200);
    clock.advance(10);
    expect((await put("Init", 1)).status).toBe(200);
  });

  test.each(["", "Bearer", "Bearer  ", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${"x".repeat(5000)}`, TOKEN])(
    "%j is none of ours",
    async (authorization) => {
      const { put } = webAppOn();
      const answer = await put("Init", 1, { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await messageIn(answer)).not.toContain(TOKEN);
    },
  );
});

describe("where other hosts can connect", () => {
  const session = async (
    { ask }: ReturnType<typeof webAppOn>,
    headers: Record<string, string> = {},
  ): Promise<string> => {
    const init = { method: "POST", headers: { authorization: `Bearer ${TOKEN}`, ...headers } };
    return (await ask("/api/session", init)).headers.get("set-cookie") ?? "";
  };
  const cookieOf = (text: string): Record<string, string> => ({ cookie: `a=b; ${text.split(";", 1)[0] ?? ""}` });

  test.each(["/api/model", "/api/events", "/api/history", "/metrics"])(
    "%s needs a token, or its cookie",
    async (path) => {
      const web = webAppOn({ isOpen: false });
      expect((await web.ask(path)).status).toBe(401);
      const answers = [
        await web.ask(path, { headers: { authorization: `Bearer ${TOKEN}` } }),
        await web.ask(path, { headers: cookieOf(await session(web)) }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        await answer.body?.cancel();
      }
    },
  );

  test("the cookie ends with its session, after half a day without use, and with its token", async () => {
    let names: readonly string[] = ["start"];
    const tokens: Tokens = { ...startTokens(TOKEN), names: () => Promise.resolve(names) };
    const web = webAppOn({ isOpen: false, tokens });
    const status = async (cookie: string): Promise<number> =>
      (await web.ask("/api/model", { headers: cookieOf(cookie) })).status;
    const [first, second, third] = [await session(web), await session(web), await session(web)];
    await web.ask("/api/session", { method: "DELETE", headers: cookieOf(first) });
    expect([await status(first), await status(second)]).toEqual([401, 200]);
    web.clock.advance(11 * 3600);
    expect(await status(second)).toBe(200);
    web.clock.advance(2 * 3600);
    expect([await status(second), await status(third)]).toEqual([200, 401]);
    names = [];
    expect(await status(second)).toBe(401);
  });

  test("the cookie is for this port, for no script, and for TLS where the page came over TLS", async () => {
    const web = webAppOn({ isOpen: false });
    expect(await session(web)).toMatch(
      /^globus-ioc-8642=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(await session(web, { origin: "https://127.0.0.1:8642" })).toMatch(/; Secure$/);
  });

  test("an open page ends when its token is taken away", async () => {
    let names: readonly string[] = ["start"];
    const tokens: Tokens = { ...startTokens(TOKEN), names: () => Promise.resolve(names) };
    const web = webAppOn({ isOpen: false, tokens });
    const events = eventsOf(await web.ask("/api/events", { headers: { authorization: `Bearer ${TOKEN}` } }));
    await events.next();
    names = [];
    while (web.dropped.length === 0) {
      web.clock.advance(1);
      await nextTurn();
    }
    expect(web.dropped).toEqual(["/api/events"]);
  });
});

test("addresses are counted together that one client may have", () => {
  const of = (remoteAddress: string): string => neighbourhood(addressOf({ remoteAddress }));
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(of)).toEqual(Array(4).fill("this host"));
  expect(of("2001:db8::7")).toBe(of("2001:db8:0:0:1:2:3:4"));
  expect(of("2001:db8::7")).not.toBe(of("2001:db8:0:1::7"));
  expect([of("::ffff:10.0.0.5"), of("10.0.0.5")]).toEqual(["10.0.0.5", "10.0.0.5"]);
});

test("rates forget who was seen longest ago, and so cost a bounded memory", () => {
  const { clock } = webAppOn();
  const rates = new Rates(clock, 1, 0.001);
  expect([rates.take("first"), rates.take("first")]).toEqual([true, false]);
  for (let i = 0; i < 1000; i++) rates.take(String(i));
  expect(rates.take("first")).toBe(true);
});
