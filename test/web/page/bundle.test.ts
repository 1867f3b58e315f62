/** What browsers are sent: small, whole, and nothing that the page's own rules forbid. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlePage } from "../../../tools/bundle-page.mjs";

const MOST_BYTES = 100_000;
let folder = "";
const text = (name: string): string => readFileSync(join(folder, name), "utf8");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "globus-page-"));
  await bundlePage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the page is three files of less than 100 kB together", () => {
  const files = readdirSync(folder).sort();
  expect(files).toEqual(["index.html", "page.css", "page.js"]);
  const bytes = files.reduce((sum, name) => sum + readFileSync(join(folder, name)).byteLength, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
});

test("nothing comes from elsewhere, and no script or style stands in the page", () => {
  const html = text("index.html");
  const [external, ...more] = [...html.matchAll(/(?:href|src)="([^"#]*)"/g)].map(([, address = ""]) => address);
  expect([external?.slice(0, 19), ...more]).toEqual(["data:image/svg+xml,", "/page.css", "/page.js"]);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
  expect(text("page.css")).not.toMatch(/url\(|@import/);
  expect(text("page.js")).not.toMatch(/\bimport\s*\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)[a-z]/);
});

test("text of the IOC never becomes markup", () => {
  expect(text("page.js")).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc/,
  );
});
