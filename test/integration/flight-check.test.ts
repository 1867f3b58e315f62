/**
 * The check before beam time against the simulated Globus, a simulated host behind SSH and folders of this machine:
 * each thing that is broken gives its own sentence, and nothing stays behind.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { CancelledError } from "../../src/base/errors.ts";
import { AccessDeniedError } from "../../src/controller/ports/call.ts";
import type { Identity } from "../../src/controller/ports/identity.ts";
import type { TransferTasks } from "../../src/controller/ports/transfer-tasks.ts";
import { type CheckResult, flightCheck } from "../../src/controller/transfers/check/flight-check.ts";
import type { CheckSite } from "../../src/controller/transfers/check/trial.ts";
import type { DestinationRow, SourceRow } from "../../src/controller/transfers/rules.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { type SshHost, startSshHost } from "../../src/sandbox/ssh/host.ts";
import { createPersonLogin, createServiceAccount, type GlobusAuth } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { AUTH_SERVER, TRANSFER_SERVER } from "../../src/services/globus/scopes.ts";
import { createTokenStore } from "../../src/services/globus/token-store.ts";
import { createTransferTasks } from "../../src/services/globus/transfer-tasks.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { createOwnDisk } from "../../src/services/own-disk.ts";
import { createFolderCopier, createSshCopier } from "../../src/services/scans/copiers.ts";
import { createMountedSource } from "../../src/services/scans/sources.ts";
import { workHere } from "../../src/services/scans/work.ts";
import { failureOf } from "../support/failure-of.ts";
import { FailingFiles } from "../support/fakes/failing-files.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

vi.setConfig({ testTimeout: 60_000 });

const FILE = ".globus-ioc-check-host-2bm";
const FLOW = "20000000-0000-4000-8000-00000000000f";
const LIMITS = { destination: 1, own: 1 };

let folder: string;
let globus: GlobusService;
let host: SshHost;
let transport: GlobusTransport;
let auth: GlobusAuth;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flight-check-"));
  for (const one of ["archive", "ledger", "logs"]) mkdirSync(join(folder, one));
  host = await startSshHost({ name: "tape", clock: systemClock, folders: ["/tape"], parent: folder });
  globus = await startGlobusService({
    clock: systemClock,
    queuedSeconds: 0,
    collections: [
      { name: "detector", folders: ["/data"] },
      { name: "petrel", folders: ["/2-BM"] },
      { name: "flows only", folders: ["/2-BM"], flowPolicy: { destination: FLOW } },
    ],
  });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock: new ImpatientClock(Date.now()), random: () => 0 });
  const { clientId, secret } = globus.serviceAccount;
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, secret, { mode: 0o600 });
  auth = createServiceAccount({ clientId, secretFile }, transport);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
  await host.close();
  rmSync(folder, { recursive: true });
});

/** Where the detector's files are on this machine. */
const sourceFolder = (): string => join(globus.collection("detector").folder, "data");

interface Changes extends Partial<CheckSite> {
  readonly clock?: Clock;
}

