/** How the simulated Data Management service says no (data-management.md §4). */

/** DM's refusals that the simulation gives: number, class name, HTTP status. */
export const REFUSALS = {
  invalidArgument: { code: 10, type: "InvalidArgument", status: 200 },
  authorization: { code: 5, type: "AuthorizationError", status: 401 },
  authentication: { code: 6, type: "AuthenticationError", status: 401 },
  invalidSession: { code: 12, type: "InvalidSession", status: 200 },
  notFound: { code: 14, type: "ObjectNotFound", status: 200 },
  exists: { code: 15, type: "ObjectAlreadyExists", status: 200 },
} as const;

/** DM says no, in its own words. */
export class DmRefusal extends Error {
  readonly kind: keyof typeof REFUSALS;
  constructor(kind: keyof typeof REFUSALS, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Throws a Refusal. */
export function refuse(kind: keyof typeof REFUSALS, message: string): never {
  throw new DmRefusal(kind, message);
}
