/** Globus Transfer behind its port: what is sent, and what is made of each answer. */
import { beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Submission, TransferTasks } from "../../../src/controller/ports/transfer-tasks.ts";
import type { GlobusCall } from "../../../src/services/globus/call.ts";
import { LoginNeededError, parseRefusal, refusalError } from "../../../src/services/globus/errors.ts";
import { createTransferTasks, type TransferTasksOptions } from "../../../src/services/globus/transfer-tasks.ts";
import { failureOf } from "../../support/failure-of.ts";

const DETECTOR = "00000000-0000-4000-8000-00000000000d";
const ARCHIVE = "00000000-0000-4000-8000-00000000000a";
const NAMES: Readonly<Record<string, string>> = { [DETECTOR]: "detector", [ARCHIVE]: "archive" };
const TASK = "10000000-0000-4000-8000-000000000001";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}
type Answer = (asked: Asked) => unknown;

let asked: Asked[];
/** Whether every request so far may be sent twice. */
let isRepeatable: boolean;
let answers: Record<string, Answer>;
let token: string;

/** Sends nothing: the SDK's request is taken as it is made, and answered by `answers`. */
const call: GlobusCall = async (request) => {
  let made: Asked | undefined;
  const take = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname, searchParams } = new URL(url instanceof Request ? url.url : url);
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Asked["body"]) : {};
    made = { method: init.method ?? "GET", path: pathname, query: Object.fromEntries(searchParams), body };
    return new Response(null);
  };
  await request.send({ Authorization: `Bearer ${token}` }, { fetch: { options: { __callable: take } } });
  if (made === undefined) throw new Error("the SDK sent nothing");
  asked.push(made);
  isRepeatable &&= request.repeatable;
  const answer = answers[`${made.method} ${made.path.replace("/v0.10", "")}`];
  if (answer === undefined) throw refused(404, "ClientError.NotFound", request.what);
  return answer(made) as Awaited<ReturnType<GlobusCall>>;
};

function refused(status: number, code: string, what = "do it"): Error {
  const refusal = parseRefusal(status, { code, message: "why", request_id: "AbC123" });
  if (refusal === undefined) throw new Error("no refusal in it");
  return refusalError(what, refusal);
}

beforeEach(() => {
  asked = [];
  isRepeatable = true;
  answers = {};
  token = "first";
});

const transfers = (changes: Partial<TransferTasksOptions> = {}): TransferTasks =>
  createTransferTasks({
    call,
    tokens: {
      token: () => Promise.resolve(token),
      renewed: () => Promise.resolve(token),
      withScopes: () => Promise.resolve(undefined),
    },
    login: { clientId: "client", isServiceAccount: true },
    nameOf: (id) => NAMES[id] ?? id,
    heard: () => undefined,
    encrypt: false,
    ...changes,
  });

const submission = (changes: Partial<Submission> = {}): Submission => ({
  id: "submission",
  label: "a1b2 scan_001",
  sourceCollection: DETECTOR,
  destinationCollection: ARCHIVE,
  items: [{ source: "/data/scan_001.h5", destination: "/2-BM/scan_001.h5", isFolder: false }],
  deadline: "2026-03-02T12:00:00.123Z",
  ...changes,
});
const accepted = { code: "Accepted", task_id: TASK, submission_id: "submission" };
const submitting = (answer: Answer = () => accepted): void => void (answers["POST /transfer"] = answer);

describe("the owner", () => {
  test("of a service account is the account itself, and nobody is asked", async () => {
    expect(await transfers().owner({})).toBe("the service account client");
    expect(asked).toEqual([]);
  });

  test("of a person's login is asked for once for each token", async () => {
    const identities = ["curie", "curie", "noether"];
    answers["GET /v2/oauth2/userinfo"] = () => ({ sub: identities[asked.length - 1] });
    const person = transfers({ login: { clientId: "client", isServiceAccount: false } });
    const curie = "the identity curie through the application client";
    expect(await person.owner({})).toBe(curie);
    expect(await person.owner({})).toBe(curie);
    expect(asked).toHaveLength(1);
    token = "renewed";
    expect(await person.owner({})).toBe(curie);
    token = "another login";
    expect(await person.owner({})).toBe("the identity noether through the application client");
  });
});

