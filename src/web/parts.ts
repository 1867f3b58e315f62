/** What the routes work with: the parts of the server, and what it was given. */
import type { Figures } from "./figures.ts";
import type { History } from "./history.ts";
import type { WebLimits } from "./limits.ts";
import type { MetricLabels } from "./metric-text.ts";
import type { OpenPages } from "./open-pages.ts";
import type { PageFile } from "./page-files.ts";
import type { IocFigures, WebPvs } from "./ports.ts";
import type { Rates } from "./rates.ts";
import type { Rights } from "./rights.ts";
import type { Tokens } from "./tokens.ts";

export interface WebParts {
  readonly pvs: WebPvs;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly tokens: Tokens;
  readonly limits: WebLimits;
  readonly iocFigures?: () => IocFigures | undefined;
  /** `GET /api/model`, as it is sent. */
  readonly model: string;
  /** Version and prefix, for /metrics. */
  readonly build: MetricLabels;
  readonly pages: OpenPages;
  readonly rights: Rights;
  readonly puts: Rates;
  readonly figures: Figures;
  readonly history: History;
}
