import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { readLogin } from "../../src/base/login-file.ts";
import { failureOf } from "../support/failure-of.ts";

async function loginFile(text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "login-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "login");
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

test("the first line is username and password, whatever follows", async () => {
  const file = await loginFile("dm2bm|se|cret\r\nsecond line\n");
  expect(await readLogin({ file })).toEqual({ username: "dm2bm", password: "se|cret" });
});

test("a file that others can read is refused with the command that closes it", async () => {
  const file = await loginFile("dm2bm|secret\n", 0o644);
  await expect(readLogin({ file })).rejects.toThrow(
    `${file} has mode 0644, so others can use it: run \`chmod 600 ${file}\``,
  );
});

test.each(["", "dm2bm:secret\n", "dm2bm|\n", "|secret\n"])(
  "a file that begins with %j is refused without showing it",
  async (text) => {
    const file = await loginFile(text);
    const failure = await failureOf(readLogin({ file }), ActionError);
    expect(failure.message).toContain("must begin with one line of the form username|password");
    expect(failure.message).not.toContain("secret");
  },
);

test("a file that does not exist is named", async () => {
  await expect(readLogin({ file: "/nowhere/login" })).rejects.toThrow("The login file /nowhere/login does not exist");
});