test("a person's login that does not tell whose it is needs the scope openid", async () => {
  answers["GET /v2/oauth2/userinfo"] = () => {
    throw refused(403, "FORBIDDEN");
  };
  const person = transfers({ login: { clientId: "client", isServiceAccount: false } });
  const failure = await failureOf(person.owner({}), LoginNeededError);
  expect(failure.message).toContain("the tokens lack the scope openid, run `globus-ioc login`");
});

describe("a submission", () => {
  test("gets its id from Globus", async () => {
    answers["GET /submission_id"] = () => ({ value: "fresh" });
    expect(await transfers().submissionId({})).toBe("fresh");
  });

  test("is sent whole, with everything said that has a default", async () => {
    submitting();
    expect(await transfers({ encrypt: true }).submit(submission(), {})).toBe(TASK);
    expect(asked[0]?.body).toEqual({
      DATA_TYPE: "transfer",
      submission_id: "submission",
      label: "a1b2 scan_001",
      source_endpoint: DETECTOR,
      destination_endpoint: ARCHIVE,
      DATA: [
        {
          DATA_TYPE: "transfer_item",
          source_path: "/data/scan_001.h5",
          destination_path: "/2-BM/scan_001.h5",
          recursive: false,
        },
      ],
      deadline: "2026-03-02T12:00:00+00:00",
      encrypt_data: true,
      sync_level: 3,
      verify_checksum: true,
      preserve_timestamp: true,
      fail_on_quota_errors: true,
      skip_source_errors: false,
      delete_destination_extra: false,
      notify_on_succeeded: false,
      notify_on_failed: false,
      notify_on_inactive: false,
    });
    expect(isRepeatable).toBe(true);
  });

  test("that arrived before gives the task that it made then", async () => {
    submitting(() => ({ ...accepted, code: "Duplicate" }));
    expect(await transfers().submit(submission(), {})).toBe(TASK);
  });

  test.each([{ ...accepted, code: "SomethingNew" }, { code: "Accepted" }, { ...accepted, task_id: null }])(
    "with the answer %j may have happened",
    async (answer) => {
      submitting(() => answer);
      const failure = await failureOf(transfers().submit(submission(), {}), UnavailableError);
      expect(failure.mayHaveHappened).toBe(true);
      expect(failure.message).toContain('transfer "a1b2 scan_001" from detector to archive');
    },
  );

  test.each([
    ["a1b2 two\nlines\r\n", "a1b2 two lines"],
    ["  a1b2 blanks ", "a1b2 blanks"],
    [`a1b2 ${"x".repeat(200)}`, `a1b2 ${"x".repeat(123)}`],
    [`a1b2 ${"x".repeat(122)} y`, `a1b2 ${"x".repeat(122)}`],
    [`a1b2 ${"x".repeat(122)}🔬`, `a1b2 ${"x".repeat(122)}`],
    ["a1b2 시료-1", "a1b2 시료-1"],
  ])("with the label %j has the label %j", async (label, sent) => {
    submitting();
    await transfers().submit(submission({ label }), {});
    expect(asked[0]?.body["label"]).toBe(sent);
  });

  test.each([
    ["/data/with blank.h5", false, "/data/with blank.h5"],
    ["/data/시료/스캔.h5", false, "/data/시료/스캔.h5"],
    ['/data/a "quoted"\nname.h5', false, '/data/a "quoted"\nname.h5'],
    ["/~/scan.h5", false, "/~/scan.h5"],
    ["/data/scan_001", true, "/data/scan_001/"],
    ["/data/scan_001//", true, "/data/scan_001/"],
    ["/", true, "/"],
  ])("of the path %j (folder: %j) has the path %j", async (source, isFolder, sent) => {
    submitting();
    await transfers().submit(submission({ items: [{ source, destination: source, isFolder }] }), {});
    expect(asked[0]?.body["DATA"]).toEqual([
      { DATA_TYPE: "transfer_item", source_path: sent, destination_path: sent, recursive: isFolder },
    ]);
  });

  test.each([
    [{ items: [] }, 'The transfer "a1b2 scan_001" has no files: nothing was sent.'],
    [{ deadline: "soon" }, 'The deadline "soon" of "a1b2 scan_001" is no time: nothing was sent.'],
    [{ items: [{ source: "data", destination: "/data", isFolder: true }] }, 'The path "data" of a folder cannot'],
    [{ items: [{ source: "/a", destination: "/b/../c", isFolder: false }] }, 'The path "/b/../c" of a file cannot'],
    [{ items: [{ source: "/a/", destination: "/b", isFolder: false }] }, 'The path "/a/" of a file cannot'],
    [{ sourceCollection: "detector" }, 'The id "detector" of the Globus collection detector is not a UUID.'],
  ])("that Globus could not take is not sent: %j", async (changes, sentence) => {
    submitting();
    const failure = await failureOf(transfers().submit(submission(changes), {}), ActionError);
    expect(failure.message).toContain(sentence);
    expect(asked).toEqual([]);
  });
});

