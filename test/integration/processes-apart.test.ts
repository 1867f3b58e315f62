/** The programs of processes apart, whose own process ends by a kill. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/peers/real-peers.ts";

const layout = { pattern: "{scan}", exclude: [], markers: [".done"], counted: [], restSeconds: [1] };

test.each([
  ["tree/tree-program.js", (root: string) => ({ watch: { root, layouts: [layout], periodSeconds: 0.1 } })],
  ["scans/worker-program.js", () => ({ stop: true })],
])("%s ends where nobody listens any more, also from before its first word", async (program, asked) => {
  const root = mkdtempSync(join(tmpdir(), "apart-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const child = fork(join(ROOT, "dist/services", program), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await new Promise((resolve) => child.send(asked(root), resolve));
  child.disconnect(); // long before it has read its modules
  expect(await ended).toEqual([0, null]);
});
