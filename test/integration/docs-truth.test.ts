/**
 * The pages that people read, held against the program that runs: not against the tables that the pages are made from.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { CaClient } from "../../src/ca/client/client.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { openClient } from "../support/peers/our-client.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
/** The rows of a page's tables that have so many cells, without their heads. */
const rowsOf = (page: string, cells: number): string[][] =>
  page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .replaceAll("\\|", "\u0000")
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("\u0000", "|")),
    )
    .filter((row) => row.length === cells);
const bare = (cell: string | undefined): string => (cell ?? "").replaceAll("`", "").replace(/ \+$/, "");
const words = (text: string): string => text.replace(/\s+/g, " ");

let site: SimulatedBeamline;
let client: CaClient;
beforeAll(async () => {
  site = await startSimulatedBeamline();
  client = openClient(site.iocPort).client;
});
afterAll(async () => {
  await client?.close();
  await site?.stop();
});

describe("docs/pvs.md against an IOC that runs", () => {
  const rows = rowsOf(read("docs/pvs.md"), 6).map(([name, kind, type, states]) => ({
    name: bare(name),
    kind: bare(kind),
    type: bare(type),
    states: bare(states),
  }));

  test("each PV is there, with a value", async () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const { name } of rows) {
      const pv = client.pv(site.prefix + name);
      await pv.connected({ timeoutSeconds: 20 });
      expect((await pv.get()).elements, name).toBeDefined();
      pv.close();
    }
  });

  test("nobody writes a result, and inputs and settings can be written", async () => {
    for (const { name, kind } of rows) {
      const [pv, disabled] = [client.pv(site.prefix + name), client.pv(`${site.prefix}${name}.DISP`)];
      const { canWrite } = await pv.connected({ timeoutSeconds: 20 });
      await disabled.connected({ timeoutSeconds: 20 });
      const isOpen = canWrite && (await disabled.get()).value !== 1;
      expect(isOpen, `${name} is a ${kind}`).toBe(kind !== "result");
      pv.close();
      disabled.close();
    }
  });

  test("a state PV has the states that its row names", async () => {
    const choosing = rows.filter(({ type, states }) => /^(bi|mbbi|mbbo)$/.test(type) && states !== "");
    expect(choosing.length).toBeGreaterThan(30);
    for (const { name, states } of choosing) {
      const pv = client.pv(site.prefix + name);
      await pv.connected({ timeoutSeconds: 20 });
      const { choices } = (await pv.get({ type: () => 31 })).sample; // CTRL_ENUM
      expect(
        choices.filter((one) => one !== ""),
        name,
      ).toEqual(states.split(", "));
      pv.close();
    }
  });
});

describe("docs/commands.md against the program's help", { concurrent: true }, () => {
  const rows = rowsOf(read("docs/commands.md"), 5);
  test("has rows", () => expect(rows.length).toBeGreaterThan(10));

  test.each(rows)("%s", async (name, also, about, _pv, options) => {
    const run = await runPeer(process.execPath, [PROGRAM, bare(name), "--help"], { env: inheritedEnvironment() });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const help = words(run.stdout);
    expect(help).toContain(words(about ?? ""));
    for (const alias of bare(also).split(", ")) expect(help).toContain(alias);
    for (const [, flag] of (options ?? "").matchAll(/`(--[^`]+)`/g)) {
      const [long, value] = (flag ?? "").split(" ");
      if (long?.startsWith("--no-") === true) expect(help).toContain(`or ${long}`);
      else expect(help).toContain(value === undefined ? `${long} ` : `${long} <${value}>`);
    }
    expect(help).toContain(/^Exit status: .*$/m.exec(read("docs/commands.md"))?.[0]);
  });
});

describe("docs/commands.md: the other commands against the program's help", { concurrent: true }, () => {
  const sections = read("docs/commands.md").split(/^## /m).slice(2);
  const commands = sections.flatMap((section) => {
    const named = rowsOf(section, 3).map(([call = "", also, about]) => {
      const name = bare(call).replace(/ ?[<[].*$/, "");
      return { name, also: bare(also).split(" "), about: about ?? "" };
    });
    const options = rowsOf(section, 4).map(([flags, , meaning = "", of]) => ({ flags: bare(flags), meaning, of }));
    return named.map((one) => ({
      ...one,
      options: options.filter(({ of }) => of === "all" || of?.split(/(?<=`) /).includes(`\`${one.name}\``) === true),
    }));
  });
  test("has queue, trigger and what runs without an IOC", () => {
    const names = commands.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["queue list", "trigger", "watch", "transfer", "transfer-scan", "get"]),
    );
  });

  test.each(commands)("$name", async ({ name, also, about, options }) => {
    const run = await runPeer(process.execPath, [PROGRAM, ...name.split(" "), "--help"], {
      env: inheritedEnvironment(),
    });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const help = words(run.stdout);
    for (const one of [about, ...also, ...options.flatMap(({ flags, meaning }) => [flags, words(meaning)])])
      expect(help).toContain(one);
    const inHelp = [...run.stdout.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].map(([, flags = ""]) => flags);
    const own = inHelp.filter((flags) => !flags.endsWith("--help"));
    expect(new Set(options.map(({ flags }) => flags))).toEqual(new Set(own));
  });
});

