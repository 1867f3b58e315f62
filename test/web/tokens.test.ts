/** The tokens of a private file: what is taken, what is wrong with a file, and what happens when it changes. */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileTokens, newToken, startTokens } from "../../src/web/tokens.ts";
import { messageIn, webAppOn } from "../support/web-app.ts";

const ALPHA = "alpha-has-this-token";
const BETA = "beta-has-another-one";

function tokensFile(text: string, mode = 0o600) {
  const folder = mkdtempSync(join(tmpdir(), "web-tokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "tokens");
  const write = (content: string): void => {
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
  };
  write(text);
  const warnings: string[] = [];
  return { path, write, warnings, tokens: new FileTokens(path, (sentence) => warnings.push(sentence)) };
}

test("a token has the name of its line; comments and empty lines are passed over", async () => {
  const { tokens, warnings } = tokensFile(`# who may write\n\nalpha ${ALPHA}\n  beta\t${BETA}  \r\n`);
  expect(await Promise.all([ALPHA, BETA, "", "alpha", `${ALPHA} `].map((one) => tokens.nameOf(one)))).toEqual([
    "alpha",
    "beta",
    undefined,
    undefined,
    undefined,
  ]);
  expect([await tokens.names(), await tokens.problem(), warnings]).toEqual([["alpha", "beta"], undefined, []]);
});

test("a file that changes counts from then on, without a restart", async () => {
  const { tokens, write } = tokensFile(`alpha ${ALPHA}\n`);
  expect(await tokens.nameOf(ALPHA)).toBe("alpha");
  write(`beta ${BETA}\nsomething longer ${BETA}x\n`);
  expect(await tokens.nameOf(BETA)).toBeUndefined(); // the file is wrong as a whole
  write(`beta ${BETA}\n`);
  expect([await tokens.nameOf(ALPHA), await tokens.nameOf(BETA)]).toEqual([undefined, "beta"]);
});

test.each<[string, string, string]>([
  ["a name that is none", `al:pha ${ALPHA}\n`, "a name that is not letters, digits, dots and dashes"],
  ["the name of the token of the start", `start ${ALPHA}\n`, "the name start, which no file can give"],
  ["a short token", "alpha short\n", "no token of 16 to 256 characters"],
  ["a token with blanks", `alpha ${ALPHA} again\n`, "no token of 16 to 256 characters"],
  ["a name twice", `alpha ${ALPHA}\nalpha ${BETA}\n`, "the name alpha again"],
  ["a token twice", `alpha ${ALPHA}\nbeta ${ALPHA}\n`, "a token again"],
  ["nothing", "# nobody\n", "has no token: add a line `NAME TOKEN`"],
])("a file with %s lets nobody write, and the log says so once, without a token", async (_, text, what) => {
  const { tokens, warnings, path } = tokensFile(text);
  expect(await tokens.nameOf(ALPHA)).toBeUndefined();
  await tokens.problem();
  expect(warnings).toEqual([expect.stringContaining(what)]);
  expect(warnings[0]).toMatch(/^The file of web tokens .*\. Until then nobody can write through the web page\.$/);
  expect(warnings[0]).toContain(path);
  expect(warnings[0]).not.toMatch(new RegExp(`${ALPHA}|${BETA}|short`));
});

test("a file that others can read, or that is not there, lets nobody write; mended, it does", async () => {
  const { tokens, path, warnings } = tokensFile(`alpha ${ALPHA}\n`, 0o640);
  expect(await tokens.nameOf(ALPHA)).toBeUndefined();
  chmodSync(path, 0o600);
  expect(await tokens.nameOf(ALPHA)).toBe("alpha");
  rmSync(path);
  expect(await tokens.nameOf(ALPHA)).toBeUndefined();
  expect(warnings).toEqual([
    expect.stringContaining(`has mode 0640, so others can use it: run \`chmod 600 ${path}\``),
    expect.stringContaining("does not exist"),
  ]);
});

test.skipIf(process.getuid?.() !== 0)("a file of another user lets nobody write", async () => {
  const { tokens, path, warnings } = tokensFile(`alpha ${ALPHA}\n`);
  chownSync(path, 12345, 12345);
  expect(await tokens.nameOf(ALPHA)).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining("belongs to user 12345, and not to 0, who runs the IOC")]);
});

test("where nobody can write, a put says why", async () => {
  const { put, ask } = webAppOn({ tokens: tokensFile("# nobody\n").tokens });
  const answer = await put("Init", 1);
  expect([answer.status, await messageIn(answer)]).toEqual([403, expect.stringMatching(/nobody can write/)]);
  expect(await (await ask("/api/session")).json()).toMatchObject({
    canRead: true,
    canWrite: false,
    problem: expect.stringMatching(/nobody can write/) as unknown,
  });
});

test("each start makes another token", async () => {
  const [one, other] = [newToken(), newToken()];
  expect(one).toMatch(/^[\w-]{32}$/);
  expect(await startTokens(one).nameOf(other)).toBeUndefined();
  expect(await startTokens(one).nameOf(one)).toBe("start");
});
