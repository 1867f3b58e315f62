/** A web service of the site's that is told of transfers. */
import type { CallOptions } from "./call.ts";

/**
 * What became of a line. taken: with any answer that says so. refused: this line will not be taken, however often it is
 * sent. later: another try may succeed; the service may have the line already.
 */
export type WebhookAnswer =
  | { readonly state: "taken" }
  | { readonly state: "refused"; readonly reason: string }
  | {
      readonly state: "later";
      readonly reason: string;
      /** What the service asked us to wait. */
      readonly afterSeconds?: number;
    };

export interface Webhook {
  /**
   * Sends one line of JSON.
   * @throws ActionError where nothing was sent
   */
  tell(line: string, options: CallOptions): Promise<WebhookAnswer>;
}
