/**
 * The site's webhook: POST of one line of JSON, over http.ts. Any 2xx has taken it, whatever else the answer holds; no
 * redirection is followed. The header file is read again for each line; neither its content nor the address beyond the
 * host, which may be a secret too, gets into a sentence.
 */
import type { Clock } from "../base/clock.ts";
import { ActionError } from "../base/errors.ts";
import { readPrivateFile } from "../base/private-file.ts";
import type { Webhook, WebhookAnswer } from "../controller/ports/webhook.ts";
import {
  createHttpService,
  describeAnswer,
  type HttpAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
  label,
  statusError,
} from "./http.ts";

export interface WebhookOptions {
  readonly url: string;
  /** One line, `Name: value`, that goes with each request; undefined: none does. */
  readonly headerFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly timeoutSeconds: number;
  readonly clock: Clock;
}

/** Statuses of 4xx that are about the address, the login or the hour, and not about the line. */
const NOT_ABOUT_THE_LINE: readonly number[] = [401, 403, 404, 405, 407, 408, 421, 425, 429];
/** Nobody reads the answer but in a sentence. */
const MOST_BODY_BYTES = 64 * 1024;
/** Words of a header that are too short to be secret, such as `Basic`. */
const SHORT = 8;
/** Headers that are the exchange's own. */
const OWN = /^(host|content-.*|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i;

/** @throws ActionError for an address or a CA file that cannot be used */
export function createWebhook(options: WebhookOptions): Webhook & { close(): Promise<void> } {
  const { origin, pathname, search } = new URL(options.url);
  const own = [pathname + search, pathname].filter((part) => part.length >= SHORT);
  let secrets: readonly string[] = own;
  const service = createHttpService({
    name: "webhook",
    url: origin,
    tls: { ...(options.caFile !== undefined && { caFile: options.caFile }) },
    clock: options.clock,
    timeoutSeconds: options.timeoutSeconds,
    maxBodyBytes: MOST_BODY_BYTES,
    secrets: () => secrets,
  });
  const tell = async (line: string, signal: AbortSignal | undefined): Promise<WebhookAnswer> => {
    const header = options.headerFile === undefined ? undefined : await readHeader(options.headerFile);
    const words = header === undefined ? [] : [header.value, ...header.value.split(/\s+/)];
    secrets = [...own, ...words.filter((word) => word.length >= SHORT)];
    const headers = {
      "content-type": "application/json",
      ...(header !== undefined && { [header.name]: header.value }),
    };
    const request: HttpRequest = {
      method: "POST",
      path: pathname + search,
      route: "webhook-url",
      headers,
      body: line,
      statusIsEnough: true,
      signal,
    };
    return verdictOf(service, request, await service.exchange(request), options.clock);
  };
  return {
    tell: async (line, { signal }) => {
      try {
        return await tell(line, signal);
      } catch (thrown) {
        if (!(thrown instanceof HttpUnavailableError)) throw thrown;
        return later(thrown);
      }
    },
    close: () => service.close(),
  };
}

function verdictOf(service: HttpService, request: HttpRequest, answer: HttpAnswer, clock: Clock): WebhookAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return { state: "taken" };
  const reason = `${label(service, request)}: ${describeAnswer(service, answer)}`;
  if (status < 400)
    return { state: "later", reason: `${reason}; no redirection is followed: set webhook-url to where it leads` };
  if (status < 500 && !NOT_ABOUT_THE_LINE.includes(status)) return { state: "refused", reason };
  const failure = statusError(service, request, answer, clock);
  return failure instanceof HttpUnavailableError ? later(failure) : { state: "later", reason };
}

const later = ({ message, retryAfterSeconds }: HttpUnavailableError): WebhookAnswer => ({
  state: "later",
  reason: message,
  ...(retryAfterSeconds !== undefined && { afterSeconds: retryAfterSeconds }),
});

/** @throws ActionError that names the file and what is wrong with it, never its content */
async function readHeader(file: string): Promise<{ readonly name: string; readonly value: string }> {
  const text = await readPrivateFile(file, "webhook-header-file");
  const [, name, value] =
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)[ \t]*\r?\n?$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new ActionError(`The webhook-header-file ${file} must hold one line of the form Name: value, in ASCII.`);
  if (OWN.test(name))
    throw new ActionError(
      `The webhook-header-file ${file} may not set the header ${name}: name another, such as Authorization.`,
    );
  return { name, value };
}
