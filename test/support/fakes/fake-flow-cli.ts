/** The commands of flows in this process: real settings and files in a folder of their own, Globus of fakes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFlow } from "../../../src/cli/flow-command.ts";
import type { OpenedFlows } from "../../../src/cli/flow-context.ts";
import type { FlowRequest } from "../../../src/cli/flow-request.ts";
import { NotFoundError } from "../../../src/controller/ports/call.ts";
import type { Flows, Question } from "../../../src/controller/ports/flows.ts";
import type { TaskReport, TransferTasks } from "../../../src/controller/ports/transfer-tasks.ts";
import { createFlowFiles } from "../../../src/services/flow-files.ts";
import { ROOT } from "../peers/real-peers.ts";
import { FakeDeployedFlows, LOGIN, OWNER } from "./fake-deployed-flows.ts";
import { FakeFlows } from "./fake-flows.ts";
import { ImpatientClock } from "./impatient-clock.ts";

export interface FlowCliRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class FakeFlowCli {
  readonly home = mkdtempSync(join(tmpdir(), "flow-cli-"));
  readonly clock = new ImpatientClock();
  readonly runs = new FakeFlows(this.clock);
  readonly deployed = new FakeDeployedFlows();
  /** Transfer's tasks, by id. */
  readonly tasks = new Map<string, TaskReport>();
  /** By id. */
  readonly questions = new Map<string, Question>();
  /** Ids of questions and of the options that were chosen. */
  readonly answered: (readonly [string, string])[] = [];
  /** What lies at a path of a collection. */
  kind: "file" | "folder" | undefined = "folder";
  isTerminal = false;
  /** A person's answers; absent: there is no terminal to ask at. */
  answers: string[] | undefined;
  readonly stop = new AbortController();
  conf = "";
  /** Called before each look at a run, the first with 0. */
  onLook: (look: number) => void = () => {};
  #looks = 0;
  readonly files = createFlowFiles(join(this.home, ".globus-ioc/flows"));

  constructor() {
    this.runs.owner = OWNER;
  }

  path(name: string): string {
    return join(this.home, name);
  }

  write(name: string, value: unknown): string {
    writeFileSync(this.path(name), typeof value === "string" ? value : JSON.stringify(value, null, 2));
    return this.path(name);
  }

  async run(request: FlowRequest): Promise<FlowCliRun> {
    let out = "";
    let err = "";
    this.write("globus.conf", `[globus-auth]\nclient-id = ${LOGIN.slice(-36)}\n${this.conf}`);
    const status = await runFlow(
      { config: this.path("globus.conf"), ...request },
      {
        environment: { HOME: this.home },
        setZone: () => {},
        clock: this.clock,
        signal: this.stop.signal,
        isTerminal: this.isTerminal,
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
        commandLine: `globus-ioc flow ${request.what}`,
        dialogue: {
          isTerminal: this.answers !== undefined,
          write: (line) => {
            out += `${line}\n`;
          },
          ask: () => Promise.resolve(this.answers?.shift()),
        },
        templates: join(ROOT, "flows"),
        open: ({ settings }) => Promise.resolve(this.#opened(settings.flows.flow)),
      },
    );
    return { status, out, err };
  }

  #opened(flow: string): OpenedFlows {
    const { runs, deployed } = this;
    const flows: Flows = {
      start: (request, options) => runs.start(request, options),
      problems: () => runs.problems(),
      run: (id) => {
        this.onLook(this.#looks++);
        return runs.run(id);
      },
      runs: (filter) => runs.runs(filter),
      log: (id, options, last) => runs.log(id, options, last),
      cancel: (id) => runs.cancel(id),
      resume: (id) => runs.resume(id),
      flow: (id) => deployed.flow(id),
      flows: () => deployed.flows(),
      create: (draft) => deployed.create(draft),
      change: (id, draft) => deployed.change(id, draft),
      remove: (id) => deployed.remove(id),
      definitionProblems: () => deployed.definitionProblems(),
      questions: () => Promise.resolve([]),
      question: (id) => {
        const found = this.questions.get(id);
        return found === undefined ? Promise.reject(new NotFoundError(`no question ${id}`)) : Promise.resolve(found);
      },
      respond: (id, option) => {
        this.answered.push([id, option]);
        return Promise.resolve();
      },
    };
    return {
      flows,
      tasks: this.#transfer(),
      files: this.files,
      nameOf: (id) => id,
      flow,
      input: () => Promise.resolve({}),
      pollSeconds: 5,
      close: () => Promise.resolve(),
    };
  }

  #transfer(): TransferTasks {
    const known: Partial<TransferTasks> = {
      owner: () => Promise.resolve(LOGIN),
      heard: () => undefined,
      tasks: (ids) => Promise.resolve(new Map([...this.tasks].filter(([id]) => ids.includes(id)))),
      typeOf: (_, path) =>
        this.kind === undefined
          ? Promise.reject(new NotFoundError(`There is no ${path}.`))
          : Promise.resolve(this.kind),
      find: (_, path) => Promise.resolve({ path, bytes: 3000, modified: 0 }),
      list: () => Promise.resolve([{ path: "a", bytes: 4000, modified: 0 }]),
    };
    return known as TransferTasks;
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
