/** What a client may say when: every state against every number that can stand in a header. */
import { expect, test } from "vitest";
import {
  CIRCUIT_STATES,
  type CircuitState,
  NOT_A_REQUEST,
  ruleFor,
  SERVER_RULES,
} from "../../../src/ca/session/transitions.ts";
import { REQUESTS, type RequestName } from "../../../src/ca/wire/messages.ts";

/** Requests over TCP by number; channel-access.md §1.5. */
const REQUEST_NUMBERS = [0, 1, 2, 3, 4, 6, 8, 9, 10, 12, 15, 18, 19, 20, 21, 23];
const NUMBERS = [...Array.from({ length: 40 }, (_, i) => i), 255, 4711, 65535];
const pairs = CIRCUIT_STATES.flatMap((state) => NUMBERS.map((command) => [state, command] as const));

/** The whole table again, in few words. */
function expected(state: CircuitState, command: number): string {
  if (state === "greeting") return command === 0 ? "named" : "DEFUNCT";
  if (!REQUEST_NUMBERS.includes(command)) return "INTERNAL, end";
  if (state === "named") return command === 18 ? "open" : "named";
  return command === 20 || command === 21 ? "INTERNAL" : "open";
}

test.each(pairs)("in state %s, command %i", (state, command) => {
  const rule = ruleFor(state, command);
  const said = "next" in rule ? rule.next : `${rule.refuse}${rule.end ? ", end" : ""}`;
  expect(said).toBe(expected(state, command));
});

test("every state has a rule for every request of the message table, but the repeater's", () => {
  const requests = (Object.keys(REQUESTS) as RequestName[]).filter((name) => name !== "repeaterRegister").sort();
  for (const state of CIRCUIT_STATES) expect(Object.keys(SERVER_RULES[state]).sort()).toEqual(requests);
});

test("every state can be reached from the first, and every refusal has a reason", () => {
  const reached = new Set<CircuitState>(["greeting"]);
  for (const state of reached) {
    for (const rule of Object.values(SERVER_RULES[state])) {
      if ("next" in rule) reached.add(rule.next);
      else expect(rule.because).not.toBe("");
    }
  }
  expect([...reached].sort()).toEqual([...CIRCUIT_STATES].sort());
  expect(NOT_A_REQUEST).toMatchObject({ end: true });
});
