/** The HTTP plumbing against real servers on loopback: whom it trusts, its limits, its failures in words. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { messageOf } from "../../src/base/errors.ts";
import { AccessDeniedError } from "../../src/controller/ports/call.ts";
import { startHttpTwin, type TwinAnswer, type TwinRequest } from "../../src/sandbox/http-twin.ts";
import {
  createHttpService,
  type HttpRequest,
  type HttpService,
  type HttpServiceOptions,
  HttpUnavailableError,
  httpVerdict,
  jsonOf,
  statusError,
} from "../../src/services/http.ts";
import { startConnectProxy } from "../support/connect-proxy.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const TLS = path.join(import.meta.dirname, "../support/tls");
const pem = (name: string): string => readFileSync(path.join(TLS, name), "utf8");
const fingerprintOf = (name: string): string => new X509Certificate(pem(name)).fingerprint256;
const GET: HttpRequest = { method: "GET", path: "/thing?key=1" };

function service(url: string, changes: Partial<HttpServiceOptions> = {}): HttpService {
  const made = createHttpService({ name: "test service", url, clock: new FakeClock(), timeoutSeconds: 60, ...changes });
  onTestFinished(() => made.close());
  return made;
}

/** An https server with one of the test certificates; counts the requests that reach it. */
async function tlsServer(
  certificate: "server" | "other",
): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requests = 0;
  const answer = (_: IncomingMessage, response: ServerResponse): void => {
    requests++;
    response.end("{}");
  };
  const server = createServer({ cert: pem(`${certificate}.pem`), key: pem(`${certificate}.key`) }, answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(() => closed()));
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

/** An https server that begins its handshake only when the test says so; `settled` once that connection has ended. */
async function hesitantTlsServer(): Promise<{
  readonly port: number;
  readonly requests: () => number;
  readonly connected: Promise<void>;
  readonly proceed: () => void;
  readonly settled: Promise<void>;
}> {
  let requests = 0;
  const secure = createServer({ cert: pem("server.pem"), key: pem("server.key") }, (_, response) => {
    requests++;
    response.end("{}");
  });
  const { promise: connected, resolve: onConnected } = promiseParts();
  const { promise: settled, resolve: onSettled } = promiseParts();
  let proceed = (): void => {};
  const plain = createTcpServer((socket) => {
    proceed = () => void secure.emit("connection", socket);
    socket.once("close", onSettled);
    onConnected();
  });
  await new Promise<void>((listening) => plain.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    secure.closeAllConnections();
    return new Promise((closed) => plain.close(() => closed()));
  });
  const { port } = plain.address() as AddressInfo;
  return { port, requests: () => requests, connected, proceed: () => proceed(), settled };
}

function promiseParts(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function twinThat(answer: (request: TwinRequest) => TwinAnswer): Promise<string> {
  const twin = await startHttpTwin({ clock: new FakeClock(), answer });
  onTestFinished(() => twin.close());
  return twin.url;
}

test.each([
  ["nobody listens", "http://127.0.0.1:1", "connection refused; is the service running, and is the port right?"],
  ["https is asked of an http service", undefined, "it speaks no TLS; is it an http address?"],
])("one sentence says it when %s, without the library's words", async (_what, given, sentence) => {
  const url = given ?? (await twinThat(() => ({ status: 200, body: "" }))).replace("http:", "https:");
  const failure = await failureOf(service(url).exchange(GET), HttpUnavailableError);
  expect(messageOf(failure)).toMatch(/^test service \(127\.0\.0\.1:\d+\), GET \/thing: /);
  expect(messageOf(failure).endsWith(`: ${sentence}`)).toBe(true);
});

describe("whom it trusts", () => {
  test("a certificate is checked also where the environment tells Node not to", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { url, requests } = await tlsServer("server");
    await failureOf(service(url).exchange(GET), HttpUnavailableError);
    const byAnother = service(url, { tls: { caFile: path.join(TLS, "other.pem") } });
    await failureOf(byAnother.exchange(GET), HttpUnavailableError);
    expect(requests()).toBe(0);
    const byItsAuthority = service(url, { tls: { caFile: path.join(TLS, "ca.pem") } });
    expect((await byItsAuthority.exchange(GET)).status).toBe(200);
  });

  test("a certificate that nobody known has signed is refused before anything is sent, with what to configure", async () => {
    const { url, requests } = await tlsServer("server");
    const failure = await failureOf(service(url).exchange(GET), HttpUnavailableError);
    expect(failure.message).toMatch(/its certificate is not trusted .*; name its CA file or its fingerprint$/);
    expect(failure.mayHaveHappened).toBe(false);
    expect(httpVerdict(failure)).toEqual({ repeat: false });
    expect(requests()).toBe(0);
  });

  test("with the authority's file it is trusted, if it names the host", async () => {
    const { url } = await tlsServer("server");
    expect(await service(url, { tls: { caFile: path.join(TLS, "ca.pem") } }).exchange(GET)).toMatchObject({
      status: 200,
    });
  });

  test("a certificate of the same authority for another host is refused, unless that name is the expected one", async () => {
    const { url, requests } = await tlsServer("other");
    const caFile = path.join(TLS, "ca.pem");
    const failure = await failureOf(service(url, { tls: { caFile } }).exchange(GET), HttpUnavailableError);
    expect(failure.message).toContain("not trusted");
    expect(requests()).toBe(0);
    const named = service(url, { tls: { caFile, serverName: "other.example.org" } });
    expect(await named.exchange(GET)).toMatchObject({ status: 200 });
  });

  test("a pinned certificate is trusted whoever signed it, and no other one is", async () => {
    const { url, requests } = await tlsServer("server");
    const pinned = service(url, {
      tls: { fingerprint: fingerprintOf("server.pem").replaceAll(":", "").toLowerCase() },
    });
    expect(await pinned.exchange(GET)).toMatchObject({ status: 200 });
    const wrong = service(url, { tls: { fingerprint: fingerprintOf("other.pem") } });
    const failure = await failureOf(wrong.exchange(GET), HttpUnavailableError);
    expect(failure.message).toContain(`its certificate has the fingerprint ${fingerprintOf("server.pem")}`);
    expect(failure.mayHaveHappened).toBe(false);
    expect(httpVerdict(failure)).toEqual({ repeat: false });
    expect(requests()).toBe(1);
  });
});

