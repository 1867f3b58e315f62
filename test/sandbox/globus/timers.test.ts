/** Timers of the simulated Globus: when they run, by the clock alone, and what keeps them from running. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

type Fields = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly json: Fields;
}
const SCOPE = "https://auth.globus.org/scopes/524230d7-ea86-4a52-8312-86065a9e0417/timer";
const TRANSFER = "urn:globus:auth:scope:transfer.api.globus.org:all";

let clock: FakeClock;
let globus: GlobusService;
let token: string;
beforeEach(async () => {
  clock = new FakeClock();
  globus = await startGlobusService({ clock, collections: [{ name: "guest", files: { "/a": "abc" } }] });
  token = await tokenFor(`${SCOPE}[${TRANSFER}]`);
});
afterEach(() => globus.close());

async function tokenFor(scope: string): Promise<string> {
  const { clientId, secret } = globus.serviceAccount;
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "client_credentials", scope });
  const answer = await fetch(`${globus.url}/v2/oauth2/token`, { method: "POST", body, headers: { authorization } });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}
async function ask(method: string, path: string, body?: object): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${globus.url}${path}`, { method, headers, ...sent });
  return { status: answer.status, json: (await answer.json()) as Fields };
}
const create = (schedule: Fields, changes: Fields = {}): Promise<Answer> => {
  const { id } = globus.collection("guest");
  const item = { DATA_TYPE: "transfer_item", source_path: "/a", destination_path: "/b" };
  const ends = { source_endpoint: id, destination_endpoint: id };
  const body = { DATA_TYPE: "transfer", ...ends, DATA: [item], verify_checksum: true };
  return ask("POST", "/v2/timer", { timer: { timer_type: "transfer", name: "nightly", schedule, body, ...changes } });
};
const idOf = ({ json }: Answer): string => (json["timer"] as { readonly job_id: string }).job_id;
const jobOf = async (id: string): Promise<Fields> => (await ask("GET", `/jobs/${id}`)).json;
const runs = (): string[] => globus.transfers.map(({ label }) => label);
const at = (seconds: number): string => new Date(clock.now() + seconds * 1000).toISOString();
const later = (seconds: number): void => clock.advance(seconds);

test("a recurring timer runs at its start and every interval, as often as it was told", async () => {
  const id = idOf(await create({ type: "recurring", interval_seconds: 60, start: at(30), end: { count: 3 } }));
  expect(await jobOf(id)).toMatchObject({ status: "new", n_runs: 0, next_run: at(30).replace(".000Z", "+00:00") });
  later(29);
  expect(runs()).toEqual([]);
  later(1);
  expect(runs()).toEqual(["nightly, run 1"]);
  later(60);
  expect(await jobOf(id)).toMatchObject({ status: "loaded", n_runs: 2, stop_after: { n_runs: 3, date: null } });
  later(600);
  expect(runs()).toHaveLength(3);
  expect(await jobOf(id)).toMatchObject({ status: "ended", n_runs: 3, next_run: null, activity: null });
});

test("a timer ends at its time, and one that runs once has ended then", async () => {
  await create({ type: "recurring", interval_seconds: 60, end: { condition: "time", datetime: at(150) } });
  const once = idOf(await create({ type: "once", datetime: at(10) }, { name: "once" }));
  later(1000);
  expect(runs().filter((label) => label.startsWith("nightly"))).toHaveLength(3);
  expect(runs().filter((label) => label.startsWith("once"))).toHaveLength(1);
  expect(await jobOf(once)).toMatchObject({ status: "ended", interval: null });
});

test("runs that a pause has swallowed are not made up for", async () => {
  const id = idOf(await create({ type: "recurring", interval_seconds: 60 }));
  later(0);
  await ask("POST", `/jobs/${id}/pause`);
  later(200);
  expect(runs()).toHaveLength(1);
  expect(await jobOf(id)).toMatchObject({ status: "inactive", inactive_reason: { cause: "user" }, next_run: null });
  await ask("POST", `/jobs/${id}/resume`);
  later(39);
  expect(runs()).toHaveLength(1);
  later(1);
  expect(runs()).toHaveLength(2);
});

test("a run that Transfer refuses is counted and kept, and the next is tried", async () => {
  const id = idOf(await create({ type: "recurring", interval_seconds: 60 }, { body: { source_endpoint: "none" } }));
  later(60);
  const job = await jobOf(id);
  expect(job).toMatchObject({ status: "loaded", n_runs: 2, n_errors: 2 });
  expect(job["results"]).toMatchObject({ data: [{ status: 400, data: null }, { status: 400 }] });
});

test("a consent that was withdrawn stops the timer until somebody who has it resumes it", async () => {
  const id = idOf(await create({ type: "recurring", interval_seconds: 60 }));
  later(0);
  globus.revokeConsent(SCOPE);
  later(600);
  expect(runs()).toHaveLength(1);
  expect((await ask("GET", `/jobs/${id}`)).status).toBe(401);
  token = await tokenFor(SCOPE);
  expect(await jobOf(id)).toMatchObject({
    status: "inactive",
    inactive_reason: {
      cause: "globus_auth_requirements",
      detail: { code: "ConsentRequired", authorization_parameters: { required_scopes: [`${SCOPE}[${TRANSFER}]`] } },
    },
  });
  token = await tokenFor(`${SCOPE}[${TRANSFER}]`);
  expect((await ask("POST", `/jobs/${id}/resume`)).status).toBe(200);
  later(60);
  expect(runs()).toHaveLength(2);
});

test.each([
  ["no schedule", undefined, {}, 422],
  ["an interval below a minute", { type: "recurring", interval_seconds: 59 }, {}, 422],
  ["a start that is no time", { type: "once", datetime: "soon" }, {}, 422],
  ["another kind", { type: "once" }, { timer_type: "mail" }, 422],
  ["a flow that is not there", { type: "once" }, { timer_type: "flow", flow_id: "none" }, 404],
])("%s is refused", async (_, schedule, changes, status) => {
  expect((await create(schedule as Fields, changes)).status).toBe(status);
});

test("a timer is made only with the consent to what it does", async () => {
  globus.revokeConsent(SCOPE);
  token = await tokenFor(SCOPE);
  const refused = await create({ type: "once" });
  expect(refused).toMatchObject({
    status: 403,
    json: { code: "ConsentRequired", authorization_parameters: { required_scopes: [`${SCOPE}[${TRANSFER}]`] } },
  });
});

test("timers are their owner's, renamed, and gone when they are deleted", async () => {
  const id = idOf(await create({ type: "once", datetime: at(60) }));
  expect((await ask("PATCH", `/jobs/${id}`, { name: "weekly" })).json["name"]).toBe("weekly");
  expect((await ask("PATCH", `/jobs/${id}`, { interval: 1 })).status).toBe(422);
  expect((await ask("GET", "/jobs/")).json["jobs"]).toHaveLength(1);
  await ask("DELETE", `/jobs/${id}`);
  later(120);
  expect(runs()).toEqual([]);
  expect((await ask("GET", `/jobs/${id}`)).status).toBe(404);
});
