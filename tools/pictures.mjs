/**
 * Makes the pictures in docs/img: `npm run pictures`. They show one moment of a visit on the sandbox beamline. What
 * cannot be had on this machine is named, and its pictures stay as they are.
 */
import { join } from "node:path";
import { medmIsMissing, takeMedm } from "./pictures/medm.mjs";
import { beginMoment } from "./pictures/moment.mjs";
import { fail, ROOT, say } from "./run.mjs";

const FOLDER = join(ROOT, "docs/img");

const missing = medmIsMissing();
if (missing !== undefined) say(`MEDM's pictures are skipped: ${missing}.`);
else {
  const moment = await beginMoment(say);
  try {
    const said = await takeMedm({ environment: moment.environment, folder: FOLDER, say });
    if (said !== "") fail(`MEDM has something to say of the screens:\n${said}`);
  } finally {
    await moment.close();
  }
}