describe("limits", () => {
  test("a request that is given up while the connection is being made is not sent when it stands after all", async () => {
    const { port, requests, connected, proceed, settled } = await hesitantTlsServer();
    const cancel = new AbortController();
    const caFile = path.join(TLS, "ca.pem");
    const work = service(`https://127.0.0.1:${port}`, { tls: { caFile } }).exchange({ ...GET, signal: cancel.signal });
    await connected;
    cancel.abort(new Error("operator pressed Abort"));
    await expect(work).rejects.toThrow("operator pressed Abort");
    proceed();
    await settled;
    expect(requests()).toBe(0);
  });

  test("a longer answer than allowed is given up", async () => {
    const url = await twinThat(() => ({ status: 200, body: "x".repeat(5000) }));
    const failure = await failureOf(service(url, { maxBodyBytes: 1000 }).exchange(GET), HttpUnavailableError);
    expect(failure.message).toMatch(/GET \/thing: more than 1000 bytes of answer$/);
    expect(failure.worthRepeating).toBe(false);
  });

  test("a signal that is aborted already sends nothing", async () => {
    let requests = 0;
    const url = await twinThat(() => {
      requests++;
      return { status: 200, body: {} };
    });
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(service(url).exchange({ ...GET, signal })).rejects.toThrow("too late");
    await service(url).exchange(GET);
    expect(requests).toBe(1);
  });

  test("a service that was closed fails what is under way and what comes later, in words", async () => {
    const twin = await startHttpTwin({ clock: new FakeClock(), answer: () => ({ status: 200, body: {} }) });
    onTestFinished(() => twin.close());
    await twin.misbehave({ slowSeconds: 10 });
    const closing = service(twin.url);
    const underWay = failureOf(closing.exchange(GET), HttpUnavailableError);
    await twin.arrived("thing");
    await closing.close();
    expect((await underWay).message).toContain("the connection broke before an answer");
    await failureOf(closing.exchange(GET), HttpUnavailableError);
  });

  test("an exchange leaves no timer behind", async () => {
    const clock = new FakeClock();
    const url = await twinThat(() => ({ status: 200, body: {} }));
    await service(url, { clock }).exchange(GET);
    expect(clock.pending).toBe(0);
  });
});