function siteOf(changes: Changes = {}, login: GlobusAuth = auth, globusName = "petrel"): CheckSite {
  const clock = systemClock;
  const worker = workHere(clock);
  const source = createMountedSource(
    { name: "detector", top: "/det", mount: sourceFolder(), belongs: [] },
    clock,
    worker,
  );
  const at = {
    host: host.host,
    port: host.port,
    user: host.user,
    login: { identityFile: host.identityFile },
    knownHostsFile: host.knownHostsFile,
  };
  const names = new Map(["detector", "petrel", "flows only"].map((name) => [globus.collection(name).id, name]));
  const archive = createFolderCopier({ top: join(folder, "archive"), source }, clock, worker);
  const destinations: DestinationRow[] = [
    { name: "archive", kind: "copy", template: "{rel}", writesManifest: false, copier: archive },
    {
      name: "tape",
      kind: "copy",
      template: "{rel}",
      writesManifest: false,
      copier: createSshCopier({ ...at, top: "/tape", source }, clock, worker),
    },
    { name: "petrel", kind: "globus", template: "{rel}", collection: globus.collection(globusName).id, top: "/2-BM" },
  ];
  return {
    clock,
    destinations,
    source: { source, collection: { id: globus.collection("detector").id, path: "/data" } },
    tasks: createTransferTasks({
      call: createGlobusCall(login, transport),
      tokens: login,
      login: { clientId: globus.serviceAccount.clientId, isServiceAccount: true },
      nameOf: (id) => names.get(id) ?? id,
      heard: () => transport.heard,
      encrypt: false,
    }),
    login,
    ledger: createOwnDisk({ folder: join(folder, "ledger"), what: "The ledger" }),
    logs: createOwnDisk({ folder: join(folder, "logs"), what: "The log folder" }),
    enough: LIMITS,
    watcher: () => undefined,
    fileName: FILE,
    pollSeconds: 0.05,
    randomText: (characters) => randomBytes(characters).toString("base64").slice(0, characters),
    ...changes,
  };
}

const NEVER = new AbortController().signal;
const check = (site = siteOf(), signal = NEVER): Promise<readonly CheckResult[]> => flightCheck(site, signal, () => {});

/** What is wrong, a line each; what could not be tried for that reason is left out. */
const wrong = (results: readonly CheckResult[]): string[] =>
  results
    .filter(({ state }) => state === "MINOR" || state === "MAJOR")
    .map((one) => `${one.state} ${one.title}: ${one.text}`);
const wrongIn = async (site?: CheckSite): Promise<string[]> => wrong(await check(site));
const untried = (results: readonly CheckResult[]): string[] =>
  results.filter(({ state }) => state === "-").map(({ title }) => title);

/** Every file in the places that the check writes to. */
const left = (): string[] =>
  [
    sourceFolder(),
    join(folder, "archive"),
    join(folder, "ledger"),
    join(host.root, "tape"),
    join(globus.collection("petrel").folder, "2-BM"),
  ].flatMap((one) => readdirSync(one).map((name) => `${basename(one)}/${name}`));

test("where all is well each row says so, a test file has been everywhere, and nothing stays behind", async () => {
  const results = await check();
  expect(wrong(results)).toEqual([]);
  expect(untried(results)).toEqual([]);
  expect(results.map(({ title }) => title)).toEqual([
    "Ledger's disk",
    "Room for the ledger",
    "Room for the logs",
    "Source",
    "Test file",
    "Clock of the source",
    "Globus login",
    "Clock of Globus",
    "Source at Globus",
    "Top of archive",
    "Room at archive",
    "Clock of archive",
    "Round trip to archive",
    "Top of tape",
    "Room at tape",
    "Clock of tape",
    "Round trip to tape",
    "Policy of petrel",
    "Path of petrel",
    "Round trip to petrel",
  ]);
  const trips = results.filter(({ title }) => title.startsWith("Round trip"));
  expect(trips.map(({ text }) => text)).toEqual(Array(3).fill("1000000 bytes arrived equal and are removed."));
  expect(globus.transfers.map(({ label, sources }) => [label, sources])).toEqual([
    [`globus-ioc check ${FILE}`, [`/data/${FILE}`]],
  ]);
  expect(left()).toEqual([]);
});

/** One thing is broken; what is said of it, and what else is not tried for that reason. */
interface Broken {
  readonly what: string;
  readonly break: () => Promise<CheckSite | void> | CheckSite | void;
  readonly says: readonly (string | RegExp)[];
  readonly untried?: readonly string[];
}

const fault =
  (collection: string, code: "GC_NOT_CONNECTED" | "QUOTA_EXCEEDED" | "PERMISSION_DENIED" | "GC_PAUSED") => (): void => {
    globus.addFault(collection, { code });
  };

