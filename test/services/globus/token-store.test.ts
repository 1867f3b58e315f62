/** The Globus token file. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import {
  createTokenStore,
  parseTokens,
  printTokens,
  type TokenRecord,
} from "../../../src/services/globus/token-store.ts";
import { failureOf } from "../../support/failure-of.ts";

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
