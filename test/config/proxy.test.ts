/** The proxy that the environment names. */
import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config.ts";
import { proxyFor } from "../../src/config/proxy.ts";

const GLOBUS = "https://transfer.api.globus.org";

test.each([
  [{}, undefined],
  [{ HTTPS_PROXY: "" }, undefined],
  [{ HTTPS_PROXY: "http://proxy.example.org:3128" }, "http://proxy.example.org:3128/"],
  [{ https_proxy: "proxy.example.org:3128" }, "http://proxy.example.org:3128/"],
  [{ https_proxy: "http://first:1", HTTPS_PROXY: "http://second:2" }, "http://first:1/"],
  [{ ALL_PROXY: "http://all:1" }, "http://all:1/"],
  [{ HTTPS_PROXY: "http://user:p%40ss@proxy:3128" }, "http://user:p%40ss@proxy:3128/"],
  [{ HTTP_PROXY: "http://proxy:1" }, undefined],
])("%j: Globus is reached through %s", (environment, proxy) => {
  expect(proxyFor(environment)(GLOBUS)).toBe(proxy);
});

test.each([
  ["globus.org", undefined],
  [".globus.org", undefined],
  ["*.globus.org", undefined],
  ["localhost, GLOBUS.ORG", undefined],
  ["transfer.api.globus.org:443", undefined],
  ["*", undefined],
  ["transfer.api.globus.org:8443", "http://proxy:1/"],
  ["lobus.org", "http://proxy:1/"],
  ["example.org", "http://proxy:1/"],
  ["", "http://proxy:1/"],
])("NO_PROXY %j: the proxy is %s", (without, proxy) => {
  expect(proxyFor({ HTTPS_PROXY: "http://proxy:1", NO_PROXY: without })(GLOBUS)).toBe(proxy);
});

test("plain http, which is for this machine alone, goes through no proxy", () => {
  expect(proxyFor({ ALL_PROXY: "http://proxy:1" })("http://127.0.0.1:8080")).toBeUndefined();
});

test.each(["socks5://user:SECRET@proxy:1080", "user:SECRET@proxy:x", "http://"])(
  "%s is refused without its password",
  (text) => {
    expect(() => proxyFor({ HTTPS_PROXY: text })).toThrow(ConfigError);
    expect(() => proxyFor({ HTTPS_PROXY: text })).toThrow(
      /^HTTPS_PROXY = (?:(?!SECRET).)* in the environment is no address of a proxy that is understood: write it as http:\/\/HOST:PORT/,
    );
  },
);

test.each(["http://us@er:SECRET%PW@proxy:3128", "us@er:SECRET%@proxy:3128"])(
  "%s, with a %% that stands for itself, is refused with how it is written, without its password",
  (text) => {
    expect(() => proxyFor({ https_proxy: text })).toThrow(
      /^https_proxy = (?:(?!SECRET).)*@proxy:3128"? in the environment has a user or password with a % that stands for itself: write %25 for each/,
    );
  },
);
