/** `globus-ioc trigger` through an IOC that runs, and into the drop folder of one that does not. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });

test("a scan is put in by hand with an IOC and without one, and sent exactly once", async () => {
  await using site = await startSimulatedBeamline();
  const { beamline, env } = site;
  const ours = operatorOf(() => site);
  await ours.until("ExperimentName", (name) => name === site.experimentName);
  const source = beamline.globus.collection("detector").folder;
  mkdirSync(join(source, "data/by-hand"), { recursive: true });
  const write = (name: string): void => writeFileSync(join(source, "data/by-hand", `${name}.h5`), name.repeat(5000));
  const trigger = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), "trigger", ...words, "--config", beamline.configFile], {
      env,
    });

  const named = (name: string): string => `/data/by-hand/${name}.h5`;
  write("s1");
  const done = await trigger(named("s1"));
  expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
  expect(done.stdout).toContain(`trigger: Done. 1 scan is taken, and sent once at rest;`);
  await ours.until("ArchiveMessage", (message) => message === "s1 is proven at archive and petrel.");
  const refused = await trigger("/etc/passwd");
  expect(refused.code).toBe(EXIT.failed);
  expect(refused.stderr).toContain('"/etc/passwd" does not lie below');

  const drop = join(dirname(beamline.configFile), "ledger/drop");
  site.ioc.kill("SIGKILL");
  await site.ioc.exited;
  write("s2");
  for (const name of ["s2", "s2"]) {
    const left = await trigger(named(name));
    expect(left, left.stdout + left.stderr).toMatchObject({ code: EXIT.done });
    expect(left.stdout).toContain(`so the scan lies in ${drop} until an IOC`);
  }
  for (const name of readdirSync(drop)) expect((statSync(join(drop, name)).mode & 0o777).toString(8)).toBe("600");
  writeFileSync(join(drop, "20260301T120000000Z-0123456789ab.json"), '{"file":"/da');
  await site.restartIoc();
  await ours.until("ArchiveMessage", (message) => message === "s2 is proven at archive and petrel.");
  await ours.until("QueueDepth", (depth) => depth === "0");
  expect(readdirSync(drop)).toEqual(["refused"]);
  expect(readdirSync(join(drop, "refused"))).toEqual(["20260301T120000000Z-0123456789ab.json"]);
  expect(await ours.text("Log")).toContain("is not taken: it holds no scan.");
  const petrel = beamline.globus.collection("petrel").folder;
  for (const name of ["s1", "s2"]) {
    const copy = readdirSync(petrel, { recursive: true, encoding: "utf8" }).find((one) => one.endsWith(`${name}.h5`));
    expect(
      readFileSync(join(petrel, copy ?? "")).equals(readFileSync(join(source, "data/by-hand", `${name}.h5`))),
    ).toBe(true);
    const sent = beamline.globus.transfers
      .flatMap(({ sources }) => sources)
      .filter((one) => one.endsWith(`${name}.h5`));
    expect(sent).toHaveLength(1);
  }
  await ours.close();
});