describe("what arrives, and what is said about it", () => {
  test("method, raw path, headers and body arrive as given, below the URL's own path", async () => {
    const seen: TwinRequest[] = [];
    const url = await twinThat((request) => {
      seen.push(request);
      return { status: 200, body: {} };
    });
    const request: HttpRequest = { method: "POST", path: "/a,b/b'eA=='?q=%27", headers: { "x-one": "1" }, body: "k=v" };
    await service(`${url}/root/`).exchange(request);
    expect(seen[0]).toMatchObject({ method: "POST", path: "/root/a,b/b'eA=='", body: "k=v" });
    expect(seen[0]?.headers["x-one"]).toBe("1");
    expect(seen[0]?.query.get("q")).toBe("'");
  });

  test("several cookies stay apart, and a redirection is not followed", async () => {
    const headers = { "set-cookie": ["a=1; Path=/", "b=2"], location: "http://127.0.0.1:1/" };
    const answer = await service(await twinThat(() => ({ status: 302, headers, body: "" }))).exchange(GET);
    expect(answer.status).toBe(302);
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
  });

  test.each([
    [401, AccessDeniedError, { repeat: false }],
    [403, AccessDeniedError, { repeat: false }],
    [404, HttpUnavailableError, { repeat: false }],
    [429, HttpUnavailableError, { repeat: true, afterSeconds: 90 }],
    [501, HttpUnavailableError, { repeat: false }],
    [503, HttpUnavailableError, { repeat: true, afterSeconds: 90 }],
  ] as const)("status %d of a look-up becomes the right error", async (status, kind, verdict) => {
    const clock = new FakeClock();
    const at = new Date(clock.now() + 90_000).toUTCString();
    const answering = service(await twinThat(() => ({ status, headers: { "retry-after": at }, body: "no" })));
    const error = statusError(answering, GET, await answering.exchange(GET), clock);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(
      new RegExp(`^test service \\(127.0.0.1:\\d+\\), GET /thing: status ${status} with "no"$`),
    );
    expect(httpVerdict(error)).toEqual(verdict);
  });

  test("secrets and control characters of an answer do not reach a sentence", async () => {
    const url = await twinThat(() => ({ status: 500, body: `you sent hunter2\nfake log line${"!".repeat(500)}` }));
    const careful = service(url, { secrets: () => ["hunter2", ""] });
    const { message } = statusError(careful, GET, await careful.exchange(GET), new FakeClock());
    expect(message).toContain('"you sent *** fake log line!!');
    expect(message.length).toBeLessThan(250);
  });

  test("an answer that is not JSON is said to be what it is", async () => {
    const asked = service(await twinThat(() => ({ status: 200, body: "<html>login</html>" })));
    const answer = await asked.exchange(GET);
    const failure = await failureOf((async () => jsonOf(asked, GET, answer))(), HttpUnavailableError);
    expect(messageOf(failure)).toMatch(
      /status 200 with an HTML page where JSON was expected; is this the right host and port\?$/,
    );
    expect(() => jsonOf(asked, GET, { ...answer, body: "" })).toThrow("status 200 with an empty body");
  });
});

describe("through a proxy", () => {
  const NAME = "https://dm.example.org";
  const ca = path.join(TLS, "ca.pem");

  test("an https service is reached by a tunnel, with the name that it proves, and the proxy knows no more", async () => {
    const { url, requests } = await tlsServer("server");
    const proxy = await startConnectProxy(Number(new URL(url).port));
    const answer = await service(NAME, { proxy: proxy.url, tls: { caFile: ca } }).exchange(GET);
    expect([answer.body, requests(), proxy.asked]).toEqual(["{}", 1, ["dm.example.org:443"]]);
  });

  test("whoever answers at the end of the tunnel must prove who it is", async () => {
    const { url, requests } = await tlsServer("other");
    const proxy = await startConnectProxy(Number(new URL(url).port));
    const made = service(NAME, { proxy: proxy.url, tls: { caFile: ca } });
    const failure = await failureOf(made.exchange(GET), HttpUnavailableError);
    expect(failure.message).toContain("(dm.example.org:443), GET /thing: its certificate is not trusted");
    expect([requests(), failure.worthRepeating]).toEqual([0, false]);
  });

  test("a user and a password are given to who wants them, and said to be missing, never told", async () => {
    const { url } = await tlsServer("server");
    const proxy = await startConnectProxy(Number(new URL(url).port), "user:p@SECRET");
    const withLogin = proxy.url.replace("//", "//user:p%40SECRET@");
    const answer = await service(NAME, { proxy: withLogin, tls: { caFile: ca } }).exchange(GET);
    expect(answer.status).toBe(200);
    const wrong = service(NAME, { proxy: withLogin.replace("SECRET", "OTHER"), tls: { caFile: ca } });
    const failure = await failureOf(wrong.exchange(GET), HttpUnavailableError);
    const { host } = new URL(proxy.url);
    expect(failure.message).toBe(
      `test service (dm.example.org:443), GET /thing: the proxy ${host} wants a user name and a password: write HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT`,
    );
  });

  test("a proxy that lets nothing through, and one that is not there, are named", async () => {
    const { url } = await tlsServer("server");
    const proxy = await startConnectProxy(Number(new URL(url).port));
    proxy.status = 403;
    const { host } = new URL(proxy.url);
    const failure = await failureOf(service(NAME, { proxy: proxy.url }).exchange(GET), HttpUnavailableError);
    expect(failure.message).toContain(
      `: the proxy ${host} does not let it through (status 403); ask its administrator`,
    );
    const gone = service(NAME, { proxy: "http://127.0.0.1:1" });
    expect((await failureOf(gone.exchange(GET), HttpUnavailableError)).message).toContain(
      ": the proxy 127.0.0.1:1 refuses the connection; is it running, and is its port right?",
    );
  });
});
