/**
 * Globus Transfer behind its port: which part does what. Each part is a file of its own: owner.ts, submission.ts,
 * task-reports.ts, task-proof.ts and collection-policy.ts.
 */
import type { TransferTasks } from "../../controller/ports/transfer-tasks.ts";
import type { TokenSource } from "./auth.ts";
import type { GlobusCall } from "./call.ts";
import { checkCollectionId, type NamedCollection } from "./collection.ts";
import { transferRefusal } from "./collection-policy.ts";
import { createOwner, type GlobusLogin } from "./owner.ts";
import { newSubmissionId, submit, submitRemoval } from "./submission.ts";
import { arrivedFiles, findFile, glanceAt, listFiles, typeAt } from "./task-proof.ts";
import { cancelTask, pauseMessage, taskReports } from "./task-reports.ts";

export interface TransferTasksOptions {
  readonly call: GlobusCall;
  readonly tokens: TokenSource;
  readonly login: GlobusLogin;
  /** What operators call a collection, by its id; the id where it has no name. */
  readonly nameOf: (collection: string) => string;
  /** The time that Globus told last. */
  readonly heard: TransferTasks["heard"];
  /** Whether data are encrypted on their way. */
  readonly encrypt: boolean;
}

/** Each function throws ActionError for a collection whose id is no UUID. */
export function createTransferTasks(options: TransferTasksOptions): TransferTasks {
  const { call, tokens, login, nameOf, encrypt, heard } = options;
  const named = (id: string): NamedCollection => {
    const collection = { id, name: nameOf(id) };
    checkCollectionId(collection);
    return collection;
  };
  return {
    owner: createOwner(login, call, tokens),
    submissionId: (asked) => newSubmissionId(call, asked),
    submit: async (submission, asked) => {
      const ends = [named(submission.sourceCollection), named(submission.destinationCollection)] as const;
      return await submit(call, submission, { encrypt, ends }, asked);
    },
    tasks: (ids, asked) => taskReports(call, ids, asked),
    cancel: (taskId, asked) => cancelTask(call, taskId, asked),
    pauseMessage: (taskId, asked) => pauseMessage(call, taskId, asked),
    arrived: (taskId, asked) => arrivedFiles(call, taskId, asked),
    typeOf: async (id, path, asked) => await typeAt(call, named(id), path, asked),
    list: async (id, folder, isDeep, asked) => await listFiles(call, named(id), folder, isDeep, asked),
    glance: async (id, folder, asked) => await glanceAt(call, named(id), folder, asked),
    find: async (id, path, asked) => await findFile(call, named(id), path, asked),
    remove: async (removal, asked) => await submitRemoval(call, removal, named(removal.collection), asked),
    heard,
    refusal: async (id, role, asked) => await transferRefusal(call, named(id), role, asked),
  };
}
