/** The Globus token file. */
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { thisProcess } from "../../../src/base/owner-file.ts";
import {
  createTokenStore,
  parseTokens,
  printTokens,
  type TokenRecord,
} from "../../../src/services/globus/token-store.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ImpatientClock } from "../../support/fakes/impatient-clock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tokens-"));
});
afterEach(() => rm(folder, { recursive: true }));

const record = (resourceServer: string, accessToken = "token"): TokenRecord => ({
  resourceServer,
  accessToken,
  scope: "all",
  expires: 1000,
  obtained: 0,
});
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
const text = fc.string({ minLength: 1 });
const anyRecord: fc.Arbitrary<TokenRecord> = fc
  .record(
    { resourceServer: text, accessToken: text, scope: fc.string(), expires: time, obtained: time, refreshToken: text },
    { requiredKeys: ["resourceServer", "accessToken", "scope", "expires", "obtained"] },
  )
  .filter(({ resourceServer }) => resourceServer !== "__proto__");

test("what was written is read back, whatever the tokens are", () => {
  fc.assert(
    fc.property(fc.array(anyRecord), (records) => {
      const map = new Map(records.map((one) => [one.resourceServer, one]));
      expect(parseTokens(printTokens(map), "file")).toEqual(map);
    }),
  );
});

test("any other text is refused in a sentence that names the file and no token", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (rubbish) => {
      expect(() => parseTokens(rubbish, "/etc/tokens")).toThrow(ActionError);
    }),
  );
  expect(() => parseTokens("SECRET", "/etc/tokens")).toThrow(/cannot be used \(no JSON\): [^S]*$/);
  const broken = printTokens(new Map([["a", record("a", "SECRET")]])).replace('"scope"', '"scopes"');
  expect(() => parseTokens(broken, "/etc/tokens")).toThrow(
    /^The Globus token file \/etc\/tokens cannot be used \(tokens\.a\.scope: [^S]*$/,
  );
});

test("no file is no login", async () => {
  expect(await createTokenStore(join(folder, "none")).read()).toEqual(new Map());
});

test("a record is replaced and the others stay, also with many writers at once", async () => {
  const store = createTokenStore(join(folder, "tokens.json"));
  await store.put([record("a"), record("b")]);
  await Promise.all(["c", "d", "e"].map((name) => store.put([record(name)])));
  await store.put([record("a", "new")]);
  const read = await store.read();
  expect([...read.keys()].sort()).toEqual(["a", "b", "c", "d", "e"]);
  expect(read.get("a")?.accessToken).toBe("new");
  expect(await readdir(folder)).toEqual(["tokens.json"]);
});

test("a write that fails is told and does not stop the next one", async () => {
  const store = createTokenStore(join(folder, "tokens.json"));
  await writeFile(store.path, "rubbish", { mode: 0o600 });
  await failureOf(store.put([record("a")]), ActionError);
  await rm(store.path);
  await store.put([record("a")]);
  expect((await store.read()).size).toBe(1);
});

test("a file of another version is told from a damaged one, with what to do", () => {
  const older = "move it away and run `globus-ioc login`, or restore it";
  expect(() => parseTokens('{"version":2,"tokens":[]}', "/etc/tokens")).toThrow(
    `The Globus token file /etc/tokens is of version 2, and this program reads version 1: use the newer globus-ioc that wrote it, or ${older}.`,
  );
  expect(() => parseTokens('{"version":0}', "/etc/tokens")).toThrow(`reads version 1: ${older}.`);
  expect(() => parseTokens('{"version":1}', "/etc/tokens")).toThrow(`cannot be used (tokens: invalid_type): ${older}.`);
});

test("records are taken away, and the file stays, so that nobody takes it for a login that was never made", async () => {
  const store = createTokenStore(join(folder, "tokens.json"));
  expect(await store.exists()).toBe(false);
  await store.remove(["a"]);
  expect(await store.exists()).toBe(false);
  await store.put([record("a"), record("b")]);
  await store.remove(["a", "c"]);
  expect([...(await store.read()).keys()]).toEqual(["b"]);
  await store.remove(["b"]);
  expect([await store.exists(), (await store.read()).size]).toEqual([true, 0]);
});

test("nobody else changes the records meanwhile, and looks go on", async () => {
  const store = createTokenStore(join(folder, "tokens.json"));
  const order: string[] = [];
  let goOn = (): void => {};
  const held = store.exclusively(async (changes) => {
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await changes.put([record("a", String((await changes.read()).size))]);
    order.push("first");
  });
  const later = store.put([record("a", "later")]).then(() => order.push("second"));
  await expect.poll(() => readdir(folder)).toEqual(["tokens.json.owner"]);
  expect((await store.read()).size).toBe(0);
  goOn();
  await Promise.all([held, later]);
  expect(order).toEqual(["first", "second"]);
  expect((await store.read()).get("a")?.accessToken).toBe("later");
});

/** Init, which is another process of this host and does not end. */
const other = {
  pid: 1,
  started: readFileSync("/proc/1/stat", "utf8").replace(/^.*\)/s, "").trim().split(" ")[19] ?? "",
};

test("another process that has the file is waited for, but not longer than half a minute", async () => {
  const clock = new ImpatientClock();
  const store = createTokenStore(join(folder, "tokens.json"), { clock });
  await writeFile(`${store.path}.owner`, JSON.stringify({ ...thisProcess(), ...other }));
  await store.put([record("a")]);
  expect(clock.waits.length).toBeGreaterThan(250);
  expect((await store.read()).size).toBe(1);
  expect((await readdir(folder)).toSorted()).toEqual(["tokens.json", "tokens.json.owner"]);
});

test("a link to the file is no file of its own: one process at a time changes what it leads to, and it stays", async () => {
  const link = join(folder, "link");
  await symlink(join(folder, "tokens.json"), link);
  await createTokenStore(link).exclusively(async (changes) => {
    await changes.put([record("a")]);
    expect((await readdir(folder)).toSorted()).toEqual(["link", "tokens.json", "tokens.json.owner"]);
  });
  expect([...(await createTokenStore(join(folder, "tokens.json")).read()).keys()]).toEqual(["a"]);
  expect([...(await createTokenStore(link).read()).keys()]).toEqual(["a"]);
});
