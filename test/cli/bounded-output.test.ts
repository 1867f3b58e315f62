import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { boundedOutput } from "../../src/cli/bounded-output.ts";

/** A pipe whose reader reads on request. */
class Pipe extends Writable {
  read = "";
  #isOpen = false;
  #waiting: (() => void) | undefined;
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.read += chunk.toString();
    if (this.#isOpen) done();
    else this.#waiting = done;
  }
  async readAll(): Promise<void> {
    this.#isOpen = true;
    const emptied = new Promise((resolve) => this.once("drain", resolve));
    this.#waiting?.();
    await emptied;
  }
}

test("what nobody reads is bounded, and what was left out is told to who reads again", async () => {
  const pipe = new Pipe({ highWaterMark: 8 });
  const output = boundedOutput(pipe, 100);
  for (let line = 10; line < 60; line++) output.write(`line ${line}\n`);
  expect(pipe.writableLength).toBeLessThanOrEqual(100);
  await pipe.readAll();
  output.write("again\n");
  const lines = pipe.read.trimEnd().split("\n");
  const kept = lines.filter((line) => line.startsWith("line "));
  expect(kept).toEqual(Array.from({ length: 12 }, (_, index) => `line ${10 + index}`));
  expect(lines.slice(kept.length)).toEqual(["(38 lines are left out here: nobody was reading this output.)", "again"]);
});

test("a text larger than the bound is written whole where nothing waits", () => {
  const pipe = new Pipe();
  boundedOutput(pipe, 10).write("longer than the bound\n");
  expect(pipe.read).toBe("longer than the bound\n");
});
