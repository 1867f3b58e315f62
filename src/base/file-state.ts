/** Whether files have changed, without reading them: for what was asked with a file that may be mended meanwhile. */
import { stat } from "node:fs/promises";
import { codeOf } from "./errors.ts";

/**
 * A text that differs after any of the files was written, replaced, made, removed, or given other permissions. Never
 * fails.
 */
export async function fileState(paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(path);
      return [mtimeMs, ctimeMs, size, ino].join(" ");
    } catch (error) {
      return codeOf(error) ?? "?";
    }
  });
  return (await Promise.all(states)).join("\n");
}
