import type { StartedDaqs } from "../../../src/controller/daq/daq-progress.ts";
import { startDaq } from "../../../src/controller/daq/start-daq.ts";
import { stopDaq } from "../../../src/controller/daq/stop-daq.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import type { SourceReport } from "../../../src/controller/ports/data-host.ts";
import type { PvValue } from "../../../src/controller/ports/pvs.ts";
import { DAQ_STATES } from "../../../src/controller/pvs/daq.ts";
import type { Action } from "../../../src/controller/run/action.ts";
import { type ActionResult } from "../../../src/controller/run/outcome.ts";
import { FakeDataHost, FakeDm } from "../../support/fakes/fake-services.ts";

export const NAME = "2026-03-Levy-1014288";
export const EXPERIMENT: Experiment = {
  name: NAME,
  uncleanedName: "2026-03-Lévy-1014288",
  yearMonth: "2026-03",
  piLastName: "Levy",
  proposalNumber: "1014288",
  proposalTitle: "Foams",
  esafNumber: "",
};
export const RAW = `/data/2BM/${NAME}`;
export const REC = `/data/2BM/${NAME}_rec`;
export const RUNNING = DAQ_STATES.indexOf("Running");

/** StartDaq and StopDaq over fakes, as they are before each test. */
export function daqScene() {
  const dm = new FakeDm();
  dm.experiments.set(NAME, { name: NAME, usernames: [] });
  const host = new FakeDataHost();
  const started: StartedDaqs = new Map();
  const published: Record<string, unknown> = {};
  const inputs: Record<string, number> = { DaqRaw: 1, DaqRec: 1, ProcessExisting: 1 };
  const abort = new AbortController();
  const options = (changes: { prefix?: string; templates?: { raw: string; rec: string } } = {}) => ({
    dm,
    site: { host, prefix: "", templates: { raw: "{exp}", rec: "{exp}_rec" }, ...changes },
    serverName: "voyager",
  });
  const run = (action: Action): Promise<ActionResult> =>
    action.run({
      experiment: EXPERIMENT,
      signal: abort.signal,
      input: (name) => inputs[name] ?? "",
      publish: (name, value) => void (published[name] = value),
      shown: (name) => (published[name] ?? "") as PvValue,
      say: () => {},
    });
  const start = (changes: Parameters<typeof options>[0] = {}) => run(startDaq({ ...options(changes), started }));
  const stop = () => run(stopDaq(options()));
  const calls = (name: string) => dm.calls.filter((call) => call.startsWith(`${name} `));
  const source = (path: string, report: Partial<SourceReport>) =>
    host.reports.set(path, { files: 0, bytes: 0, ...report });
  return { dm, host, started, published, inputs, abort, options, run, start, stop, calls, source };
}
