/** The host on which DAQs find their data. */
import type { SourceReport } from "../../base/source-look.ts";
import type { CallOptions } from "./call.ts";

export type { SourceReport };

/** The host on which DAQs find their data. */
export interface DataHost {
  /** As operators know it. */
  readonly name: string;
  /** Absolute, on that host. */
  readonly top: string;
  /** Looks at `top`/`parts[0]`/…; what goes wrong is a report of UNKNOWN. */
  inspect(parts: readonly string[], options: CallOptions): Promise<SourceReport>;
}
