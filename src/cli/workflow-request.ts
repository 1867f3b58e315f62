/** What `globus-ioc workflow …` can be asked, as the options of workflow-program.ts give it. */

interface WorkflowFlags {
  readonly config?: string;
  readonly logDirectory?: string;
  readonly json?: true;
  /** Of workflows and jobs; absent: the user of the login file. */
  readonly owner?: string;
}

export interface StartFlags {
  readonly name?: string;
  /** A JSON object. */
  readonly args?: string;
  readonly file?: string;
  readonly experiment?: string;
  readonly wait?: true;
  readonly timeout?: string;
  readonly dryRun?: true;
  readonly ioc?: string | true;
}

export type WorkflowRequest = WorkflowFlags &
  (
    | { readonly what: "list" }
    | { readonly what: "show"; readonly name: string }
    | { readonly what: "save"; readonly file: string; readonly replace?: true }
    | ({ readonly what: "run" } & StartFlags)
    | { readonly what: "jobs"; readonly last?: string; readonly active?: true }
    | { readonly what: "status"; readonly job: string }
    | { readonly what: "wait"; readonly job: string; readonly timeout?: string }
    | { readonly what: "cancel"; readonly job: string }
  );
