/**
 * Debian's Chromium, driven by playwright-core: pages as a person has them, each with what went wrong in it. Chromium
 * asks no address but those that its pages ask.
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { peerPath } from "./real-peers.ts";

/** As in a container without a screen, and without the browser's own business with the world outside. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
] as const;

const PAGE_MILLISECONDS = 15_000;

export interface OpenPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests that went to another address than the page's own. */
  readonly problems: readonly string[];
}

export interface TestBrowser extends AsyncDisposable {
  /** A page of its own context: no token, no setting of another page is in it. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
}

export async function startBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: peerPath("chromium"), args: [...FLAGS] });
  return {
    async open(url, options = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.setDefaultTimeout(PAGE_MILLISECONDS); // shorter than a test's, so that what never came is named
      const problems: string[] = [];
      const { origin } = new URL(url);
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(`console: ${message.text()}`);
      });
      page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
      page.on("request", (request) => {
        if (new URL(request.url()).origin !== origin && !request.url().startsWith("data:"))
          problems.push(`request outside: ${request.url()}`);
      });
      await page.goto(url);
      return { page, problems };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}
