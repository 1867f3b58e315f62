/** Init on a Globus collection: the experiment's directory chain. There is no experiment to create, and users get in through the directory's access rules. */
import type { Action } from "../action.ts";
import { directoryParts } from "../experiment.ts";
import type { DirectoryTree } from "../ports.ts";

export interface InitGlobusOptions {
  readonly tree: DirectoryTree;
  /** Levels below the collection's top, e.g. `{ym}/{exp}`. */
  readonly template: string;
}

export function initOnGlobus({ tree, template }: InitGlobusOptions): Action {
  const place = (parts: readonly string[]): string =>
    `${tree.name}:${[tree.top.replace(/\/+$/, ""), ...parts].join("/")}/`;
  return {
    plan: ({ experiment }) => [`would make ${place(directoryParts(template, experiment))}`],
    run: async ({ experiment, signal, publish }) => {
      publish("ExperimentCreated", 0);
      const parts = directoryParts(template, experiment);
      const state = await tree.makeDirectories(parts, { signal });
      publish("ExperimentExists", 1);
      publish("ExperimentCreated", state === "Created" ? 1 : 0);
      return { state: "Done", message: `${place(parts)} ${state === "Created" ? "was made" : "exists"}.` };
    },
  };
}
