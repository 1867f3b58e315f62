/** What `globus-ioc transfer` and `transfer-scan` are to do; the numbers are those of integration.md §4.3. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../src/cli/exit-status.ts";
import { type ForegroundPlan, type ForegroundRequest, foregroundPlan } from "../../src/cli/foreground-plan.ts";
import { addForegroundCommands } from "../../src/cli/foreground-program.ts";
import { ConfigError } from "../../src/config/config.ts";
import { failureOf } from "../support/failure-of.ts";

const [A, B] = ["6c54cade-bde5-45c1-bdea-f4bd71dba2cc", "39c5ee57-ea21-4d86-8ade-4a02a8c1a24a"] as const;
const CLIENT = "7b15cd88-87c1-4b2e-a5d6-6a5a1a1a1a1a";
const SCAN = "/xfel/ffs/dat/ue_251023_FXL/rawData/251023_alignment_00001_DIR";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "foreground-plan-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
});

async function parsed(line: string): Promise<ForegroundRequest> {
  let found: ForegroundRequest | undefined;
  const program = new Command("globus-ioc").exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addForegroundCommands(program, "", (request) => {
    found = request;
    return Promise.resolve();
  });
  await program.parseAsync(line.split(" "), { from: "user" });
  return found as ForegroundRequest;
}
/** @param config of a globus.conf */
async function planOf(line: string, environment: Record<string, string> = {}, config = ""): Promise<ForegroundPlan> {
  const file = join(home, "globus.conf");
  writeFileSync(file, config);
  return foregroundPlan(await parsed(line), { HOME: home, GLOBUS_CONF: file, ...environment });
}
const refusal = async (line: string, environment?: Record<string, string>, config?: string): Promise<string> =>
  (await failureOf(planOf(line, environment, config), UsageError)).message;

const TRANSFER = `transfer --source-collection ${A} --source-path /~/dat/ue_251023_FXL/rawData/scan001 --dest-collection ${B} --dest-path /backup/ue_251023_FXL/rawData/scan001`;
const BOTH = `--source-collection ${A} --dest-collection ${B} --client-id ${CLIENT}`;

const RAW = "/xfel/ffs/dat/ue_251023_FXL/rawData";

describe("a flow", () => {
  test("brings scans to their collection, and is another destination than the collection by itself", async () => {
    const line = `watch --watchdir ${RAW} ${BOTH} --dest-base-path /backup`;
    const [plain] = (await planOf(line)).settings.destinations;
    const { settings, notes } = await planOf(`${line} --flow-id nightly`);
    expect(settings.destinations).toEqual([
      { ...plain, kind: "flow", flow: "nightly", name: `nightly:${plain?.name}` },
    ]);
    expect(notes.join()).not.toContain("flow");
    expect(settings.ledger.path).not.toBe((await planOf(line)).settings.ledger.path);
  });

  test("is refused where there is no collection to go to, and where it names none", async () => {
    const line = `watch --watchdir ${RAW} --dest-base-path /backup --flow-id nightly`;
    await expect(refusal(line)).resolves.toContain("--dest-collection is not: a flow moves data between collections");
    await expect(refusal(`${TRANSFER} --client-id ${CLIENT} --flow-id a/b`)).resolves.toContain(
      '--flow-id "a/b" is not',
    );
  });
});

