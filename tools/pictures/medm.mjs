/**
 * Pictures of the screens in medm/: all opened at once in MEDM, on an X server without a monitor, side by side. What
 * MEDM says beside is a fault of a screen.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../run.mjs";
import { cutOut, png } from "./png.mjs";

const SCREENS = join(ROOT, "medm");
/** All has its value. */
const SETTLE_SECONDS = 10;
/** Half of MEDM's notice of its version, which lies in the middle of the X server's screen at first, and some more. */
const NOTICE = 100;
const START_SECONDS = 10;
/** Between screens; and at the right, for the window of each MEDM itself. */
const GAP = 20;
const RIGHT = 320;
const WIDTH = 4800;
const FONT_FOLDERS = ["/usr/share/fonts/X11/misc", "/usr/share/X11/fonts/misc"];
/** Fonts by the height that MEDM has in mind, as on Linux hosts of beamlines. */
const FIXED = "-*-fixed-medium-r-normal--";
const FONTS = {
  4: `${FIXED}8-80-75-75-c-50-iso8859-1`,
  6: `${FIXED}8-80-75-75-c-50-iso8859-1`,
  8: `${FIXED}9-90-75-75-c-60-iso8859-1`,
  10: `${FIXED}10-100-75-75-c-60-iso8859-1`,
  12: `-misc-fixed-medium-r-semicondensed--13-120-75-75-c-60-iso8859-1`,
  14: `${FIXED}14-130-75-75-c-70-iso8859-1`,
  16: `${FIXED}15-140-75-75-c-90-iso8859-1`,
  18: `${FIXED}16-120-100-100-c-80-iso8859-1`,
  20: `${FIXED}20-200-75-75-c-100-iso8859-1`,
  ...Object.fromEntries([22, 24, 30, 36, 40, 48, 60].map((size) => [size, `${FIXED}24-170-100-100-c-120-iso8859-1`])),
};

/** Why there are no pictures of MEDM on this machine; undefined where there can be. */
export function medmIsMissing() {
  const missing = ["medm", "Xvfb"].filter((name) => onPath(name) === undefined);
  if (missing.length > 0) return `no ${missing.join(" and no ")} on the PATH`;
  return FONT_FOLDERS.some((folder) => existsSync(folder)) ? undefined : `no fonts in ${FONT_FOLDERS.join(" or ")}`;
}

const onPath = (name) =>
  (process.env.PATH ?? "").split(delimiter).find((folder) => folder !== "" && existsSync(join(folder, name)));

/**
 * @param environment of the clients of the IOC
 * @returns a picture of each screen, and what MEDM said of them
 */
export async function takeMedm({ environment }) {
  const temporary = mkdtempSync(join(tmpdir(), "globus-ioc-pictures-"));
  const started = [];
  try {
    const screens = placed(readdirSync(SCREENS).filter((name) => name.endsWith(".adl")));
    const bottom = Math.max(...screens.map(({ y, height }) => y + height));
    const display = await startXvfb(temporary, started, 2 * (bottom + NOTICE));
    let said = "";
    for (const { file, x, y } of screens) {
      const macros = file.startsWith("tomoScan") ? "P=2bmb:,R=TomoScan:" : "P=2bmb:,R=Globus:,TS=TomoScan:";
      const medm = spawn("medm", ["-x", "-local", "-dg", `+${x}+${y}`, "-macro", macros, file], {
        cwd: SCREENS,
        env: { ...environment, DISPLAY: display, EPICS_DISPLAY_PATH: SCREENS },
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [medm.stdout, medm.stderr])
        stream.setEncoding("utf8").on("data", (text) => {
          if (text.trim() !== "") said += `${file}: ${text.trim()}\n`;
        });
      started.push(medm);
    }
    await sleep(1000 * SETTLE_SECONDS);
    const frame = readFileSync(join(temporary, "Xvfb_screen0"));
    return {
      pictures: screens.map((screen) => ({
        name: `medm-${screen.file.replace(/\.adl$/, "")}.png`,
        bytes: png(cutOut(frame, screen)),
      })),
      problems: said.trim() === "" ? [] : [`MEDM has something to say of the screens:\n${said}`],
    };
  } finally {
    for (const child of started.toReversed()) await end(child);
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** @returns the display's name */
async function startXvfb(temporary, started, height) {
  const fonts = join(temporary, "fonts");
  mkdirSync(fonts);
  writeFileSync(join(fonts, "fonts.dir"), "0\n");
  const aliases = Object.entries(FONTS).map(([size, font]) => `widgetDM_${size} ${font}\n`);
  writeFileSync(join(fonts, "fonts.alias"), aliases.join(""));
  const path = [fonts, ...FONT_FOLDERS.filter((folder) => existsSync(folder))].join(",");
  const screen = ["-nocursor", "-screen", "0", `${WIDTH}x${height}x24`, "-fbdir", temporary, "-fp", path];
  const xvfb = spawn("Xvfb", ["-displayfd", "3", "-nolisten", "tcp", ...screen], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  started.push(xvfb);
  let said = "";
  xvfb.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  return await new Promise((resolve, reject) => {
    const refuse = () => reject(new Error(`Xvfb does not start: ${said}`));
    setTimeout(refuse, 1000 * START_SECONDS).unref();
    xvfb.once("close", refuse);
    xvfb.stdio[3].setEncoding("utf8").once("data", (number) => resolve(`:${number.trim()}`));
  });
}

/** Puts the screens side by side, in rows. */
function placed(files) {
  let [x, y, rowHeight] = [0, 0, 0];
  return files.sort().map((file) => {
    const [, width, height] = /\bwidth=(\d+)\s+height=(\d+)/
      .exec(readFileSync(join(SCREENS, file), "latin1"))
      .map(Number);
    if (x + width > WIDTH - RIGHT) [x, y, rowHeight] = [0, y + rowHeight + GAP, 0];
    const place = { file, x, y, width, height };
    x += width + GAP;
    rowHeight = Math.max(rowHeight, height);
    return place;
  });
}
