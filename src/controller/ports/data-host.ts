/** The host on which DAQs find their data. */
import type { SourceReport } from "../../base/source-look.ts";
import type { CallOptions } from "./call.ts";

export type { SourceReport };

/** The host on which DAQs find their data. */
export interface DataHost {
  /** The host, as operators know it. */
  readonly name: string;
  /** Absolute path on the host. */
  readonly top: string;
  /** Looks at `top`/`parts[0]`/…; where that fails the report is UNKNOWN. */
  inspect(parts: readonly string[], options: CallOptions): Promise<SourceReport>;
}