describe("transfer", () => {
  test("as PAL-XFEL's README has it: its own names and paths, through the flow of its id", async () => {
    const { work, notes, isGlobus } = await planOf(`${TRANSFER} --flow-id ${B} --client-id ${CLIENT}`);
    expect(work).toEqual({
      kind: "asked",
      flow: B,
      transfer: {
        sourceCollection: A,
        sourcePath: "/~/dat/ue_251023_FXL/rawData/scan001",
        destinationCollection: B,
        destinationPath: "/backup/ue_251023_FXL/rawData/scan001",
        label: "scan001",
      },
    });
    expect(isGlobus).toBe(true);
    expect(notes).toEqual([]);
    expect((await parsed(TRANSFER.replace("transfer", "run_transfer_flow"))).what).toBe("transfer");
  });

  test("weakness 25: a slash at the end of a path says nothing, in any command", async () => {
    const one = await planOf(`${TRANSFER} --client-id ${CLIENT}`);
    const other = await planOf(`${TRANSFER.replace(/scan001/g, "scan001/")} --client-id ${CLIENT}`);
    expect(other).toEqual(one);
  });

  test("a folder is copied under the name that it is to have; a file under its own", async () => {
    mkdirSync(join(home, "a/b"), { recursive: true });
    writeFileSync(join(home, "a/f.h5"), "");
    const folder = await planOf(`transfer --source-path ${home}/a/b/ --dest-path ${home}/c/d/`);
    expect(folder.work).toEqual({ kind: "scan", file: `${home}/a/b` });
    expect(folder.as).toBe("d");
    expect(folder.settings.source.top).toBe(`${home}/a`);
    expect(folder.settings.destinations).toMatchObject([
      { kind: "folder", top: `${home}/c`, path: "", name: `${home}/c/d` },
    ]);
    const file = await planOf(`transfer --source-path ${home}/a/f.h5 --dest-path ${home}/c/`);
    expect([file.as, file.settings.destinations[0]?.top]).toEqual([undefined, `${home}/c`]);
    const named = await planOf(`transfer --source-path ${home}/a/f.h5 --dest-path ${home}/c/f.h5`);
    expect(named.settings.destinations[0]?.top).toBe(`${home}/c`);
    expect(await refusal(`transfer --source-path ${home}/a/f.h5 --dest-path ${home}/c/g.h5`)).toContain(
      "is a file, which keeps its name",
    );
  });

  test("two destinations of one folder have two ledgers, and one has one", async () => {
    mkdirSync(join(home, "a/b"), { recursive: true });
    const ledgerTo = async (to: string): Promise<string> =>
      (await planOf(`transfer --source-path ${home}/a/b --dest-path ${home}/${to}`, { XDG_STATE_HOME: "/state" }))
        .settings.ledger.path;
    expect(await ledgerTo("c/d")).toMatch(/^\/state\/globus-ioc\/ways\/a-[0-9a-f]{8}$/);
    expect(await ledgerTo("c/d/")).toBe(await ledgerTo("c/d"));
    expect(await ledgerTo("c/e")).not.toBe(await ledgerTo("c/d"));
  });

  test.each([
    [`transfer --source-path a --dest-path b --source-collection ${A}`, "--dest-collection is not"],
    [`transfer --source-path /a --dest-path /b --dest-collection ${B}`, "no source: give --source-collection"],
    [TRANSFER, "There is no Globus login: set client-id"],
    [`${TRANSFER.replace(A, "detector")} --client-id ${CLIENT}`, '--source-collection "detector" is no UUID'],
    [`${TRANSFER.replace("/~/dat", "/~/../dat")} --client-id ${CLIENT}`, "is no path of a collection"],
    [`${TRANSFER.replace("/~/dat", "dat")} --client-id ${CLIENT}`, "is no path of a collection"],
    ["transfer --source-path / --dest-path /b", "the whole machine"],
    ["transfer --source-path /a --dest-path /", "the whole machine"],
  ])("%s is refused", async (line, sentence) => {
    expect(await refusal(line)).toContain(sentence);
  });

  test.each(["transfer --source-path /a", "transfer --dest-path /a", "transfer-scan", "transfer-scan --scan-dir"])(
    "%s lacks an option",
    async (line) => {
      await failureOf(parsed(line), CommanderError);
    },
  );
});

