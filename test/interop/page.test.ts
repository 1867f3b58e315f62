/** The page in Debian's Chromium, on a server with PVs of the test's: what an IOC could say, and could do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { WEB_LIMITS } from "../../src/web/limits.ts";
import { readPageFiles } from "../../src/web/page-files.ts";
import { startWebServer, type WebServer } from "../../src/web/server.ts";
import { bundlePage } from "../../tools/bundle-page.mjs";
import { type OpenPage, startBrowser, type TestBrowser } from "../support/peers/browser.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { TOKEN, webAppOn } from "../support/web-app.ts";

const chromium = needPeers("chromium");

describe.skipIf(chromium.missing)("the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-page-"));
  let browser: TestBrowser;

  beforeAll(async () => {
    [browser] = await Promise.all([startBrowser(), bundlePage(folder)]);
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** A server, whose heart beats until it is disposed of. */
  async function served(port = 0) {
    let server: WebServer | undefined;
    const { app, pvs } = webAppOn({
      files: readPageFiles(folder),
      clock: systemClock,
      port: () => server?.port ?? port,
    });
    server = await startWebServer({ app, address: "127.0.0.1", port, limits: WEB_LIMITS });
    let beats = 0;
    const heart = setInterval(() => pvs.post("Heartbeat", ++beats), 500);
    pvs.post("StartTime", "2026-12-01T03:00:00-06:00");
    return {
      pvs,
      port: server.port,
      async [Symbol.asyncDispose]() {
        clearInterval(heart);
        await server.close();
      },
    };
  }
  const live = ({ page }: OpenPage): Promise<unknown> => page.waitForSelector("[data-live=yes] #all");
  const open = async (port: number, width = 1280): Promise<OpenPage> => {
    const opened = await browser.open(`http://127.0.0.1:${port}/`, { viewport: { width, height: 800 } });
    await live(opened);
    return opened;
  };

  test("shows text of the IOC as text, and makes links of addresses of the web alone", async () => {
    await using server = await served();
    const { page, problems } = await open(server.port);
    const hostile = `<img src=x onerror="document.title='run'"><script>document.title='run'</script>`;
    server.pvs.post("LastError", hostile);
    server.pvs.post("Log", `${hostile}\n2026-12-01 03:00:00 MAJOR ${hostile}`);
    server.pvs.post("RunUrl", "javascript:document.title='run'");
    await page.locator(".error").getByText(hostile).waitFor();
    const url = page.locator("#flows .field", { hasText: "URL" });
    await url.getByText("javascript:").waitFor();
    expect(await url.getByRole("link").count()).toBe(0);
    server.pvs.post("RunUrl", "https://example.org/runs/1");
    expect(await url.getByRole("link").getAttribute("href")).toBe("https://example.org/runs/1");
    expect(await page.title()).toBe("t:Globus: globus-ioc");
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("asks for the token once, and says in place what the IOC refuses", async () => {
    await using server = await served();
    const { page } = await open(server.port);
    const visit = page.locator(".visit");
    await visit.getByRole("button", { name: "Init", exact: true }).click();
    await page.getByRole("textbox", { name: "Token" }).fill("a-wrong-token-of-the-tests");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("This token is not one of this IOC's").waitFor();
    await page.getByRole("textbox", { name: "Token" }).fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Writes as start" }).waitFor();
    await page.locator("#spoken").getByText("Init was written.").waitFor();
    server.pvs.refusal = { kind: "refused", reason: "Dirs needs a tag: run Tag first." };
    await visit.getByRole("button", { name: "Dirs" }).click();
    await visit.getByText("Dirs needs a tag: run Tag first.").waitFor();
    expect(server.pvs.puts.map(({ suffix, value }) => [suffix, value])).toEqual([
      ["Init", 1],
      ["Dirs", 1],
    ]);
  });

  test("starts what has an arm only when it is armed, and asks first", async () => {
    await using server = await served();
    const { page, problems } = await open(server.port);
    await page.evaluate(`sessionStorage.setItem("globus-ioc-token", "${TOKEN}")`);
    await page.reload();
    const visit = page.locator(".visit");
    const email = visit.getByRole("button", { name: "Email", exact: true });
    await email.click({ force: true });
    await visit.getByText("Email starts only when it is armed: press Arm first.").waitFor();
    server.pvs.post("EmailCount", 6);
    server.pvs.post("EmailArm", 1);
    await visit.getByText("Armed").waitFor();
    await email.click();
    await page.getByRole("dialog").getByText("Email count").waitFor();
    await page.keyboard.press("Escape");
    expect(server.pvs.puts).toEqual([]);
    await email.click();
    await page.getByRole("dialog").getByRole("button", { name: "Email" }).click();
    await page.locator("#spoken").getByText("Email was written.").waitFor();
    expect(server.pvs.puts).toMatchObject([{ suffix: "Email", value: 1 }]);
    expect(problems).toEqual([]);
  });

  test("says since when it is not live, and comes back with all values anew", async () => {
    const first = await served();
    first.pvs.post("TagMessage", "of the first start");
    const opened = await open(first.port);
    await opened.page.locator(".beam").getByText("of the first start").waitFor();
    await first[Symbol.asyncDispose]();
    await opened.page
      .getByRole("alert")
      .getByText(/^Not live since \d\d:\d\d:\d\d\. /)
      .waitFor();
    expect(await opened.page.title()).toBe("Not live: t:Globus: globus-ioc");
    await using again = await served(first.port);
    again.pvs.post("TagMessage", "of the second start");
    await live(opened);
    await opened.page.locator(".beam").getByText("of the second start").waitFor();
    expect(await opened.page.getByText("of the first start").count()).toBe(0);
  });

  test("fits a phone", async () => {
    await using server = await served();
    const { page } = await open(server.port, 390);
    server.pvs.post("InitMessage", `${"a-word-without-an-end".repeat(20)} and more`);
    await page.locator(".visit").getByText("and more").waitFor();
    await page.evaluate(`for (const details of document.querySelectorAll("details")) details.open = true`);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  });
});
