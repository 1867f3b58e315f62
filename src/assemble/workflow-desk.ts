/** Data Management's processing service for one command, without an IOC. Decides nothing. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings.ts";
import type { Processing } from "../controller/ports/workflows.ts";
import { openDm } from "./dm.ts";
import { type MutableEnvironment, type PartOptions, Problems } from "./parts.ts";

export interface WorkflowDesk {
  readonly processing: Processing;
  close(): Promise<void>;
}

/** Reaches nobody yet. @throws ConfigError */
export function openWorkflowDesk(options: {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  readonly clock: Clock;
  readonly log: Log;
}): WorkflowDesk {
  const closers: PartOptions["closers"] = [];
  const problems = new Problems();
  const { processing } = openDm({ ...options, problems, closers });
  const close = async (): Promise<void> => {
    await Promise.all(closers.map(async (one) => one()));
  };
  try {
    problems.throwIfAny();
  } catch (thrown) {
    void close();
    throw thrown;
  }
  return { processing, close };
}
