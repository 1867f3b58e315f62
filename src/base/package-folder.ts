/** The folder of this package: of a clone, or where npm has put it. Its files beside dist/ are found from there. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

function holderOf(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : holderOf(dirname(folder));
}

/** The nearest folder with a package.json, whether this code runs from src/, dist/ or a bundle. */
export const PACKAGE_FOLDER: string = holderOf(import.meta.dirname);
