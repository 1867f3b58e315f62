/**
 * The answers that stand in test/database/base are those of the softIoc that is installed. With `-u` they are written.
 */
import { describe, expect, test } from "vitest";
import { CHAPTERS } from "../database/base/index.ts";
import { answersFile, asCase, askBase, linesOf } from "../support/engine/base-values.ts";
import { needPeers } from "../support/peers/real-peers.ts";

describe.skipIf(needPeers("softIoc").missing)("softIoc answers as the file says for", () => {
  test.each(CHAPTERS.map((chapter) => [chapter.name, chapter] as const))(
    "%s",
    { timeout: 120_000 },
    async (_, chapter) => {
      const [answer] = await askBase([asCase(chapter)]);
      if (answer == null) throw new Error("softIoc did not survive the chapter");
      await expect(`${linesOf(chapter, answer).join("\n")}\n`).toMatchFileSnapshot(answersFile(chapter));
    },
  );
});
