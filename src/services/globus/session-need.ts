/** What session Globus wants, by the `authorization_parameters` of its refusals and of its runs. It sends nothing. */
import { oneLine } from "../../base/clean-text.ts";
import type { SessionNeed } from "../../controller/ports/identity.ts";

const textsIn = (value: unknown): readonly string[] =>
  (typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [])
    .filter((one) => typeof one === "string")
    .map((one) => one.trim());

const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && (!Array.isArray(value) || value.length > 0);

/** What goes onto a command line must be of the form that it has at Globus. @returns undefined: it wants no session */
export function sessionNeed(parameters: Readonly<Record<string, unknown>>): SessionNeed | undefined {
  const { session_message: said, required_scopes: scopes, prompt } = parameters;
  const wanted = Object.entries(parameters).filter(
    ([name, value]) => name.startsWith("session_required") && isSaid(value),
  );
  const words = wanted.map(([name, value]) => oneLine(`${name.slice("session_".length)} ${String(value)}`)).join(", ");
  const message = (typeof said === "string" ? oneLine(said).trim() : "") || words;
  // Of a consent alone, too, they have a message
  if (wanted.length === 0 && prompt !== "login" && (message === "" || isSaid(scopes))) return undefined;
  const policies = textsIn(parameters["session_required_policies"]).filter((one) => /^[0-9a-f-]{36}$/i.test(one));
  const domains = textsIn(parameters["session_required_single_domain"]).filter((one) =>
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(one),
  );
  return { policies, domains, message: message || "a login of now" };
}