describe("README.md", () => {
  const readme = read("README.md");
  const quoted = [...readme.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? "");

  test("each file that it names is there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, file]) => file ?? "");
    const files = quoted.filter((one) => /^(src|test|docs|db|iocBoot|medm|tools)\/[\w./-]*$/.test(one));
    const missing = [...links.filter((one) => !one.startsWith("http")), ...files].filter(
      (one) => !existsSync(join(ROOT, one)),
    );
    expect(missing).toEqual([]);
    expect(files.length).toBeGreaterThan(5);
  });

  test("each npm script and each command that it names exists", async () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/(?:`| {4})npm (?:run )?([a-z]+)\b/g)].map(([, name]) => name ?? "");
    const own = ["install", "pack"]; // npm's own
    expect(named.filter((one) => !own.includes(one) && !(one in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
    const { stdout } = await runPeer(process.execPath, [PROGRAM, "--help"], { env: inheritedEnvironment() });
    const commands = quoted.flatMap((one) => /^(?:npx )?globus-ioc ([a-z][\w-]+)/.exec(one)?.[1] ?? []);
    const unknown = commands.filter((one) => !new RegExp(`^  ${one}(?:\\||\\s|$)`, "m").test(stdout));
    expect(unknown).toEqual([]);
    expect(commands.length).toBeGreaterThan(3);
  });

  test("its table of dependencies is that of package.json", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    const table = readme.slice(readme.indexOf("## Dependencies"));
    expect(
      rowsOf(table, 2)
        .map(([name]) => bare(name))
        .toSorted(),
    ).toEqual(Object.keys(dependencies).toSorted());
  });

  test("its first session does what its comments say, with the project's own client", async () => {
    const session = readme.split("\n").filter((line) => /^ {4}(caget|caput) /.test(line));
    expect(session.length).toBeGreaterThan(6);
    for (const line of session) {
      const typed = line
        .replace(/\s+#.*$/, "")
        .trim()
        .replaceAll("2bmb:Globus:", site.prefix);
      const named = typed.replaceAll("2bmb:TomoScan:", site.beamline.tomoScanPrefix);
      const [tool, ...args] = named.split(/\s+/);
      const run = await runPeer(process.execPath, [PROGRAM, tool === "caget" ? "get" : "put", ...args], {
        env: site.env,
      });
      expect(run, line).toMatchObject({ code: 0, stderr: "" });
    }
    expect(site.beamline.dm.experiments.has(site.experimentName)).toBe(true);
    expect(existsSync(join(site.beamline.analysis.root, "data", site.experimentName))).toBe(true);
    expect(site.beamline.mail.messages.length).toBeGreaterThan(0);
  });
});
