/** What operators read when a file, folder or program cannot be used: words, and each path once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ActionError, messageOf } from "../../src/base/errors.ts";
import { makeFolder } from "../../src/base/make-folder.ts";
import { replaceFile } from "../../src/base/replace-file.ts";
import { FailingFiles } from "../support/fakes/failing-files.ts";

const folder = mkdtempSync(join(tmpdir(), "system-failure-"));
afterAll(() => rmSync(folder, { recursive: true }));

const MISSING = join(folder, "missing.txt");
const failure = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
};
const missing = failure(() => readFileSync(MISSING));
const NO_SUCH = "there is no such file or folder (ENOENT)";

test("a path is named where the sentence has not named it", () => {
  expect(messageOf(missing)).toBe(`${NO_SUCH} at ${MISSING}`);
  expect(messageOf(missing, `The folder ${folder} is empty`)).toBe(`${NO_SUCH} at ${MISSING}`);
  expect(messageOf(missing, `The file ${MISSING}`)).toBe(NO_SUCH);
});

test("a folder above the one that was named is named too, since that is the one to mend", async () => {
  const file = join(folder, "plain");
  writeFileSync(file, "");
  const thrown = await makeFolder(join(file, "a", "b")).catch((error: unknown) => error);
  expect(messageOf(thrown, `The folder ${join(file, "a", "b")}`)).toBe("a part of its path is no folder (ENOTDIR)");
  const isFile = await makeFolder(file).catch((error: unknown) => error);
  expect(messageOf(isFile, `The folder ${join(file, "a")}`)).toBe(`that is no folder at ${file}`);
});

test("a file beside the one that was named is told with that one, and another one is not", async () => {
  const path = join(folder, "none", "x.sav");
  for (const temporary of [undefined, `${path}.tmp`, `${path}.owner.0a1b2c`]) {
    const options = { mode: 0o600, ...(temporary !== undefined && { temporary }) };
    const thrown = await replaceFile(path, "", options).catch((error: unknown) => error);
    expect(messageOf(thrown, `The save file ${path}`)).toBe(NO_SUCH);
    expect(messageOf(thrown, `The save file ${join(folder, "none", "x.bak")}`)).toMatch(/ at \S+x\.sav\.\S+$/);
  }
});

test("a file without a name is no path", () => {
  expect(messageOf(failure(() => readFileSync("")))).toBe(NO_SUCH);
});

test("as a cause it is told once, in words", () => {
  const told = `The script ${MISSING} cannot be read`;
  expect(messageOf(new ActionError(told, { cause: missing }))).toBe(`${told}: ${NO_SUCH}`);
  expect(messageOf(new ActionError("The script cannot be read.", { cause: missing }))).toBe(
    `The script cannot be read: ${NO_SUCH} at ${MISSING}`,
  );
  const whole = `${told}: ${messageOf(missing, told)}; name another`;
  expect(messageOf(new ActionError(whole, { cause: missing }))).toBe(whole);
  const spelt = `The link cannot be read: ${NO_SUCH}`; // by another name than the system's
  expect(messageOf(new ActionError(spelt, { cause: missing }))).toBe(spelt);
});

test("a full disk is told in words though the system names no path", async () => {
  const files = new FailingFiles();
  files.failing = 1;
  const thrown = await replaceFile(join(folder, "x"), "text", { mode: 0o600, files: files.calls }).catch(
    (error: unknown) => error,
  );
  expect(messageOf(thrown)).toBe("the disk is full (ENOSPC)");
});

test("what has no words of ours has the system's own", () => {
  const odd = Object.assign(new Error("ETXTBSY: text file is busy, open '/x'"), {
    code: "ETXTBSY",
    errno: -26,
    syscall: "open",
    path: "/x",
  });
  expect(messageOf(odd, "/x")).toBe("text file is busy (ETXTBSY)");
});

test("a program that is not there is told in words", async () => {
  const child = spawn(MISSING);
  const [thrown] = (await once(child, "error")) as [Error];
  expect(messageOf(thrown, `The program ${MISSING}`)).toBe(NO_SUCH);
});

test("a socket's failure keeps its host and port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const [thrown] = (await once(createServer().listen(port, "127.0.0.1"), "error")) as [Error];
  expect(messageOf(thrown)).toContain(`127.0.0.1:${port}`);
  const low = { code: "EACCES", errno: -13, syscall: "listen", address: "127.0.0.1", port: 80 };
  expect(messageOf(Object.assign(new Error("listen EACCES: permission denied 127.0.0.1:80"), low))).toContain(":80");
  server.close();
});

test("a folder that was removed under the program is told as that", () => {
  const gone = Object.assign(new Error("ENOENT: no such file or directory, uv_cwd"), {
    code: "ENOENT",
    errno: -2,
    syscall: "uv_cwd",
  });
  expect(messageOf(gone)).toBe("the folder that the program was started in has been removed: start it in another");
});