/** A task as Transfer's `task_list` has it, with its nulls. */
const row = (id: string, changes: object = {}) => ({
  DATA_TYPE: "task",
  type: "TRANSFER",
  task_id: id,
  status: "ACTIVE",
  label: null,
  nice_status: null,
  nice_status_short_description: null,
  is_ok: null,
  is_paused: false,
  canceled_by_admin: null,
  canceled_by_admin_message: null,
  fatal_error: null,
  request_time: "2026-03-01T12:00:00+00:00",
  ...changes,
});

/** Transfer's `task_list`, over these rows, with the part of its filters that is asked for. */
function listing(rows: readonly ReturnType<typeof row>[]): void {
  answers["GET /task_list"] = ({ query }) => {
    const clauses = (query["filter"] ?? "").split("/").map((clause) => clause.split(":") as [string, string]);
    const found = rows.filter((one) =>
      clauses.every(([field, values]) => values.split(",").includes(String(one[field as keyof typeof one]))),
    );
    const offset = Number(query["offset"]);
    return { DATA: found.slice(offset, offset + Number(query["limit"])) };
  };
}
const numbered = (number: number): string => `t${String(number).padStart(4, "0")}`;
const filters = (): string[] => asked.map(({ query }) => query["filter"] ?? "");

describe("reports of tasks", () => {
  test("take one request while all are under way", async () => {
    const rows = Array.from({ length: 90 }, (_, i) => row(numbered(i)));
    listing(rows);
    const ids = rows.map(({ task_id }) => task_id);
    expect([...(await transfers().tasks(ids, {})).keys()]).toEqual(ids);
    expect(filters()).toEqual(["status:ACTIVE,INACTIVE/type:TRANSFER"]);
  });

  test("take a second request for those that have ended, and leave out what is no longer there", async () => {
    listing([row("a"), row("b", { status: "SUCCEEDED" }), row("c", { status: "INACTIVE" })]);
    const reports = await transfers().tasks(["a", "b", "c", "gone"], {});
    expect([...reports].map(([id, { state }]) => `${id} ${state}`)).toEqual(["a ACTIVE", "c INACTIVE", "b SUCCEEDED"]);
    expect(filters()).toEqual(["status:ACTIVE,INACTIVE/type:TRANSFER", "task_id:b,gone"]);
  });

  test("ask for 100 that have ended at a time, and for 1000 under way", async () => {
    const ended = Array.from({ length: 250 }, (_, i) => row(numbered(i), { status: "FAILED" }));
    listing([...ended, ...Array.from({ length: 1500 }, (_, i) => row(numbered(1000 + i)))]);
    const reports = await transfers().tasks([...ended.map(({ task_id }) => task_id), numbered(2400)], {});
    expect(reports.size).toBe(251);
    expect(asked.map(({ query }) => query["offset"])).toEqual(["0", "1000", "0", "0", "0"]);
    expect(Math.max(...filters().map((filter) => filter.split(",").length))).toBe(100);
  });

  test("of no tasks take no request", async () => {
    expect((await transfers().tasks([], {})).size).toBe(0);
    expect(asked).toEqual([]);
  });

  test("have no nulls", async () => {
    listing([row("a")]);
    expect((await transfers().tasks(["a"], {})).get("a")).toEqual({
      id: "a",
      state: "ACTIVE",
      label: "",
      niceStatus: "",
      description: "",
      isOk: true,
      isPaused: false,
      faults: 0,
      files: 0,
      filesTransferred: 0,
      filesSkipped: 0,
      bytesTransferred: 0,
      bytesPerSecond: 0,
      skippedErrors: 0,
      ahead: 0,
    });
  });

  test("have everything that Transfer says, each on one line", async () => {
    listing([
      row("a", {
        status: "FAILED",
        label: "a1b2 scan_001",
        nice_status: "QUOTA_EXCEEDED",
        nice_status_short_description: "disk quota\nexceeded",
        is_ok: false,
        canceled_by_admin: "DESTINATION",
        canceled_by_admin_message: "not\nhere",
        fatal_error: { code: "CANCELED_BY_ADMIN", description: "canceled" },
        faults: 7,
        files: 10,
        files_transferred: 4,
        files_skipped: 3,
        bytes_transferred: 4096,
        effective_bytes_per_second: 512,
        subtasks_skipped_errors: 1,
      }),
    ]);
    expect((await transfers().tasks(["a"], {})).get("a")).toEqual({
      id: "a",
      state: "FAILED",
      label: "a1b2 scan_001",
      niceStatus: "QUOTA_EXCEEDED",
      description: "disk quota exceeded",
      isOk: false,
      isPaused: false,
      cancelledByAdmin: "not here",
      fatal: { code: "CANCELED_BY_ADMIN", description: "canceled" },
      faults: 7,
      files: 10,
      filesTransferred: 4,
      filesSkipped: 3,
      bytesTransferred: 4096,
      bytesPerSecond: 512,
      skippedErrors: 1,
      ahead: 0,
    });
  });

  test("count the tasks before each that are worked on or wait", async () => {
    const at = (minute: number, changes: object = {}) => ({
      request_time: `2026-03-01T12:0${minute}:00+00:00`,
      ...changes,
    });
    listing([
      row("second", at(2)),
      row("first", at(1)),
      row("paused", at(0, { is_paused: true })),
      row("suspended", at(0, { status: "INACTIVE" })),
      row("over", at(0, { status: "SUCCEEDED" })),
      row("third", at(3)),
    ]);
    const ids = ["first", "second", "third", "paused", "suspended", "over"];
    const reports = await transfers().tasks(ids, {});
    expect(ids.map((id) => reports.get(id)?.ahead)).toEqual([0, 1, 2, 0, 0, 0]);
  });

  test("do not leave out a task whose state is not known, which is still there", async () => {
    listing([row("a", { status: "SLEEPING" })]);
    const failure = await failureOf(transfers().tasks(["a"], {}), UnavailableError);
    expect(failure.message).toContain("when asked to tell of the task a (status)");
  });

  test("are not troubled by the tasks of others that have another form", async () => {
    listing([row("a"), row("b", { type: "TRANSFER", label: 5, nice_status: {} })]);
    expect([...(await transfers().tasks(["a"], {})).keys()]).toEqual(["a"]);
  });
});