async function personLogin(changes: { readonly hasRefresh: boolean; readonly expires: number }): Promise<GlobusAuth> {
  const store = createTokenStore(join(folder, "tokens.json"));
  const scope = "urn:globus:auth:scope:transfer.api.globus.org:all";
  const refreshToken = changes.hasRefresh ? globus.loginFor(scope) : undefined;
  const { expires } = changes;
  const record = { accessToken: "mine", scope, expires, obtained: Date.now() };
  const records = [TRANSFER_SERVER, AUTH_SERVER].map((resourceServer) => ({
    resourceServer,
    ...record,
    ...(refreshToken !== undefined && { refreshToken }),
  }));
  await store.put(records);
  return createPersonLogin({ clientId: globus.nativeClientId, store }, transport);
}

const GLOBUS_ROWS = [
  "Clock of Globus",
  "Source at Globus",
  "Policy of petrel",
  "Path of petrel",
  "Round trip to petrel",
];

const BROKEN: readonly Broken[] = [
  {
    what: "the secret of the service account is wrong",
    break: () => writeFileSync(join(folder, "secret"), "wrong"),
    says: [/^MAJOR Globus login: Globus does not accept the service account .* make a new secret at/],
    untried: GLOBUS_ROWS,
  },
  {
    what: "the person's login is over",
    break: async () => siteOf({}, await personLogin({ hasRefresh: false, expires: Date.now() - 1000 })),
    says: [
      /^MAJOR Globus login: The Globus login for Globus Transfer in .*tokens\.json is over and nothing renews it: run `globus-ioc login`\.$/,
    ],
    untried: GLOBUS_ROWS,
  },
  {
    what: "nothing renews the login",
    break: () => {
      const expires = new Date(Date.now() + 3600_000);
      const login: Identity = { state: async () => ({ state: "OK", expires, isLast: true }) };
      return siteOf({ login });
    },
    says: [/^MINOR Globus login: The Globus login ends at 20.* and nothing renews it: run `globus-ioc login`/],
  },
  {
    what: "the login cannot be renewed now",
    break: () => siteOf({ login: { state: async () => ({ state: "Expiring", expires: new Date(86_400_000) }) } }),
    says: [
      /^MINOR Globus login: The Globus login ends at 1970.* and cannot be renewed now: see to the way to Globus\.$/,
    ],
  },
  {
    what: "Globus is down",
    break: () => globus.misbehave({ on: "/v0.10/", down: "reset" }),
    says: [
      /^MAJOR Clock of Globus|^MINOR Clock of Globus: Globus \(127\.0\.0\.1:\d+\), GET \/v0\.10\/submission_id/,
      /^MAJOR Source at Globus/,
      /^MAJOR Policy of petrel/,
      /^MAJOR Path of petrel/,
    ],
    untried: ["Round trip to petrel"],
  },
  {
    what: "the collection is offline",
    break: fault("petrel", "GC_NOT_CONNECTED"),
    says: [/^MAJOR Path of petrel: Globus did not list "\/2-BM" on petrel: .*GCDisconnected: petrel: not connected/],
    untried: ["Round trip to petrel"],
  },
  {
    what: "the source's collection is offline",
    break: fault("detector", "GC_NOT_CONNECTED"),
    says: [/^MAJOR Source at Globus: Globus did not list "\/data" on detector: .*GCDisconnected/],
    untried: ["Round trip to petrel"],
  },
  {
    what: "an administrator has paused the collection",
    break: () => {
      globus.pauseCollection("petrel", "maintenance until noon", { read: true, write: true, delete: false });
    },
    says: [
      "MAJOR Round trip to petrel: Transfers to petrel are held up by an administrator, who says: maintenance until noon: ask for their release.",
    ],
  },
  {
    what: "the collection takes transfers through a flow alone",
    break: () => siteOf({}, auth, "flows only"),
    says: [
      `MAJOR Policy of petrel: flows only takes transfers as a destination through its flow ${FLOW} alone: let the destination be of kind flow with it, or let its administrator take that rule away.`,
    ],
    untried: ["Round trip to petrel"],
  },
  {
    what: "the collection's top is not there",
    break: () => rmSync(join(globus.collection("petrel").folder, "2-BM"), { recursive: true }),
    says: [/^MAJOR Path of petrel: Globus did not list "\/2-BM" on petrel: check the path and the collection's id/],
    untried: ["Round trip to petrel"],
  },
  {
    what: "nobody may write on the collection",
    break: fault("petrel", "PERMISSION_DENIED"),
    says: [
      "MAJOR Round trip to petrel: Globus cannot bring a test file to petrel (PERMISSION_DENIED): the login may not write at the destination, or not read at the source: give it the permission there.",
    ],
  },
  {
    what: "the collection's quota is used up",
    break: fault("petrel", "QUOTA_EXCEEDED"),
    says: [
      "MAJOR Round trip to petrel: Globus did not bring a test file to petrel (QUOTA_EXCEEDED): the quota at the destination is used up: make room there, or have it raised.",
    ],
  },
  {
    what: "the mounted destination is not there",
    break: () => rmSync(join(folder, "archive"), { recursive: true }),
    says: [
      /^MAJOR Top of archive: The destination .*archive is not there: is it mounted\? Its top is never made; see to its section/,
    ],
    untried: ["Room at archive", "Clock of archive", "Round trip to archive"],
  },
  {
    what: "the mounted destination cannot be written",
    break: () => {
      const site = siteOf();
      rmSync(join(folder, "archive"), { recursive: true });
      writeFileSync(join(folder, "archive"), "");
      return site;
    },
    says: [/^MAJOR Top of archive: The destination .*archive is no folder/],
    untried: ["Room at archive", "Clock of archive", "Round trip to archive"],
  },
  {
    what: "the host's folder cannot be written",
    break: () => {
      host.faults.deniedBelow = "/tape";
    },
    says: [/^MAJOR Top of tape: The destination .*:\/tape could not write "\/tape\/.*-empty": permission is denied/],
    untried: ["Room at tape", "Clock of tape", "Round trip to tape"],
  },
  {
    what: "the host does not answer",
    break: () => {
      host.faults.down = true;
    },
    says: [/^MAJOR Top of tape: .*127\.0\.0\.1/],
    untried: ["Room at tape", "Clock of tape", "Round trip to tape"],
  },
  {
    what: "the host shows another key",
    break: () => {
      host.faults.otherHostKey = true;
    },
    says: [/^MAJOR Top of tape: .*key/],
    untried: ["Room at tape", "Clock of tape", "Round trip to tape"],
  },
  {
    what: "the host refuses the login",
    break: () => {
      host.faults.refusesLogin = true;
    },
    says: [/^MAJOR Top of tape: .*refuses beamline with/],
    untried: ["Room at tape", "Clock of tape", "Round trip to tape"],
  },
  {
    what: "the host's disk is full",
    break: () => {
      host.faults.diskFull = true;
    },
    says: [/^MAJOR Top of tape: The destination .*:\/tape could not write/],
    untried: ["Room at tape", "Clock of tape", "Round trip to tape"],
  },
  {
    what: "there is less room than the settings want",
    break: () => siteOf({ enough: { destination: 1e18, own: 1e18 } }),
    says: [
      /^MINOR Room for the ledger: There are [\d.]+ GB free on the ledger's disk at .*, less than 1000000000 GB: make room, or set check-own-free-bytes in \[transfers\] of globus\.conf\.$/,
      /^MINOR Room for the logs: There are [\d.]+ GB free on the logs' disk at /,
      /^MINOR Room at archive: There are [\d.]+ GB free on .*archive, less than 1000000000 GB: make room, or set check-free-bytes/,
    ],
  },
  {
    what: "the ledger's disk takes nothing",
    break: () => {
      const files = Object.assign(new FailingFiles(), { call: "sync", code: "EIO", failing: 0, isLasting: true });
      const at = { folder: join(folder, "ledger"), what: "The ledger", files: files.calls };
      return siteOf({ ledger: createOwnDisk(at) });
    },
    says: [
      /^MAJOR Ledger's disk: The ledger .*ledger cannot be written: .*EIO.*; make it writable, or set path in \[ledger\]/,
    ],
    untried: ["Room for the ledger"],
  },
  {
    what: "the log folder cannot be",
    break: () => {
      rmSync(join(folder, "logs"), { recursive: true });
      writeFileSync(join(folder, "logs"), "a file");
      return siteOf({ logs: createOwnDisk({ folder: join(folder, "logs", "here"), what: "The log folder" }) });
    },
    says: [
      /^MINOR Room for the logs: The log folder .*here cannot tell its room: .*; make that folder, or set log-directory/,
    ],
  },
  {
    what: "the source is not there",
    break: () => {
      const site = siteOf();
      rmSync(sourceFolder(), { recursive: true });
      return site;
    },
    says: [
      /^MAJOR Source: The source detector:.*data is not there: is it mounted\? Its top is never made; see to \[source\] and \[local\]/,
      /^MAJOR Source at Globus: Globus did not list "\/data" on detector/,
    ],
    untried: [
      "Test file",
      "Clock of the source",
      "Round trip to archive",
      "Round trip to tape",
      "Round trip to petrel",
    ],
  },
  {
    what: "the watch over directories is in trouble",
    break: () => siteOf({ watcher: () => ({ alive: "No", age: 900.4, message: "/data hangs: look at it." }) }),
    says: [
      "MAJOR Watch over directories: /data hangs: look at it (of the watch over directories: its last whole sweep ended 900 s ago).",
    ],
  },
];

test.each(BROKEN)("a sentence of its own where $what", async ({ break: break_, says, untried: skipped = [] }) => {
  const site = (await break_()) ?? siteOf();
  const results = await check(site);
  const found = wrong(results);
  expect(found, found.join("\n")).toHaveLength(says.length);
  for (const [index, one] of says.entries())
    if (typeof one === "string") expect(found[index]).toBe(one);
    else expect(found[index]).toMatch(one);
  expect(untried(results)).toEqual(skipped);
});

test("a consent that only a person can give is named with its scope", async () => {
  globus.faults.consentRequired = true;
  const login = await personLogin({ hasRefresh: true, expires: 0 });
  const results = await check(siteOf({}, login));
  expect(wrong(results)).toEqual([
    expect.stringMatching(
      /^MAJOR Source at Globus: .*the login lacks a consent, run `globus-ioc login --collection [0-9a-f-]{36}` .*scopes urn:globus.*data_access/,
    ),
    expect.stringMatching(/^MAJOR Path of petrel: .*the login lacks a consent, run `globus-ioc login --collection /),
  ]);
  expect(untried(results)).toEqual(["Round trip to petrel"]);
});

/** The system's clock, wrong by so many seconds. */
const wrongBy = (seconds: number): Clock => ({ ...systemClock, now: () => systemClock.now() + seconds * 1000 });

test("a clock that is wrong by more than a minute is told, and one that is not so wrong is not", async () => {
  expect(await wrongIn(siteOf({ clock: wrongBy(40) }))).toEqual([]);
  const found = await wrongIn(siteOf({ clock: wrongBy(-300) }));
  expect(found).toHaveLength(3);
  for (const [index, whose] of ["detector", join(folder, "archive"), `.*:/tape`].entries())
    expect(found[index]).toMatch(
      new RegExp(
        `^MINOR Clock of .*: The clock of ${whose} is (299|300|301) s ahead of that of this host, more than 60 s: set both by NTP\\.$`,
      ),
    );
  const { tasks } = siteOf();
  const heard = { theirs: 1_000_000, ours: 1_090_000 };
  expect(await wrongIn(siteOf({ tasks: { ...(tasks as TransferTasks), heard: () => heard } }))).toEqual([
    "MINOR Clock of Globus: The clock of Globus is 90 s behind that of this host, more than 60 s: set both by NTP.",
  ]);
});

/** A source in which this program may not write. */
function readOnlySource(site: CheckSite): CheckSite {
  const { source } = site.source as SourceRow;
  const put = (): Promise<never> =>
    Promise.reject(new AccessDeniedError("The source could not write: permission is denied."));
  const readOnly = { ...source, directory: { ...source.directory, put, tryWriting: put } };
  return { ...site, source: { ...(site.source as SourceRow), source: readOnly } };
}

test("a source that cannot be written is told, and with a file that a person has put there all is tried", async () => {
  const results = await check(readOnlySource(siteOf()));
  expect(wrong(results)).toEqual([
    `MINOR Test file: The source could not write: permission is denied; for the round trips let this program write there, or put a file ${FILE} of about 1 MB there.`,
  ]);
  expect(untried(results)).toEqual([
    "Clock of the source",
    "Round trip to archive",
    "Round trip to tape",
    "Round trip to petrel",
  ]);
  writeFileSync(join(sourceFolder(), FILE), randomBytes(4000));
  const again = await check(readOnlySource(siteOf()));
  expect(wrong(again)).toEqual([]);
  expect(untried(again)).toEqual([]);
  expect(again.at(-1)?.text).toBe("4000 bytes arrived equal and are removed.");
  expect(left()).toEqual([`data/${FILE}`]);
});

test("where the login may not delete, the file stays under its one name, and the next check overwrites it", async () => {
  const { tasks } = siteOf();
  const remove = (): Promise<never> =>
    Promise.reject(new AccessDeniedError("Globus did not remove it: no permission."));
  const site = siteOf({ tasks: { ...(tasks as TransferTasks), remove } });
  for (let time = 0; time < 2; time++) {
    const results = await check(site);
    expect(wrong(results)).toEqual([]);
    expect(results.at(-1)?.text).toBe(
      `1000000 bytes arrived equal; /2-BM/${FILE} stays there, and the next check overwrites it: Globus did not remove it: no permission.`,
    );
    expect(left()).toEqual([`2-BM/${FILE}`]);
  }
});

test("what a killed check has left the next one removes", async () => {
  for (const one of [sourceFolder(), join(folder, "archive"), join(host.root, "tape")]) {
    writeFileSync(join(one, FILE), "left");
    writeFileSync(join(one, `${FILE}.0123abcd.part`), "left");
    writeFileSync(join(one, `${FILE}-empty`), "left");
  }
  writeFileSync(join(globus.collection("petrel").folder, "2-BM", FILE), "left");
  writeFileSync(join(folder, "ledger", ".globus-ioc-check"), "left");
  expect(await wrongIn()).toEqual([]);
  expect(left()).toEqual([]);
});

test("a check that is called off ends its Globus task, and leaves nothing behind", async () => {
  globus.addFault("detector", { code: "CONNECTION_RESET" }); // so that it is still under way then
  const abort = new AbortController();
  const real = siteOf().tasks as TransferTasks;
  const submit: TransferTasks["submit"] = async (submission, options) => {
    const task = await real.submit(submission, options);
    abort.abort(new CancelledError("Enough."));
    return task;
  };
  const failure = await failureOf(check(siteOf({ tasks: { ...real, submit } }), abort.signal), CancelledError);
  expect(failure.message).toBe("Enough.");
  const [sent] = globus.transfers;
  const report = (await real.tasks([sent?.id ?? ""], {})).get(sent?.id ?? "");
  expect(report?.state).toBe("FAILED");
  expect(report?.fatal?.code).toBe("CANCELED");
  expect(left()).toEqual([]);
});
