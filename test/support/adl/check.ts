/** Says in one sentence each what screens of MEDM have wrong. Reads no file: texts and PVs are handed in. */
import { type AdlChannels, channelProblems } from "./channels.ts";
import { grammarProblems } from "./grammar.ts";
import { greenProblems } from "./green.ts";
import { linkProblems } from "./links.ts";
import { placedWidgets, placeProblems } from "./places.ts";
import { readAdl } from "./read.ts";
import { roomProblems } from "./room.ts";

/**
 * @param texts of all screens, by their file's name: one may open the other
 * @param channelsOf the PVs of a screen
 */
export function adlProblems(texts: ReadonlyMap<string, string>, channelsOf: (file: string) => AdlChannels): string[] {
  const read = [...texts].map(([file, text]) => ({ file, ...readAdl(text) }));
  const screens = new Map(read.map(({ file, blocks }) => [file, blocks]));
  return read.flatMap(({ file, blocks, problems }) => {
    const channels = channelsOf(file);
    const placed = placedWidgets(blocks);
    const found = [
      ...problems,
      ...grammarProblems(file, blocks),
      ...placed.problems,
      ...placeProblems(blocks[1], placed.widgets),
      ...roomProblems(placed.widgets, channels),
      ...channelProblems(placed.widgets, channels),
      ...greenProblems(placed.widgets, channels),
      ...linkProblems(blocks, screens),
    ];
    return found.sort((one, other) => one.line - other.line).map(({ line, what }) => `${file}:${line}: ${what}`);
  });
}
