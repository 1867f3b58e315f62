/**
 * What happens before `npm start` and `npm test`: an old Node is named, and packages are installed only when they have
 * to be.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInstalled, nodeProblem } from "../../tools/prepare.mjs";
import { ROOT } from "../support/peers/real-peers.ts";

test.each(["v18.20.4", "v20.18.1", "v16.0.0"])("Node %s is refused in one sentence", (version) => {
  expect(nodeProblem(version)).toBe(
    `Node ${version} is too old: globus-ioc needs Node 20.19 or newer; install it from nodejs.org or with nvm and try again.`,
  );
});

test.each(["v20.19.0", "v20.20.2", "v22.0.0", "v24.21.0"])("Node %s is welcome", (version) => {
  expect(nodeProblem(version)).toBeUndefined();
});

test("the sentence and package.json name the same Node", () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { engines: { node: string } };
  const least = engines.node.replace(">=", "");
  expect(nodeProblem(`v${least}`)).toBeUndefined();
  const [major, minor] = least.split(".").map(Number);
  expect(nodeProblem(`v${major}.${(minor ?? 0) - 1}.9`)).toBeDefined();
});

const LOCK = {
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/win": { version: "1.0.0", optional: true },
  },
};

test("packages are in place when each that this platform needs has its version", () => {
  expect(isInstalled(LOCK, { packages: { "node_modules/a": { version: "1.0.0" } } })).toBe(true);
});

test.each([
  ["nothing is installed", undefined],
  ["a package is missing", { packages: {} }],
  ["a package has another version", { packages: { "node_modules/a": { version: "1.0.1" } } }],
])("packages are installed when %s", (_, installed) => {
  expect(isInstalled(LOCK, installed)).toBe(false);
});
