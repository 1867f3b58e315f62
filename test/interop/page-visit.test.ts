/** A visit on the page, in Debian's Chromium, on a whole simulated beamline: what a person presses, and what comes. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TRIGGER_STATES } from "../../src/controller/pvs/triggers.ts";
import { VISIT_STEPS, type VisitStep } from "../../src/controller/pvs/visit.ts";
import { type OpenPage, startBrowser, type TestBrowser } from "../support/peers/browser.ts";
import { freePort } from "../support/peers/epics-environment.ts";
import { openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type WebPage, webPageOf } from "../support/peers/web-page.ts";

const chromium = needPeers("chromium");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(chromium.missing)("a visit on the page", () => {
  let site: SimulatedBeamline;
  let web: WebPage;
  let browser: TestBrowser;
  const operator = operatorOf(() => site);

  beforeAll(async () => {
    [site, browser] = await Promise.all([startSimulatedBeamline({ webPort: await freePort() }), startBrowser()]);
    web = await webPageOf(site.ioc);
  });
  afterEach(() => site.beamline.dm.misbehave({}));
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await operator.close();
    await site.stop();
  });

  /** The page of a person who has given the token. */
  async function opened(options: Parameters<TestBrowser["open"]>[1] = {}): Promise<OpenPage> {
    const one = await browser.open(web.url, options);
    await one.page.evaluate(`sessionStorage.setItem("globus-ioc-token", ${JSON.stringify(web.token)})`);
    await one.page.reload();
    await one.page.waitForSelector("[data-live=yes] #all");
    return one;
  }
  /** The row of a step: its buttons are other ones while its command runs. */
  const step = ({ page }: OpenPage, name: VisitStep) => page.locator(".visit li").nth(VISIT_STEPS.indexOf(name));

  test("Init is seen to run, to finish and to fail, in words", async () => {
    const one = await opened();
    await site.beamline.dm.misbehave({ slowSeconds: 0.2 });
    await step(one, "Init").getByRole("button", { name: "Init" }).click();
    await step(one, "Init").getByText("Running").waitFor();
    await step(one, "Init").getByText("Done").waitFor();
    await step(one, "Init").getByText(`Experiment ${site.experimentName} was created on voyager`).waitFor();
    await site.beamline.dm.misbehave({ loginRefused: true, unauthorized: "always" });
    await step(one, "Init").getByRole("button", { name: "Init" }).click();
    await step(one, "Init").getByText("Failed").waitFor();
    const [said, error] = [await operator.text("InitMessage"), await operator.text("LastError")];
    expect(said).toContain("does not accept user");
    await step(one, "Init").getByText(said).waitFor();
    await one.page.locator(".error").getByText(error).waitFor();
    expect(one.problems).toEqual([]);
  });

  test("the e-mail is previewed, armed, asked about and sent", async () => {
    const one = await opened();
    const email = step(one, "Email");
    await email.getByRole("button", { name: "Preview email" }).click();
    await email.getByText("would go to").waitFor();
    await email.getByRole("button", { name: "Email arm" }).click();
    await email.getByRole("button", { name: "Email arm", pressed: true }).waitFor();
    await email.getByRole("button", { name: "Email", exact: true }).click();
    await one.page.getByRole("dialog").getByRole("button", { name: "Email" }).click();
    await email.getByText("The mail server accepted the e-mail").waitFor();
    expect(one.problems).toEqual([]);
  });

  test("with the keyboard alone a step is reached, started and seen to end", async () => {
    const one = await opened();
    const focused = (): Promise<unknown> => one.page.evaluate("document.activeElement.textContent");
    const MOST = 60;
    for (let presses = 0; presses < MOST && (await focused()) !== "Dirs"; presses++)
      await one.page.keyboard.press("Tab");
    expect(await focused()).toBe("Dirs");
    expect(await one.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).not.toBe("none");
    await one.page.keyboard.press("Enter");
    await step(one, "Dirs").getByText("was made").waitFor();
    expect(one.problems).toEqual([]);
  });

  test("a scan is seen on its way, and proven", async () => {
    const one = await opened();
    await operator.until("Trigger0State", (state) => TRIGGER_STATES[Number(state)] === "Idle");
    const { client } = openClient(site.beamline.tomoScanPort);
    const start = client.pv(`${site.beamline.tomoScanPrefix}StartScan`);
    await start.connected({ timeoutSeconds: 20 });
    await start.putCallback(1, { timeoutSeconds: 30 });
    await client.close();
    const scans = one.page.locator("#transfers");
    await scans.getByText("Verified").first().waitFor();
    await one.page.locator(".visit").getByText("is proven at").waitFor();
    expect(one.problems).toEqual([]);
  });

  test("another site's page gets nothing done", async () => {
    const { statusCode, body } = await request(`${web.url}/api/put`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${web.token}`,
        "content-type": "application/json",
        origin: "https://example.org",
      },
      body: JSON.stringify({ pv: "Tag", value: 1 }),
    });
    expect(statusCode).toBe(403);
    expect(await body.json()).toMatchObject({ message: expect.stringContaining("another site") as unknown });
  });

  test("the page says that the IOC is gone, and comes back with it", async () => {
    const { page } = await opened();
    await site.restartIoc(undefined, "SIGKILL");
    await page
      .getByRole("alert")
      .getByText(/^Not live since/)
      .waitFor();
    await page.waitForSelector("[data-live=yes] #all");
    await page.locator(".beam").getByText(site.experimentName).first().waitFor();
    web = await webPageOf(site.ioc);
  });

  test.each(["light", "dark"] as const)(
    "axe-core finds nothing serious, %s, on a desk and on a phone",
    async (colorScheme) => {
      for (const width of [1280, 390]) {
        const { page } = await opened({ colorScheme, viewport: { width, height: 800 } });
        await page.evaluate(AXE);
        const { violations } = (await page.evaluate("axe.run()")) as {
          readonly violations: readonly {
            readonly id: string;
            readonly impact: string;
            readonly nodes: readonly { readonly html: string }[];
          }[];
        };
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
    },
  );
});