test.each([
  ["Canceled", true],
  ["CancelAccepted", true],
  ["TaskComplete", false],
] as const)("a task whose cancel is answered with %s: %j", async (code, isCancelled) => {
  answers[`POST /task/${TASK}/cancel`] = () => ({ code });
  expect(await transfers().cancel(TASK, {})).toBe(isCancelled);
});

test("what a paused task waits for is told once each, on one line", async () => {
  answers[`GET /task/${TASK}/pause_info`] = () => ({
    DATA_TYPE: "pause_info_limited",
    pause_rules: [{ message: "Maintenance\nuntil noon" }, { message: null }],
    source_pause_message: null,
    source_pause_message_share: null,
    destination_pause_message: "Maintenance until noon",
    destination_pause_message_share: "Ask Emmy",
  });
  expect(await transfers().pauseMessage(TASK, {})).toBe("Maintenance until noon; Ask Emmy");
  answers[`GET /task/${TASK}/pause_info`] = () => ({ pause_rules: [] });
  expect(await transfers().pauseMessage(TASK, {})).toBe("");
});

describe("the files that arrived", () => {
  const path = `GET /task/${TASK}/successful_transfers`;

  test("are asked for page by page, and those without a path left out", async () => {
    const pages: Record<string, unknown> = {
      "": { DATA: [{ destination_path: "/a" }, { destination_path: null }], next_marker: 93979 },
      93979: { DATA: [{ destination_path: "/시료" }], next_marker: null },
    };
    answers[path] = ({ query }) => pages[query["marker"] ?? ""];
    expect(await transfers().arrived(TASK, {})).toEqual([{ destination: "/a" }, { destination: "/시료" }]);
    expect(asked).toHaveLength(2);
  });

  test("are not asked for in circles", async () => {
    answers[path] = () => ({ DATA: [], next_marker: 5 });
    await failureOf(transfers().arrived(TASK, {}), UnavailableError);
    expect(asked).toHaveLength(2);
  });
});

