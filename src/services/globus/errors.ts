/**
 * What Globus says when it refuses, as the ports' errors: the error documents of Auth, Transfer and Flows are read
 * here, and one table says what each code means and what to do about it. Codes decide, never messages. It sends
 * nothing.
 */

import { oneLine } from "../../base/clean-text.ts";
import { ActionError, AppError } from "../../base/errors.ts";
import { isJsonObject } from "../../base/json-object.ts";
import { AccessDeniedError, AlreadyExistsError, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import { loginCommand, type SessionNeed } from "../../controller/ports/identity.ts";
import { collectionsIn } from "./scopes.ts";
import { sessionNeed } from "./session-need.ts";

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
  /** What it wants of the login's session; undefined where it does not say. */
  readonly session: SessionNeed | undefined;
  /** What is wrong with each part of what was sent, where Globus tells that. */
  readonly problems: readonly string[];
  constructor(refusal: RefusalFields) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
    this.requestId = refusal.requestId;
    this.requiredScopes = refusal.requiredScopes;
    this.session = refusal.session;
    this.problems = refusal.problems;
  }
}

type RefusalFields = Pick<
  GlobusRefusal,
  "status" | "code" | "requestId" | "requiredScopes" | "session" | "problems" | "message"
>;

/** Nobody but a person can help: the login is missing, over, or lacks a consent. */
export class LoginNeededError extends AccessDeniedError {}

const MOST_MESSAGE = 200;

type JsonFields = Readonly<Record<string, unknown>>;
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

/** Where a document has it: Transfer and Compute at its top, Auth in the first of `errors`, Flows in `error`. */
interface Said {
  readonly code: string | undefined;
  readonly words: string | undefined;
  readonly id: string | undefined;
  readonly problems: readonly string[];
}

function saidIn({ error, errors, ...document }: JsonFields): Said {
  if (isJsonObject(error)) {
    const { code, detail, message } = error;
    const problems = Array.isArray(detail) ? detail.map(problemIn) : [];
    const words = textOf(detail) ?? (problems.length > 0 ? problems.join("; ") : textOf(message));
    return { code: textOf(code), words, id: textOf(document["debug_id"]), problems };
  }
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : [];
  const detail = isJsonObject(first) ? first : {};
  const words = textOf(detail["detail"]) ?? textOf(document["error_description"]) ?? textOf(document["reason"]);
  return { code: textOf(detail["code"]) ?? textOf(error), words, id: textOf(detail["id"]), problems: [] };
}

/** One of the places that Flows does not like: `$.source.id: 'x' is not a 'uuid'`. */
function problemIn(one: unknown): string {
  const { loc, msg } = isJsonObject(one) ? one : { loc: [], msg: one };
  const where = (Array.isArray(loc) ? loc : [loc]).filter((part) => part !== undefined).join(".");
  return oneLine(`${where === "" ? "" : `${where}: `}${textOf(msg) ?? "it is not accepted"}`).trim();
}

/** The refusal in an answer's JSON; undefined when it has none of Globus' forms. */
export function parseRefusal(status: number, document: unknown): GlobusRefusal | undefined {
  if (!isJsonObject(document)) return undefined;
  const { code, authorization_parameters: authorization } = document;
  const parameters = isJsonObject(authorization) ? authorization : {};
  const requiredScopes = [
    ...new Set([...textsOf(document["required_scopes"]), ...textsOf(parameters["required_scopes"])]),
  ];
  const said = saidIn(document);
  const name = textOf(code) ?? said.code;
  if (name === undefined) return undefined;
  const words = textOf(document["message"]) ?? said.words ?? textOf(parameters["session_message"]) ?? "";
  const requestId = textOf(document["request_id"]) ?? said.id ?? "";
  const short = oneLine(words).trim();
  const message = short.length > MOST_MESSAGE ? `${short.slice(0, MOST_MESSAGE)}…` : short;
  const session = sessionNeed(parameters);
  return new GlobusRefusal({
    status,
    code: name,
    requestId,
    requiredScopes,
    session,
    problems: said.problems,
    message,
  });
}

type ErrorClass = new (message: string, options: ErrorOptions) => ActionError;

interface Meaning {
  readonly code: RegExp;
  readonly kind: ErrorClass;
  /** What to do, as the middle of the sentence. */
  readonly advice: string | ((about: Helps) => string);
}

/** What helps with a request in particular, where that is not what helps with most: pieces of sentences. */
export interface Advice {
  /** The flow whose own login it takes, as operators call it. */
  readonly flow?: string;
  /** What the login's identity lacks, and where it gets that. */
  readonly permission?: string;
  /** What was asked for is not there. */
  readonly absent?: string;
}

