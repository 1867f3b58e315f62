/** What the commands work on: the IOC, and the folder that the shell is in. */
import type { Ioc } from "../ioc.ts";
import type { WorkingDirectory } from "../working-directory.ts";

export interface CommandSession {
  readonly ioc: Ioc;
  readonly directory: WorkingDirectory;
}
