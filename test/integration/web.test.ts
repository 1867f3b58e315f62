/** The web page of a whole IOC, over HTTP. */
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type WebPage, webPageOf } from "../support/peers/web-page.ts";

let simulated: SimulatedBeamline;
let page: WebPage;

beforeAll(async () => {
  simulated = await startSimulatedBeamline({ webPort: 0 });
  page = await webPageOf(simulated.ioc);
});
afterAll(() => simulated.stop());

async function put(pv: string, value: unknown, headers: Readonly<Record<string, string>> = {}) {
  const { statusCode, body } = await request(`${page.url}/api/put`, {
    method: "POST",
    headers: { authorization: `Bearer ${page.token}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ pv, value }),
  });
  return { statusCode, ...((await body.json()) as { readonly message?: string }) };
}

test("the model is that of this IOC", async () => {
  const { body } = await request(`${page.url}/api/model`);
  expect(await body.json()).toMatchObject({ prefix: simulated.prefix });
});

test("the token of the start writes what managers write, and the log tells who did", async () => {
  expect(await put("EmailTo", "Schedule")).toEqual({ statusCode: 200 });
  await simulated.ioc.said(/web:start@127\.0\.0\.1:\d+ wrote 1 to \S+EmailTo\./);
  expect(await put("EmailTo", "Shedule")).toMatchObject({ statusCode: 400 });
  expect(simulated.ioc.stdout.split(page.token)).toHaveLength(2);
  expect(simulated.ioc.stderr).not.toContain(page.token);
});

test("a refusal's reason reaches who asked", async () => {
  const { statusCode, message } = await put("PruneDays", 1e9);
  expect(statusCode).toBe(409);
  expect(message).toMatch(/^PruneDays takes whole numbers/);
});