/** What helps with one refusal. */
interface Helps {
  /** Of the person whose login is missing, over, or lacks a consent. */
  readonly login: string;
  /** Of the person whose login is too old, or of another kind than Globus wants. */
  readonly newLogin: string;
  readonly permission: string;
  readonly absent: string;
}

const USUAL_ADVICE: Pick<Helps, "permission" | "absent"> = {
  permission: "give the login's identity the permission there",
  absent: "check the path and the collection's id",
};

/** The collection's server broke down, perhaps after it had done what was asked. */
class CollectionError extends UnavailableError {
  constructor(message: string, options: ErrorOptions) {
    super(message, { ...options, mayHaveHappened: true });
  }
}

/** What the codes mean; the first row that fits holds. globus.md §3.3, §3.4. */
const MEANINGS: readonly Meaning[] = [
  { code: /(^|\.)(MkdirFailed)?Exists$/, kind: AlreadyExistsError, advice: "it exists already" },
  {
    code: /^(ConsentRequired|MISSING_SCOPE)$/,
    kind: LoginNeededError,
    advice: ({ login }) => `the login lacks a consent, ${login}`,
  },
  {
    code: /^(AuthPolicyFailed|AuthenticationPolicyRequired|AUTHENTICATION_POLICY_REQUIRED)$/,
    kind: LoginNeededError,
    advice: ({ newLogin }) => `its policy wants a login of this moment, ${newLogin}`,
  },
  {
    code: /^(AuthenticationFailed|UNAUTHORIZED|AUTHENTICATION_ERROR)$/i,
    kind: LoginNeededError,
    advice: ({ login }) => `the login is over, ${login}`,
  },
  { code: /PermissionDenied|^FORBIDDEN$/, kind: AccessDeniedError, advice: ({ permission }) => permission },
  { code: /NotFound$|(^|_)NOT_FOUND$/, kind: NotFoundError, advice: ({ absent }) => absent },
  { code: /^OperationPaused$/, kind: UnavailableError, advice: "the collection's administrator has paused it" },
  { code: /^Conflict$/, kind: AlreadyExistsError, advice: "the same is under way already" },
  {
    code: /ExternalError|EndpointError/,
    kind: CollectionError,
    advice: "the collection's own server failed, ask its administrator",
  },
  {
    code: /^FLOW_INPUT_ERROR$/,
    kind: ActionError,
    advice: "its input is not what the input schema of the flow takes: see what globus-ioc flow show says of the flow",
  },
  { code: /^STATE_CONFLICT$/, kind: ActionError, advice: "it is in no state for that" },
];

/** For a 401 under any other code. */
const UNAUTHENTICATED: Meaning = {
  code: /^/,
  kind: LoginNeededError,
  advice: ({ login }) => `the login does not hold, ${login}`,
};

/** The error that operators see. @param what the request, as in "make /data on petrel" */
export function refusalError(what: string, refusal: GlobusRefusal, about: Advice = {}): ActionError {
  const unnamed = refusal.status === 401 ? UNAUTHENTICATED : undefined;
  const meaning = MEANINGS.find(({ code }) => code.test(refusal.code)) ?? unnamed;
  const { code, message, requestId, requiredScopes, session = { policies: [], domains: [] } } = refusal;
  const said = [
    message === "" ? code : `${code}: ${message}`,
    ...(requiredScopes.length === 0 ? [] : [`scopes ${requiredScopes.join(" ")}`]),
    ...(requestId === "" ? [] : [`request ${requestId}`]),
  ].join("; ");
  const { flow, ...others } = about;
  const collections = collectionsIn(requiredScopes); // one that the settings do not name is not asked for by itself
  const helps: Helps = {
    ...USUAL_ADVICE,
    ...others,
    login: `run ${loginCommand(flow, { collections })}`,
    newLogin: `run ${loginCommand(flow, { collections, session })}`,
  };
  const advice = meaning === undefined ? "" : `: ${adviceOf(meaning, helps)}`;
  return new (meaning?.kind ?? ActionError)(`Globus did not ${what}${advice} (${said}).`, { cause: refusal });
}

const adviceOf = ({ advice }: Meaning, helps: Helps): string => (typeof advice === "string" ? advice : advice(helps));

/** The refusal behind an error, if Globus gave one. */
export function refusalOf(thrown: unknown): GlobusRefusal | undefined {
  return thrown instanceof Error && thrown.cause instanceof GlobusRefusal ? thrown.cause : undefined;
}