describe("what is on a collection", () => {
  const LS = `GET /operation/endpoint/${ARCHIVE}/ls`;
  const STAT = `GET /operation/endpoint/${ARCHIVE}/stat`;
  const file = (name: string, size: number | null = 1, changes: object = {}) => ({
    name,
    type: "file",
    size,
    last_modified: "2026-03-01 12:00:00+00:00",
    link_target: null,
    ...changes,
  });
  const folder = (name: string, changes: object = {}) => file(name, 4096, { type: "dir", ...changes });
  const tree = (folders: Readonly<Record<string, readonly object[]>>): void => {
    answers[LS] = ({ query }) => {
      const found = folders[query["path"] ?? ""];
      if (found === undefined) throw refused(404, "ClientError.NotFound", `list ${query["path"]}`);
      const offset = Number(query["offset"]);
      return { DATA: found.slice(offset, offset + Number(query["limit"])) };
    };
  };
  const paths = async (isDeep = true) =>
    (await transfers().list(ARCHIVE, "/2-BM", isDeep, {})).map(({ path }) => path).toSorted();

  test("is a file or a folder", async () => {
    const types = ["file", "dir"];
    answers[STAT] = () => ({ type: types[asked.length - 1] });
    expect(await transfers().typeOf(ARCHIVE, '/a "b" 시료', {})).toBe("file");
    expect(await transfers().typeOf(ARCHIVE, "/a", {})).toBe("folder");
    expect(asked[0]?.query).toEqual({ path: '/a "b" 시료' });
  });

  test("or nothing, or neither", async () => {
    await failureOf(transfers().typeOf(ARCHIVE, "/a", {}), NotFoundError);
    answers[STAT] = () => ({ type: "invalid_symlink" });
    const failure = await failureOf(transfers().typeOf(ARCHIVE, "/a", {}), ActionError);
    expect(failure.message).toBe('"/a" on archive is neither a file nor a folder, but "invalid_symlink".');
  });

  test("is listed with everything below, as names come", async () => {
    tree({
      "/2-BM/": [file("a.h5", 5), folder("시료"), folder("empty")],
      "/2-BM/시료/": [file('b "\n.h5', 6), folder("deep")],
      "/2-BM/시료/deep/": [file("c.h5", 7, { last_modified: null })],
      "/2-BM/empty/": [],
    });
    expect(await paths()).toEqual(["a.h5", '시료/b "\n.h5', "시료/deep/c.h5"]);
    const found = await transfers().list(ARCHIVE, "/2-BM/", true, {});
    const time = Date.UTC(2026, 2, 1, 12);
    expect(found.map(({ bytes, modified }) => [bytes, modified])).toEqual([
      [5, time],
      [6, time],
      [7, undefined],
    ]);
  });

  test("is listed without what is below", async () => {
    tree({ "/2-BM/": [file("a.h5"), folder("sub")] });
    expect(await paths(false)).toEqual(["a.h5"]);
    expect(asked).toHaveLength(1);
  });

  test("has its times in UTC where no zone is named", async () => {
    tree({ "/2-BM/": [file("a.h5", 1, { last_modified: "2026-03-01 12:00:00" })] });
    const [found] = await transfers().list(ARCHIVE, "/2-BM", false, {});
    expect(found?.modified).toBe(Date.UTC(2026, 2, 1, 12));
  });

  test("is listed page by page where it is large", async () => {
    const many = Array.from({ length: 25_000 }, (_, i) => file(`f${i}`));
    tree({ "/2-BM/": many });
    expect(await paths(false)).toHaveLength(25_000);
    expect(asked.map(({ query }) => query["offset"])).toEqual(["0", "10000", "20000"]);
  });

  test("is not left by links, nor by names that are none", async () => {
    tree({
      "/2-BM/": [folder("link", { link_target: "/2-BM" }), folder(".."), folder("."), folder("a/b"), file("a.h5")],
    });
    expect(await paths()).toEqual(["a.h5"]);
  });

  test("may change while it is listed: a folder that went away is empty", async () => {
    tree({ "/2-BM/": [folder("gone"), folder("here")], "/2-BM/here/": [file("a.h5")] });
    expect(await paths()).toEqual(["here/a.h5"]);
  });

  test("but the folder itself must be there", async () => {
    tree({});
    await failureOf(transfers().list(ARCHIVE, "/2-BM", true, {}), NotFoundError);
  });

  test("and a size that is not told is not taken for one", async () => {
    tree({ "/2-BM/": [file("a.h5", null)] });
    const failure = await failureOf(transfers().list(ARCHIVE, "/2-BM", true, {}), ActionError);
    expect(failure.message).toBe('archive does not tell the size of "/2-BM/a.h5": it cannot be proven there.');
  });

  test("is listed a few folders at a time", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `d${i}`);
    tree({ "/2-BM/": names.map((name) => folder(name)), ...Object.fromEntries(names.map((n) => [`/2-BM/${n}/`, []])) });
    let [atOnce, most] = [0, 0];
    const counted: GlobusCall = async (request, options) => {
      most = Math.max(most, ++atOnce);
      return await call(request, options).finally(() => atOnce--);
    };
    await transfers({ call: counted }).list(ARCHIVE, "/2-BM", true, {});
    expect(most).toBe(4);
  });
});

