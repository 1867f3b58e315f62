/**
 * Bundles the program, with the packages that it uses, into few files: it starts in half the time that several hundred
 * modules take. dist/main.js is the bundle's entry; its other files lie in dist/program/, with the licences of the
 * packages. What stands beside them in dist/ is the library, a module a file. Native packages stay outside.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

/** Programs by the place of their bundle in dist/: the two that main.js starts look for theirs beside themselves. */
const PROGRAMS = {
  main: "main.ts",
  "program/tree-program": "services/tree/tree-program.ts",
  "program/worker-program": "services/scans/worker-program.ts",
};
/** Packages with native parts: classic-level's is prebuilt inside it, ssh2 does without cpu-features. */
const OUTSIDE = ["classic-level", "cpu-features", "*.node"];
/** What modules of CommonJS expect to find, and modules of ECMAScript do not have. */
const COMMON_JS = `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

export async function bundleProgram() {
  const { build } = await import("esbuild"); // a fresh clone has the package only now
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(Object.entries(PROGRAMS).map(([to, from]) => [to, join(ROOT, "src", from)])),
    outdir: "dist",
    chunkNames: "program/[name]-[hash]",
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: OUTSIDE,
    banner: { js: COMMON_JS },
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  writeFileSync(join(ROOT, "dist/program/LICENSES.txt"), licencesOf(packagesOf(Object.keys(metafile.inputs))));
}

/** The folders of the packages that these files come from, in order. */
const packagesOf = (files) =>
  [...new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))].sort();

/** What each package says of its licence. */
function licencesOf(folders) {
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
    const file = readdirSync(join(ROOT, folder)).find((one) => /^(licen[cs]e|copying)/i.test(one));
    const text = file === undefined ? "" : `\n\n${readFileSync(join(ROOT, folder, file), "utf8").trim()}`;
    return `${name} ${version}${license === undefined ? "" : ` (${license})`}${text}`;
  });
  return `The program contains these packages.\n\n${texts.join("\n\n")}\n`;
}
