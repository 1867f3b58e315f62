import { DaqBoard } from "../../../src/controller/daq/daq-board.ts";
import { type DaqsState, following } from "../../../src/controller/daq/daq-state.ts";
import { startDaq } from "../../../src/controller/daq/start-daq.ts";
import { stopDaq } from "../../../src/controller/daq/stop-daq.ts";
import type { Experiment } from "../../../src/controller/experiment.ts";
import type { SourceReport } from "../../../src/controller/ports/data-host.ts";
import type { DmTransfer } from "../../../src/controller/ports/data-management.ts";
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

/** The DAQ of the raw data as Data Management tells of it. */
export const daqOf = (changes: Partial<DmTransfer> = {}): DmTransfer => ({
  id: "daq-1",
  experimentName: NAME,
  dataDirectory: RAW,
  status: "running",
  filesDone: 0,
  filesTotal: 10,
  percent: 0,
  errors: 0,
  runSeconds: 0,
  ...changes,
});

/** StartDaq and StopDaq over fakes, as they are before each test. */
export function daqScene() {
  const dm = new FakeDm();
  dm.experiments.set(NAME, { name: NAME, usernames: [] });
  const host = new FakeDataHost();
  const board = new DaqBoard();
  const published: Record<string, unknown> = {};
  const inputs: Record<string, number> = { DaqRaw: 1, DaqRec: 1, ProcessExisting: 1 };
  const abort = new AbortController();
  const options = (changes: { prefix?: string; templates?: { raw: string; rec: string } } = {}) => ({
    dm,
    site: { host, prefix: "", templates: { raw: "{exp}", rec: "{exp}_rec" }, ...changes },
    serverName: "voyager",
    board,
  });
  const run = (action: Action): Promise<ActionResult> =>
    action.run({
      experiment: EXPERIMENT,
      signal: abort.signal,
      input: (name) => inputs[name] ?? "",
      publish: (name, value) => void (published[name] = value),
      say: () => {},
    });
  /** What an earlier run, or the watch, has left. */
  const left = (...steps: ((state: DaqsState) => DaqsState)[]) => {
    for (const step of [(state: DaqsState) => following(state, EXPERIMENT, options().site), ...steps])
      board.change((name, value) => void (published[name] = value), step);
  };
  const start = (changes: Parameters<typeof options>[0] = {}) => run(startDaq(options(changes)));
  const stop = () => run(stopDaq(options()));
  const calls = (name: string) => dm.calls.filter((call) => call.startsWith(`${name} `));
  const source = (path: string, report: Partial<SourceReport>) =>
    host.reports.set(path, { files: 0, bytes: 0, ...report });
  return { dm, host, board, published, inputs, abort, options, left, run, start, stop, calls, source };
}
