/** Pictures of the page that the IOC serves, in Chromium without a window. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fewerColours, pixelsOf, png } from "./png.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
/** Chromium asks nobody but the IOC. */
const FLAGS = (
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync --disable-lcd-text"
).split(" ");
/** The graphs of the page have their first points. */
const SETTLE_SECONDS = 10;
const PICTURES = [
  { name: "page.png", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "page-dark.png", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "page-phone.png", colorScheme: "light", viewport: { width: 390, height: 844 } },
];

const chromium = () =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));

/** Why there are no pictures of the page on this machine; undefined where there can be. */
export const pageIsMissing = () => (chromium() === undefined ? `no ${NAMES.join(", ")} on the PATH` : undefined);

/**
 * @param page its address
 * @returns a picture in light, in dark and on a phone
 */
export async function takePage({ page: address }) {
  const { chromium: browsers } = await import("playwright-core");
  const browser = await browsers.launch({ executablePath: chromium(), args: FLAGS });
  try {
    const tabs = await Promise.all(PICTURES.map((look) => browser.newPage(look)));
    await Promise.all(tabs.map((tab) => tab.goto(address, { waitUntil: "load" })));
    await sleep(1000 * SETTLE_SECONDS);
    const pictures = [];
    for (const [index, tab] of tabs.entries())
      pictures.push({ name: PICTURES[index].name, bytes: png(fewerColours(pixelsOf(await tab.screenshot()))) });
    return { pictures, problems: [] };
  } finally {
    await browser.close();
  }
}