describe("the login", () => {
  test("is globus.conf's; an option wins, and the environment fills what neither says", async () => {
    const config = `[globus-auth]\nclient-id = ${A}\n`;
    const clientOf = ({ settings }: ForegroundPlan): string => settings["globus-auth"]["client-id"];
    expect(clientOf(await planOf(TRANSFER, { GLOBUS_CLIENT_ID: B }, config))).toBe(A);
    expect(clientOf(await planOf(`${TRANSFER} --client-id ${CLIENT}`, {}, config))).toBe(CLIENT);
    const { settings } = await planOf(TRANSFER, { GLOBUS_CLIENT_ID: B, GLOBUS_CLIENT_SECRET_FILE: "/run/secret" });
    expect(settings["globus-auth"]).toMatchObject({ "client-id": B, "client-secret-file": "/run/secret" });
  });

  test("is judged as in globus.conf, with the name of the option", async () => {
    const { message } = await failureOf(planOf(`${TRANSFER} --client-id me`), ConfigError);
    expect(message).toContain('--client-id = "me" is not a UUID');
  });
});
describe("watch", () => {
  const README = `watch --watchdir ${RAW} --flow-id ${A} --source-collection ${A} --dest-collection ${B} --dest-base-path /backup --patterns .done .complete --client-id ${CLIENT}`;

  test("as PAL-XFEL's README has it, below the experiment; the markers are the usual ones", async () => {
    const { work, settings, isOneCopy } = await planOf(README);
    expect(work).toMatchObject({
      kind: "watch",
      isOnce: false,
      sweepSeconds: 30,
      trigger: {
        root: RAW,
        pattern: { text: "{scan}" },
        complete: { kind: "marker", markers: [".done", ".complete"] },
      },
    });
    expect(settings.source).toMatchObject({ top: RAW, "collection-path": "/~/dat/ue_251023_FXL/rawData" });
    expect(settings.destinations).toMatchObject([{ top: "/backup", path: "{exp}/rawData", collection: B }]);
    expect(isOneCopy).toBe(false);
    const usual = await planOf(README.replace(" --patterns .done .complete", ""));
    expect(JSON.stringify(usual)).toBe(JSON.stringify(await planOf(README)));
    expect((await parsed(README.replace("watch ", "watch_and_trigger "))).what).toBe("watch");
  });

  test("weakness 7: patterns that are empty, or none, are refused and start nothing", async () => {
    await failureOf(parsed(`watch --watchdir ${RAW} --dry-run --patterns`), CommanderError);
    const given = await parsed(`watch --watchdir ${RAW} --dry-run`);
    for (const patterns of [[], [""], [" "], [".done", ""], [".done .complete"]])
      expect(() => foregroundPlan({ ...given, what: "watch", patterns } as ForegroundRequest, { HOME: home })).toThrow(
        /^--patterns has an empty one, and every new file would start a transfer: /,
      );
    expect(await refusal(`watch --watchdir ${RAW} --dry-run --patterns *`)).toContain("makes every file a marker");
  });

  test("a dry run needs nothing but a folder; without it the destination is missing", async () => {
    expect((await planOf(`watch --watchdir ${RAW} --dry-run`)).settings.destinations).toEqual([]);
    expect(await refusal(`watch --watchdir ${RAW}`)).toContain("--dest-base-path is missing");
  });

  test("the scans of an experiment lie in its rawData; a pattern says other", async () => {
    const patternOf = async (more: string): Promise<unknown> => (await planOf(`watch --dry-run ${more}`)).work;
    expect(await patternOf("--watchdir /d/ue_251023_FXL/")).toMatchObject({
      trigger: { pattern: { text: "rawData/{scan}" } },
    });
    expect(await patternOf("--watchdir /d --scans {exp:ue_*}/rawData/{scan:*_DIR}")).toMatchObject({
      trigger: { root: "/d", pattern: { text: "{exp:ue_*}/rawData/{scan:*_DIR}" } },
    });
    expect(await refusal("watch --dry-run --watchdir /d --scans a/b")).toContain("does not end in {scan}");
  });

  const treeOf = async (more: string, config = ""): Promise<unknown> =>
    (await planOf(`watch --dry-run --watchdir /d ${more}`.trim(), {}, config)).work;
  const refusedTree = async (more: string, config = ""): Promise<string> =>
    await refusal(`watch --dry-run --watchdir /d ${more}`, {}, config);

  test.each([
    ["--kind quiet --quiet-seconds 5", { kind: "quiet", seconds: 5 }],
    ["--kind count --files 3 --counted *.h5", { kind: "files", files: 3, counted: "*.h5" }],
    ["--kind next", { kind: "next" }],
    ["--patterns .end", { kind: "marker", markers: [".end"] }],
  ])("a scan is complete by every rule that a tree of the IOC has: %s", async (more, complete) => {
    expect(await treeOf(more)).toMatchObject({
      trigger: { name: "watch", complete, exclude: ["scratch/", ".*", "*.tmp", "*.part"] },
    });
  });

  test("a preset says what scans are, and an option wins over it", async () => {
    expect(await treeOf("--preset pal-xfel")).toMatchObject({
      trigger: { pattern: { text: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}" } },
    });
    expect(await treeOf("--preset aps --scans {scan:a*} --exclude b/")).toMatchObject({
      trigger: { pattern: { text: "{scan:a*}" }, exclude: ["b/"] },
    });
  });

  test("a section of globus.conf says it all, but for where; an option wins over it", async () => {
    const config =
      "[trigger raw]\nkind = quiet\nquiet-seconds = 7\nscans = {scan:*_DIR}\nsweep-seconds = 3\ncanary = /d/c\n" +
      "[trigger next]\nscans = {scan}\n[trigger tomoscan]\n[trigger bare]\nkind = next\n";
    expect(await treeOf("--trigger raw --quiet-seconds 9", config)).toMatchObject({
      sweepSeconds: 3,
      canary: "/d/c",
      trigger: { name: "raw", root: "/d", complete: { seconds: 9 }, exclude: [], pattern: { text: "{scan:*_DIR}" } },
    });
    expect(await treeOf("--trigger next", config)).toMatchObject({ trigger: { complete: { kind: "next" } } });
    expect(await treeOf("", config)).toMatchObject({ sweepSeconds: 30, trigger: { complete: { kind: "marker" } } });
    expect(await refusedTree("--trigger tomoscan", config)).toBe(
      "[trigger tomoscan]: its kind tomoscan needs EPICS, which watch does without: set marker, count, quiet, next.",
    );
    expect(await refusedTree("--trigger bare", config)).toMatch(/^\[trigger bare\]: scans is not set: /);
    expect(await refusedTree("--trigger row", config)).toContain("it has raw, next, tomoscan, bare; did you mean raw");
    expect(await refusedTree("--trigger raw")).toContain(
      '--trigger "raw" is no [trigger …] section of globus.conf: it has none. Give --config',
    );
  });

  test.each([
    ["--sweep-seconds soon", '--sweep-seconds = "soon" is not a number of seconds'],
    ["--kind often", '--kind = "often" is not one of tomoscan, '],
    ["--preset xfel", '--preset = "xfel" is not one of none, '],
    ["--files 0 --kind count", '--files = "0" is not a whole number from 1 to 999999999'],
  ])("%s is judged as in globus.conf, with the name of the option", async (more, sentence) => {
    const { message } = await failureOf(planOf(`watch --dry-run --watchdir /d ${more}`), ConfigError);
    expect(message).toContain(sentence);
  });

  test("a canary lies in the tree", async () => {
    expect(await treeOf("--canary /d/c/")).toMatchObject({ canary: "/d/c" });
    expect(await refusedTree("--canary /e")).toBe(
      'canary = "/e" does not lie below --watchdir "/d": name a folder there.',
    );
  });

  test("a scan of the tree that is sent by itself has the ledger of the watch", async () => {
    const watch = await planOf("watch --watchdir /a/b --dest-base-path /c");
    expect((await planOf("transfer-scan --scan-dir /a/b/s1 --dest-base /c")).settings.ledger).toEqual(
      watch.settings.ledger,
    );
  });
});

describe("transfer-scan", () => {
  const scan = async (more: string, environment: Record<string, string> = {}, config = ""): Promise<ForegroundPlan> =>
    planOf(`transfer-scan ${more}`, environment, config);

  test("sends a scan below its experiment; the base is /backup", async () => {
    const plan = await scan(`--scan-dir ${SCAN} ${BOTH}`);
    expect(plan.work).toEqual({ kind: "scan", file: SCAN });
    expect(plan.settings.source).toMatchObject({
      top: "/xfel/ffs/dat/ue_251023_FXL/rawData",
      collection: A,
      "collection-path": "/~/dat/ue_251023_FXL/rawData",
    });
    expect(plan.settings.destinations).toMatchObject([
      { kind: "globus", collection: B, top: "/backup", path: "{exp}/rawData", name: "39c5ee57:/backup/{exp}/rawData/" },
    ]);
    expect(plan.notes).toEqual([]);
    const spelt = await parsed(`pal_xfel_auto_transfer --scan-dir ${SCAN} ${BOTH}`);
    expect(spelt).toMatchObject({ what: "transfer-scan", scanDir: SCAN, destBase: "/backup" });
  });

  test("weakness 17: a slash at the end of --scan-dir leaves the scan its name", async () => {
    expect(await scan(`--scan-dir ${SCAN}/ ${BOTH}`)).toEqual(await scan(`--scan-dir ${SCAN} ${BOTH}`));
    expect(await scan(`--scan-dir ${SCAN}//. ${BOTH}`)).toEqual(await scan(`--scan-dir ${SCAN} ${BOTH}`));
  });

  test("weakness 18: paths are mapped part by part; what no map holds is told", async () => {
    const pathOf = ({ settings }: ForegroundPlan): string => settings.source["collection-path"];
    const other = await scan(`--scan-dir /xfel/ffs2/dat/x ${BOTH}`);
    expect(pathOf(other)).toBe("/xfel/ffs2/dat");
    expect(other.notes).toEqual([
      "/xfel/ffs2/dat lies below no --path-map, and is looked for under the same path in the collection.",
    ]);
    expect(pathOf(await scan(`--scan-dir /xfel/ffs2/dat/x ${BOTH} --path-map /xfel/ffs2=/two`))).toBe("/two/dat");
    const config = `[source]\ncollection = ${A}\ntop = /data\ncollection-path = /det\n[globus-auth]\nclient-id = ${CLIENT}\n`;
    expect(pathOf(await scan(`--scan-dir /data/a/b --dest-collection ${B}`, {}, config))).toBe("/det/a");
    expect(await refusal(`transfer-scan --scan-dir /a/b ${BOTH} --path-map a=b`)).toContain(
      '--path-map "a=b" is no map',
    );
  });

  test("what only globus.conf would send elsewhere is not sent there", async () => {
    const config = `[source]\naborted = leave\nbelongs = {stem}.x\n[destination other]\nkind = folder\ntop = /other\n[trigger tomoscan]\n`;
    const { settings } = await scan("--scan-dir /a/b --dest-base /c", {}, config);
    expect(settings.destinations.map(({ name }) => name)).toEqual(["/c/{exp}/rawData/"]);
    expect(settings.triggers).toEqual([]);
    expect(settings.source).toMatchObject({ aborted: "send", belongs: [] });
  });

  test.each([
    ["--scan-dir /", "the whole machine"],
    ["--scan-dir /a/b --experiment ../../x", '--experiment "../../x" is no name of a folder: it holds a "/".'],
    ["--scan-dir /a/b --experiment ..", "it leads elsewhere"],
    ["--scan-dir /a/b --experiment a\nb", "it holds a control character"],
    ["--scan-dir /a/b --dest-layout ../x", "--dest-layout"],
    [`--scan-dir /a/b ${BOTH} --dest-base backup`, "--dest-base"],
  ])("%s is refused", async (line, sentence) => {
    expect(await refusal(`transfer-scan ${line}`)).toContain(sentence);
  });

  test("a destination's name says where scans go: no two places have one", async () => {
    const nameOf = async (line: string): Promise<unknown> => (await planOf(line)).settings.destinations[0]?.name;
    const names = await Promise.all([
      nameOf("transfer-scan --scan-dir /a/b --dest-base /c"),
      nameOf("transfer-scan --scan-dir /a/b --dest-base /c --dest-layout {exp}/"),
      nameOf("transfer --source-path /a/b --dest-path /c"),
      nameOf("transfer --source-path /a/b --dest-path /c/b"),
    ]);
    expect(names).toEqual(["/c/{exp}/rawData/", "/c/{exp}/", "/c", "/c/b"]);
  });

  test("a ledger is named, or derived from the folder of scans and from where they go", async () => {
    const ledgerOf = async (more: string): Promise<string> => (await scan(more)).settings.ledger.path;
    const usual = await ledgerOf("--scan-dir /a/b/s1 --dest-base /c");
    expect(await ledgerOf("--scan-dir /a/b/s2 --dest-base /c")).toBe(usual);
    const others = ["--dest-base /d", "--dest-base /c --dest-layout {exp}"];
    for (const other of others) expect(await ledgerOf(`--scan-dir /a/b/s2 ${other}`)).not.toBe(usual);
    expect(await ledgerOf(`--scan-dir /a/b/s2 --dest-base /c ${BOTH}`)).not.toBe(usual);
    expect(await ledgerOf("--scan-dir /a/b/s2 --ledger /here")).toBe("/here");
  });
});
