/**
 * DM's error channel: reads an answer in the order that its services mean it, and turns what is wrong into the ports'
 * errors. Codes decide, never texts (data-management.md §4).
 */
import type { Clock } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { AccessDeniedError, AlreadyExistsError, NotFoundError } from "../../controller/ports/call.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
  jsonOf,
  label,
  statusError,
} from "../http.ts";

/** DM refused in a way that has no class of its own. `code` is DM's number. */
export class DmError extends ActionError {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** The session is not known, or not any more: log in again, once. */
const INVALID_SESSION = 12;
/** Logged in, but not allowed: logging in again changes nothing. */
const AUTHORIZATION = 5;

/** The names that DM's Python package has for codes that make a difference (data-management.md §4). */
export const CODE_BY_TYPE: Readonly<Record<string, number>> = {
  AuthorizationError: AUTHORIZATION,
  AuthenticationError: 6,
  InvalidArgument: 10,
  InvalidRequest: 11,
  InvalidSession: INVALID_SESSION,
  ObjectNotFound: 14,
  ObjectAlreadyExists: 15,
  InvalidObjectState: 16,
};

type ErrorOf = (message: string, safe: boolean) => ActionError;

const denied: ErrorOf = (message) => new AccessDeniedError(message);
/** DM gave up waiting for a part of itself; what was asked may go on. */
const timedOut: ErrorOf = (message, safe) =>
  new HttpUnavailableError(message, { mayHaveHappened: !safe, worthRepeating: true });

/** The codes whose meaning is known and makes a difference; every other code is a DmError. */
const ERROR_BY_CODE: Readonly<Record<number, ErrorOf>> = {
  [AUTHORIZATION]: denied,
  6: denied,
  9: timedOut,
  [INVALID_SESSION]: denied,
  14: (message) => new NotFoundError(message),
  15: (message) => new AlreadyExistsError(message),
  19: (message) => new HttpUnavailableError(message, { mayHaveHappened: false, worthRepeating: true }),
  22: timedOut,
};

/** `Dm-Status-Code`; 0 when the header is absent. A header that is no number counts as a failure of unknown kind. */
function statusCode(answer: HttpAnswer): number {
  const text = answer.headers.get("dm-status-code") ?? "0";
  const code = Number(text);
  return Number.isInteger(code) ? code : -1;
}

/** Whether the answer says that the session does not hold (any more), which a new login may cure. */
export function sessionRefused(answer: HttpAnswer): boolean {
  const code = statusCode(answer);
  return code === INVALID_SESSION || (answer.status === 401 && code !== AUTHORIZATION);
}

/** What DM says about a failure: in its header, else in its body. */
export function saidBy(answer: HttpAnswer): string | undefined {
  return answer.headers.get("dm-status-message") ?? messageInBody(answer.body);
}

/** Throws what the status header, then the HTTP status, says is wrong. */
export function throwUnlessDone(service: HttpService, request: HttpRequest, answer: HttpAnswer, clock: Clock): void {
  const code = statusCode(answer);
  if (code !== 0) throw dmError(service, request, code, saidBy(answer));
  if (answer.status < 200 || answer.status > 299) throw statusError(service, request, answer, clock);
}

/**
 * The answer's JSON; undefined for a change that is answered with nothing but success.
 * @throws the ports' errors, or DmError for a refusal that none of them fits
 */
export function resultOf(service: HttpService, request: HttpRequest, answer: HttpAnswer, clock: Clock): unknown {
  throwUnlessDone(service, request, answer, clock);
  if (answer.body === "" && request.method !== "GET") return undefined;
  const json = jsonOf(service, request, answer);
  const { errorCode } = errorMembers(json);
  if (typeof errorCode === "number" && errorCode !== 0) throw dmError(service, request, errorCode, messageIn(json));
  return json;
}

function dmError(service: HttpService, request: HttpRequest, code: number, said: string | undefined): ActionError {
  const message = `${label(service, request)}: DM says "${service.clean(said ?? "Internal Error")}" (code ${code})`;
  const safe = request.safe ?? request.method === "GET";
  return errorOfCode(code, message, safe);
}

/** The error for a code of DM's. @param safe what was asked for changes nothing */
export function errorOfCode(code: number, message: string, safe: boolean): ActionError {
  return ERROR_BY_CODE[code]?.(message, safe) ?? new DmError(message, code);
}

function errorMembers(json: unknown): { readonly errorCode?: unknown; readonly errorMessage?: unknown } {
  return typeof json === "object" && json !== null ? json : {};
}

function messageIn(json: unknown): string | undefined {
  const { errorMessage } = errorMembers(json);
  return typeof errorMessage === "string" && errorMessage !== "" ? errorMessage : undefined;
}

function messageInBody(body: string): string | undefined {
  try {
    return messageIn(JSON.parse(body));
  } catch {
    return undefined;
  }
}
