/**
 * Makes the pictures in docs/img: `npm run pictures`. They show one moment of a visit on the sandbox beamline. What
 * cannot be had on this machine is named, and its pictures stay as they are.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { medmIsMissing, takeMedm } from "./pictures/medm.mjs";
import { beginMoment } from "./pictures/moment.mjs";
import { pageIsMissing, takePage } from "./pictures/page.mjs";
import { fail, ROOT, say } from "./run.mjs";

const FOLDER = join(ROOT, "docs/img");
/** Of one picture: they are read over slow lines, and stay in the repository for ever. */
const MOST_BYTES = 200_000;

const kinds = [
  { name: "the page", missing: pageIsMissing(), take: takePage },
  { name: "MEDM", missing: medmIsMissing(), take: takeMedm },
];
const wanted = kinds.filter(({ missing }) => missing === undefined);
for (const { name, missing } of kinds)
  if (missing !== undefined) say(`The pictures of ${name} are skipped: ${missing}.`);
const problems = wanted.length === 0 ? [] : await takeAll();
if (problems.length > 0) fail(problems.join("\n"));

/** @returns what is wrong with the pictures, or with what they show */
async function takeAll() {
  const moment = await beginMoment(say);
  try {
    const taken = await Promise.all(wanted.map(({ take }) => take(moment)));
    mkdirSync(FOLDER, { recursive: true });
    return taken.flatMap(({ pictures, problems: own }) => [...own, ...pictures.flatMap(keep)]);
  } finally {
    await moment.close();
  }
}

/** @returns a sentence where the picture is too large to keep */
function keep({ name, bytes }) {
  const file = `docs/img/${name}`;
  if (bytes.length > MOST_BYTES) return [`${file} would have ${bytes.length} bytes: ${MOST_BYTES} are the most.`];
  writeFileSync(join(FOLDER, name), bytes);
  say(`${file}: ${Math.ceil(bytes.length / 1000)} kB`);
  return [];
}
