import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { addSignInCommands } from "../../src/cli/sign-in-program.ts";
import type { SignInRequest } from "../../src/cli/sign-in-request.ts";
import { failureOf } from "../support/failure-of.ts";

async function parsed(line: string): Promise<SignInRequest | undefined> {
  let found: SignInRequest | undefined;
  const program = new Command("globus-ioc").exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addSignInCommands(program, "The Globus login:", (request) => {
    found = request;
    return Promise.resolve();
  });
  await program.parseAsync(line.split(" "), { from: "user" });
  return found;
}

test.each([
  ["login", { what: "login" }],
  [
    "login --flow f --collection a --collection b --force --local-server --port 8123 --client-id c --token-store t --config g",
    {
      what: "login",
      flow: "f",
      collection: ["a", "b"],
      force: true,
      localServer: true,
      port: 8123,
      clientId: "c",
      tokenStore: "t",
      config: "g",
    },
  ],
  ["login --policy p --policy q --domain d", { what: "login", policy: ["p", "q"], domain: ["d"] }],
  ["logout --flow f", { what: "logout", flow: "f" }],
  ["whoami --json", { what: "whoami", json: true }],
  ["collection search a b --limit 5", { what: "collection search", words: ["a", "b"], limit: 5 }],
  ["collection show a --json", { what: "collection show", id: "a", json: true }],
  ["collection ls a:/b", { what: "collection ls", place: "a:/b" }],
])("%s is understood", async (line, request) => {
  expect(await parsed(line)).toEqual(request);
});

test.each([
  "login now",
  "login --port 0",
  "login --port 70000",
  "logout --json",
  "whoami me",
  "collection",
  "collection search",
  "collection find a",
  "collection show",
  "collection ls a --limit 1.5",
])("%s is refused", async (line) => {
  expect((await failureOf(parsed(line), CommanderError)).exitCode).toBe(1);
});
