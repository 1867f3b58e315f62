/**
 * What Globus says when it refuses, as the ports' errors: the error documents of Auth and Transfer are read here, and
 * one table says what each code means and what to do about it. Codes decide, never messages. It sends nothing.
 */
import { oneLine } from "../../base/clean-text.ts";
import { ActionError, AppError } from "../../base/errors.ts";
import { AccessDeniedError, AlreadyExistsError, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import { LOGIN_ADVICE } from "../../controller/ports/identity.ts";

/** A refusal as Globus wrote it; the `cause` of the error that operators see. */
class GlobusRefusal extends AppError {
  /** HTTP status. */
  readonly status: number;
  /** Globus' own name for the failure, e.g. `ExternalError.MkdirFailed.Exists`. */
  readonly code: string;
  /** For Globus support; empty where none came. */
  readonly requestId: string;
  /** Scopes that the token lacks. */
  readonly requiredScopes: readonly string[];
  constructor(refusal: RefusalFields) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
    this.requestId = refusal.requestId;
    this.requiredScopes = refusal.requiredScopes;
  }
}

type RefusalFields = Pick<GlobusRefusal, "status" | "code" | "requestId" | "requiredScopes" | "message">;

/** Nobody but a person can help: the login is missing, over, or lacks a consent. */
export class LoginNeededError extends AccessDeniedError {}

const MOST_MESSAGE = 200;

type JsonFields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is JsonFields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** The refusal in an answer's JSON; undefined when it has none of Globus' forms. */
export function parseRefusal(status: number, document: unknown): GlobusRefusal | undefined {
  if (!isFields(document)) return undefined;
  const { code, error, errors, authorization_parameters: authorization } = document;
  const parameters = isFields(authorization) ? authorization : {};
  const requiredScopes = [
    ...new Set([...textsOf(document["required_scopes"]), ...textsOf(parameters["required_scopes"])]),
  ];
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  const detail = isFields(first) ? first : {};
  const name = textOf(code) ?? textOf(detail["code"]) ?? textOf(error);
  if (name === undefined) return undefined;
  const said =
    textOf(document["message"]) ??
    textOf(detail["detail"]) ??
    textOf(document["error_description"]) ??
    textOf(parameters["session_message"]) ??
    "";
  const requestId = textOf(document["request_id"]) ?? textOf(detail["id"]) ?? "";
  const short = oneLine(said).trim();
  const message = short.length > MOST_MESSAGE ? `${short.slice(0, MOST_MESSAGE)}…` : short;
  return new GlobusRefusal({ status, code: name, requestId, requiredScopes, message });
}

type ErrorClass = new (message: string, options: ErrorOptions) => ActionError;

interface Meaning {
  readonly code: RegExp;
  readonly kind: ErrorClass;
  /** What to do, as the middle of the sentence. */
  readonly advice: string;
}

/** The collection's server broke down, perhaps after it had done what was asked. */
class CollectionError extends UnavailableError {
  constructor(message: string, options: ErrorOptions) {
    super(message, { ...options, mayHaveHappened: true });
  }
}

/** What the codes mean; the first row that fits holds. globus.md §3.3. */
const MEANINGS: readonly Meaning[] = [
  { code: /(^|\.)(MkdirFailed)?Exists$/, kind: AlreadyExistsError, advice: "it exists already" },
  { code: /^ConsentRequired$/, kind: LoginNeededError, advice: `the login lacks a consent, ${LOGIN_ADVICE}` },
  { code: /^AuthPolicyFailed$/, kind: LoginNeededError, advice: `its policy wants a new login, ${LOGIN_ADVICE}` },
  {
    code: /^(AuthenticationFailed|UNAUTHORIZED)$/i,
    kind: LoginNeededError,
    advice: `the login is over, ${LOGIN_ADVICE}`,
  },
  {
    code: /PermissionDenied|^FORBIDDEN$/,
    kind: AccessDeniedError,
    advice: "give the login's identity the permission there",
  },
  { code: /NotFound$/, kind: NotFoundError, advice: "check the path and the collection's id" },
  { code: /^OperationPaused$/, kind: UnavailableError, advice: "the collection's administrator has paused it" },
  { code: /^Conflict$/, kind: AlreadyExistsError, advice: "the same is under way already" },
  {
    code: /ExternalError|EndpointError/,
    kind: CollectionError,
    advice: "the collection's own server failed, ask its administrator",
  },
];

/** For a 401 under any other code. */
const UNAUTHENTICATED: Meaning = {
  code: /^/,
  kind: LoginNeededError,
  advice: `the login does not hold, ${LOGIN_ADVICE}`,
};

/** The error that operators see. @param what the request, as in "make /data on petrel" */
export function refusalError(what: string, refusal: GlobusRefusal): ActionError {
  const unnamed = refusal.status === 401 ? UNAUTHENTICATED : undefined;
  const meaning = MEANINGS.find(({ code }) => code.test(refusal.code)) ?? unnamed;
  const { code, message, requestId, requiredScopes } = refusal;
  const said = [
    message === "" ? code : `${code}: ${message}`,
    ...(requiredScopes.length === 0 ? [] : [`scopes ${requiredScopes.join(" ")}`]),
    ...(requestId === "" ? [] : [`request ${requestId}`]),
  ].join("; ");
  const advice = meaning === undefined ? "" : `: ${meaning.advice}`;
  return new (meaning?.kind ?? ActionError)(`Globus did not ${what}${advice} (${said}).`, { cause: refusal });
}

/** The refusal behind an error, if Globus gave one. */
export function refusalOf(thrown: unknown): GlobusRefusal | undefined {
  return thrown instanceof Error && thrown.cause instanceof GlobusRefusal ? thrown.cause : undefined;
}
