/**
 * Bundles the page that the IOC serves to browsers (src/web/page/) into three small files: index.html, page.js and
 * page.css. Types are checked elsewhere (tools/test.mjs).
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const PAGE = join(ROOT, "src/web/page");

/** @param folder where the three files go */
export async function bundlePage(folder) {
  const { build } = await import("esbuild"); // a fresh clone has the package only now
  await build({
    absWorkingDir: ROOT,
    entryPoints: { page: join(PAGE, "main.ts"), "page-style": join(PAGE, "page.css") },
    outdir: folder,
    entryNames: "page",
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
  copyFileSync(join(PAGE, "index.html"), join(folder, "index.html"));
}
