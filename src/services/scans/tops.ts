/** A top directory of scans behind its port: each call is one piece of work for the process that copies, too. */
import type { ScanTop, TopFound } from "../../controller/ports/scan-top.ts";
import type { TopRole, TopWork } from "./at-top.ts";
import { newMark } from "./destination-tree.ts";
import type { FilesAt, Worker } from "./work.ts";

export function createTop(at: FilesAt, role: TopRole, work: Worker): ScanTop {
  const ask = (one: TopWork, signal: AbortSignal | undefined): Promise<unknown> =>
    work({ do: "top", at, role, work: one }, { signal });
  return {
    look: async ({ signal }) => (await ask({ do: "look" }, signal)) as TopFound,
    tryWriting: async (name, { signal }) => (await ask({ do: "tryWriting", name }, signal)) as TopFound,
    put: async ({ name, text, modified }, { signal }) => {
      await ask({ do: "put", file: { parts: [], name, text, modified, mark: newMark() } }, signal);
    },
    find: async (name, { signal }) =>
      ((await ask({ do: "find", name }, signal)) as Awaited<ReturnType<ScanTop["find"]>> | null) ?? undefined,
    remove: async (name, { signal }) => {
      await ask({ do: "remove", name }, signal);
    },
  };
}