describe("a collection", () => {
  const FLOW = "20000000-0000-4000-8000-00000000000f";
  const describedAs = (document: object): void => void (answers[`GET /endpoint/${ARCHIVE}`] = () => document);

  test.each([
    {},
    { entity_type: null, non_functional: false, associated_flow_policy: null },
    { associated_flow_policy: {} },
    { associated_flow_policy: { transfer: null } },
    { associated_flow_policy: { transfer: { source: { flow: FLOW }, destination: { flow: null } } } },
    { associated_flow_policy: "of a form to come" },
  ])("that is described as %j takes transfers", async (document) => {
    describedAs({ entity_type: "GCSv5_guest_collection", ...document });
    expect(await transfers().refusal(ARCHIVE, "destination", {})).toBeUndefined();
  });

  test("that has a flow for them takes none, in that role alone", async () => {
    describedAs({ associated_flow_policy: { transfer: { destination: { flow: FLOW } } } });
    expect(await transfers().refusal(ARCHIVE, "destination", {})).toBe(
      `archive takes transfers as a destination through its flow ${FLOW} alone: let the destination be of kind flow with it, or let its administrator take that rule away.`,
    );
    expect(await transfers().refusal(ARCHIVE, "source", {})).toBeUndefined();
  });

  test.each([
    [{ entity_type: "GCSv5_endpoint" }, `archive (${ARCHIVE}) is an endpoint, not a collection`],
    [{ non_functional: true }, `The collection archive (${ARCHIVE}) works no more at Globus`],
  ])("that is described as %j is named", async (document, sentence) => {
    describedAs(document);
    expect(await transfers().refusal(ARCHIVE, "source", {})).toContain(sentence);
  });

  test("that is not there is not found", async () => {
    await failureOf(transfers().refusal(ARCHIVE, "source", {}), NotFoundError);
  });
});
