/** Flows that are deployed, in memory: what `flow deploy`, `list`, `show`, `validate` and `delete` ask. */
import { AccessDeniedError, NotFoundError } from "../../../src/controller/ports/call.ts";
import type { FlowDraft, FlowReport, Flows } from "../../../src/controller/ports/flows.ts";

type DeployedPart = Pick<Flows, "flow" | "flows" | "create" | "change" | "remove" | "definitionProblems">;

export const OWNER = "aaaaaaaa-0000-4000-8000-000000000001";
/** As TransferTasks.owner has it. */
export const LOGIN = `the identity ${OWNER} through the application bbbbbbbb-0000-4000-8000-000000000002`;

export class FakeDeployedFlows implements DeployedPart {
  readonly all = new Map<string, FlowReport>();
  readonly asked: string[] = [];
  /** Thrown by the next creation; "after": the flow is made all the same. */
  failure: { readonly error: Error; readonly isMade: boolean } | undefined;
  problems: readonly string[] = [];

  add(draft: FlowDraft, more: Partial<FlowReport> = {}): FlowReport {
    const number = String(this.all.size + 1).padStart(12, "0");
    const { title = "", keywords = [], definition = {}, inputSchema = {}, subscription } = draft;
    const flow: FlowReport = {
      id: `ffffffff-0000-4000-8000-${number}`,
      title,
      owner: OWNER,
      keywords,
      definition,
      inputSchema,
      ...(subscription !== undefined && { subscription }),
      created: Date.UTC(2026, 2, 1, 12),
      updated: Date.UTC(2026, 2, 1, 12),
      document: { ...documentOf(draft), id: `ffffffff-0000-4000-8000-${number}`, title },
      ...more,
    };
    this.all.set(flow.id, flow);
    return flow;
  }

  flow(id: string): Promise<FlowReport> {
    const found = this.all.get(id);
    return found === undefined ? Promise.reject(new NotFoundError(`no flow ${id}`)) : Promise.resolve(found);
  }

  /** Without definitions and schemas, as Flows lists. */
  flows(): Promise<readonly FlowReport[]> {
    return Promise.resolve([...this.all.values()].map((flow) => ({ ...flow, definition: {}, inputSchema: {} })));
  }

  create(draft: FlowDraft): Promise<FlowReport> {
    this.asked.push("create");
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) {
      if (failure.isMade) this.add(draft);
      return Promise.reject(failure.error);
    }
    const isFull = [...this.all.values()].some(
      ({ owner, subscription }) => owner === OWNER && subscription === undefined,
    );
    if (draft.subscription === undefined && isFull)
      return Promise.reject(
        new AccessDeniedError("Globus did not deploy the flow: give the login the permission (FORBIDDEN).", {
          cause: new Error("FORBIDDEN: one flow"),
        }),
      );
    return Promise.resolve(this.add(draft));
  }

  change(id: string, draft: FlowDraft): Promise<FlowReport> {
    this.asked.push(`change ${Object.keys(draft).sort().join(" ")}`);
    const before = this.all.get(id);
    if (before === undefined) return Promise.reject(new NotFoundError(`no flow ${id}`));
    const document = { ...before.document, ...documentOf(draft) };
    const flow = { ...before, ...draft, document } as FlowReport;
    this.all.set(id, flow);
    return Promise.resolve(flow);
  }

  remove(id: string): Promise<void> {
    this.asked.push("remove");
    this.all.delete(id);
    return Promise.resolve();
  }

  definitionProblems(): Promise<readonly string[]> {
    return Promise.resolve(this.problems);
  }
}

const documentOf = ({ subtitle, description, starters, viewers }: FlowDraft): Readonly<Record<string, unknown>> => ({
  ...(subtitle !== undefined && { subtitle }),
  ...(description !== undefined && { description }),
  ...(starters !== undefined && { flow_starters: starters }),
  ...(viewers !== undefined && { flow_viewers: viewers }),
});
