/**
 * What a client may say when, as a table: the state of a circuit × the request → accepted, with the state that follows,
 * or refused. The server asks it and has no such rule of its own. Pure data: no sockets, no timers.
 *
 * A circuit begins `greeting`: only VERSION is understood, everything else is answered ECA_DEFUNCT, for the server does
 * not know yet what the client can read. VERSION makes it `named`: the client may say who it is. With its first channel
 * it is `open`, and who the client is no longer changes, because access rights have been computed from it. A client may
 * repeat VERSION at any time: a client that sends its UDP search frames down a name server's circuit does so with each
 * frame (libca). What is not in the table cannot be a request; the circuit ends. channel-access.md §1.5.
 */
import { REQUESTS, type RequestName } from "../wire/messages.ts";
import type { EcaName } from "../wire/status.ts";

export type CircuitState = "greeting" | "named" | "open";
export const CIRCUIT_STATES = ["greeting", "named", "open"] as const satisfies readonly CircuitState[];

/**
 * `next` is reached when the request succeeds. A refusal is an ERROR message with this status; `end` says that the
 * circuit is closed after it.
 */
export type Rule =
  | { readonly next: CircuitState }
  | { readonly refuse: EcaName; readonly because: string; readonly end: boolean };

/** What a client sends over TCP; REPEATER_REGISTER is for repeaters only. */
export type CircuitRequest = Exclude<RequestName, "repeaterRegister">;
type Rules = Readonly<Record<CircuitRequest, Rule>>;

const TOO_EARLY: Rule = { refuse: "DEFUNCT", because: "no VERSION has been received", end: false };
const TOO_LATE: Rule = {
  refuse: "INTERNAL",
  because: "user and host name are ignored once a channel exists",
  end: false,
};
/** For every number that is no request. */
export const NOT_A_REQUEST: Rule = { refuse: "INTERNAL", because: "not a request that a server knows", end: true };

const names = Object.keys(REQUESTS).filter((name): name is CircuitRequest => name !== "repeaterRegister");
const all = (rule: Rule): Rules => Object.fromEntries(names.map((name) => [name, rule])) as Rules;

export const SERVER_RULES: Readonly<Record<CircuitState, Rules>> = {
  greeting: { ...all(TOO_EARLY), version: { next: "named" } },
  named: { ...all({ next: "named" }), createChan: { next: "open" } },
  open: { ...all({ next: "open" }), clientName: TOO_LATE, hostName: TOO_LATE },
};

const REQUEST_BY_COMMAND = new Map<number, CircuitRequest>(names.map((name) => [REQUESTS[name].command, name]));

/** The rule for a command number in a state. Before VERSION a number that is no request is too early as well. */
export function ruleFor(state: CircuitState, command: number): Rule {
  const request = REQUEST_BY_COMMAND.get(command);
  if (request !== undefined) return SERVER_RULES[state][request];
  return state === "greeting" ? TOO_EARLY : NOT_A_REQUEST;
}
