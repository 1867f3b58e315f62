/**
 * Everything that the program keeps in files, on a disk on which each step of a write fails in turn. The ledger's own
 * tests are in test/integration.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { messageOf } from "../src/base/errors.ts";
import { OwnerFile } from "../src/base/owner-file.ts";
import { writePrivateFile } from "../src/base/private-file.ts";
import type { FileCalls } from "../src/base/replace-file.ts";
import { writeConfig } from "../src/cli/config-command.ts";
import { saveRoutes } from "../src/cli/dm-record-routes.ts";
import { appendKnownHost } from "../src/cli/trust-host.ts";
import { keepBackup, replaceSave } from "../src/ioc/autosave/save-folder.ts";
import { createTokenStore, type TokenRecord } from "../src/services/globus/token-store.ts";
import { FailingFiles } from "./support/fakes/failing-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stores-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OLD = "old content\n";
const NEW = "new content\n";
const configRequest = (file: string, files: FileCalls, force: boolean) => ({
  file,
  files,
  force,
  settings: [],
  environment: { HOME: "/nobody" },
});

interface Store {
  readonly name: string;
  /** What is there before; undefined: nothing. */
  readonly old: string | undefined;
  /** What is there after a write that succeeded; undefined: whatever the store made. */
  readonly written?: string;
  readonly write: (file: string, files: FileCalls) => Promise<unknown>;
}

const STORES: readonly Store[] = [
  {
    name: "a private file",
    old: OLD,
    written: NEW,
    write: (file, files) => writePrivateFile(file, NEW, "thing", files),
  },
  { name: "a save file", old: OLD, written: NEW, write: (file, files) => replaceSave(file, NEW, 0o664, files) },
  {
    name: "a backup of a save file",
    old: OLD,
    written: NEW,
    write: (file, files) => keepBackup({ file: "x.sav", text: NEW }, file, 0o664, files),
  },
  { name: "a new globus.conf", old: undefined, write: (file, files) => writeConfig(configRequest(file, files, false)) },
  { name: "globus.conf written anew", old: OLD, write: (file, files) => writeConfig(configRequest(file, files, true)) },
  { name: "new routes", old: undefined, written: NEW, write: (file, files) => saveRoutes(file, NEW, false, files) },
  {
    name: "routes that replace others",
    old: OLD,
    written: NEW,
    write: (file, files) => saveRoutes(file, NEW, true, files),
  },
  {
    name: "known hosts",
    old: "a host",
    written: `a host\n${NEW}`,
    write: (file, files) => appendKnownHost(file, "a host", NEW.trim(), files),
  },
  {
    name: "an owner file",
    old: undefined,
    write: (file, files) =>
      new OwnerFile(file, { files }).claim().catch((error: unknown) => {
        throw new Error(`${file}: ${messageOf(error)}`); // who claims says which file it is for
      }),
  },
];

describe.each(STORES)("$name", ({ old, written, write }) => {
  test.each(["ENOSPC", "EACCES", "EIO"])(
    "has the old or the new content whatever step fails with %s, and nothing is left beside it",
    async (code) => {
      const file = join(folder, "kept");
      let failed = 0;
      for (let failing = 0; ; failing++) {
        if (old !== undefined) writeFileSync(file, old);
        const files = new FailingFiles();
        Object.assign(files, { failing, code });
        const problem = await write(file, files.calls).then(
          () => undefined,
          (error: unknown) => messageOf(error),
        );
        const now = existsSync(file) ? readFileSync(file, "utf8") : undefined;
        const step = `step ${failing}, ${files.steps.at(-1)}`;
        expect(readdirSync(folder), step).toEqual(now === undefined ? [] : ["kept"]);
        if (problem === undefined) expect(now, step).toBe(written ?? now);
        else {
          failed++;
          expect(problem, step).toContain(file);
          expect(problem, step).toContain(code);
          const isOnDisk = files.steps.slice(0, -1).includes("sync"); // what failed then came after it
          if (now !== old) expect([isOnDisk, now], step).toEqual([true, written ?? now]);
        }
        rmSync(file, { force: true });
        if (files.steps.length <= failing) break;
      }
      expect(failed).toBeGreaterThanOrEqual(3);
    },
  );
});

test("tokens that cannot be written hold while the program runs, and are written when they can be", async () => {
  const told: string[] = [];
  const trouble = { begins: (said: string) => told.push(said), ends: (said: string) => told.push(said) };
  const path = join(folder, "tokens.json");
  const token = (accessToken: string, obtained: number): TokenRecord => ({
    resourceServer: "transfer.api.globus.org",
    accessToken,
    refreshToken: `refresh ${accessToken}`,
    scope: "all",
    obtained,
    expires: obtained + 1000,
  });
  const files = new FailingFiles();
  const store = createTokenStore(path, { trouble, files: files.calls });
  await store.put([token("first", 1000)]);
  told.length = 0;
  Object.assign(files, { failing: files.steps.length, isLasting: true });
  await store.put([token("second", 2000)]);
  expect((await store.read()).get("transfer.api.globus.org")?.refreshToken).toBe("refresh second");
  expect(readFileSync(path, "utf8")).toContain("refresh first");
  files.failing = undefined;
  expect((await store.read()).get("transfer.api.globus.org")?.accessToken).toBe("second");
  expect(readFileSync(path, "utf8")).toContain("refresh second");
  expect(told[0]).toMatch(
    /^The Globus token file \S+ cannot be written: the disk is full \(ENOSPC\)\. The login is kept in memory until it can be\.$/,
  );
  expect(told.at(-1)).toBe(`The Globus token file ${path} is written again.`);
});

test("a record that is put after the clock was set back takes the place of the record of the future", async () => {
  const store = createTokenStore(join(folder, "tokens.json"));
  const record = { resourceServer: "s", accessToken: "before", scope: "all", obtained: 9000, expires: 90_000 };
  await store.put([record]);
  await store.put([{ ...record, accessToken: "after", obtained: 1000 }]);
  expect((await store.read()).get("s")?.accessToken).toBe("after");
});

test("a newer login of another process counts more than one that could not be written", async () => {
  const path = join(folder, "tokens.json");
  const record = { resourceServer: "s", accessToken: "mine", scope: "all", obtained: 1000, expires: 9000 };
  const files = new FailingFiles();
  const store = createTokenStore(path, { files: files.calls });
  Object.assign(files, { failing: 0, isLasting: true });
  await expect(store.put([record])).rejects.toThrow(
    `The Globus token file ${path} cannot be written: the disk is full (ENOSPC).`,
  );
  expect((await store.read()).get("s")?.accessToken).toBe("mine");
  await createTokenStore(path).put([{ ...record, accessToken: "theirs", obtained: 2000 }]);
  expect((await store.read()).get("s")?.accessToken).toBe("theirs");
});
