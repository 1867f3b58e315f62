/** The seams at which the IOC sees how its services are: where calls go, they tell the health book how they ended. */
import type { Troubles } from "../base/troubles.ts";
import { AccessDeniedError, type CallOptions, UnavailableError } from "../controller/ports/call.ts";
import { type ServiceUse, seen } from "../controller/ports/service-use.ts";
import type { HealthPart } from "../controller/pvs/health.ts";
import type { PartOptions } from "./parts.ts";

type Watching = Pick<PartOptions, "health">;

/**
 * A port whose calls with these names tell how they ended, where somebody looks.
 * @param place one of several hosts
 */
export function watchedPort<T extends object>(
  { health }: Watching,
  { part, place }: { readonly part: HealthPart; readonly place?: string },
  port: T,
  names: readonly (keyof T)[],
): T {
  const use: ServiceUse | undefined = health?.use(part, place);
  return use === undefined ? port : seen(port, names, use);
}

/**
 * A look at a login, which may ask nobody as long as the login holds: it tells what is wrong, and takes that back, and
 * never says that the service is well.
 * @param problemOf why a person must log in, by what the look has found
 */
export function watchedLogin<T>(
  { health }: Watching,
  part: HealthPart,
  look: (call: CallOptions) => Promise<T>,
  problemOf: (found: T) => string | undefined = () => undefined,
): (call: CallOptions) => Promise<T> {
  const [service, login] = [health?.use(part), health?.use(part, "login")];
  let wasAway = false;
  return async (call) => {
    try {
      const found = await look(call);
      const problem = problemOf(found);
      if (problem === undefined) login?.forget();
      else login?.failed(new AccessDeniedError(problem));
      if (wasAway) service?.forget();
      wasAway = false;
      return found;
    } catch (thrown) {
      wasAway = thrown instanceof UnavailableError;
      if (thrown instanceof AccessDeniedError) login?.failed(thrown);
      else service?.failed(thrown);
      throw thrown;
    }
  };
}

/** The trouble of a database of the ledger, which is also the ledger's health. */
export function ledgerTrouble(
  { troubles, health }: Pick<PartOptions, "troubles" | "health">,
  name: string,
): { readonly trouble?: ReturnType<Troubles["of"]> } {
  if (troubles === undefined) return {};
  const [trouble, use] = [troubles.of(name), health?.use("Ledger", name)];
  return {
    trouble: {
      begins: (sentence) => {
        use?.failed(new UnavailableError(sentence));
        trouble.begins(sentence);
      },
      ends: (sentence) => {
        use?.succeeded();
        trouble.ends(sentence);
      },
    },
  };
}
