/** Data Management made from the names of its methods, where all are to do the same: the one list of them. */
import type { CallOptions } from "../controller/ports/call.ts";
import type { DataManagement } from "../controller/ports/data-management.ts";

type MethodName = keyof DataManagement;

const METHODS: Readonly<Record<MethodName, true>> = {
  stationExperiments: true,
  setExperimentMetadata: true,
  deleteExperiment: true,
  removeUserFromExperiment: true,
  startDaq: true,
  stopDaq: true,
  daqs: true,
  startUpload: true,
  uploads: true,
  upload: true,
  stopUpload: true,
  esafs: true,
  experimentByName: true,
  addExperiment: true,
  userByUsername: true,
  addUserToExperiment: true,
  checkLogin: true,
};

/** @param choose whose method is called. What it rejects with, every method rejects with. */
export function dmOf(choose: (call: CallOptions) => Promise<DataManagement>): DataManagement {
  const method =
    (name: MethodName) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const dm = await choose(args.at(-1) as CallOptions); // each method's last argument
      return (dm[name] as (...same: readonly unknown[]) => Promise<unknown>).apply(dm, [...args]);
    };
  const names = Object.keys(METHODS) as MethodName[];
  return Object.fromEntries(names.map((name) => [name, method(name)])) as unknown as DataManagement;
}
