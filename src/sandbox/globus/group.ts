/** A group of the simulated Globus Groups. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly roleById: ReadonlyMap<string, "member" | "manager" | "admin">;
  /** Its members may use the subscription's features; undefined for a group without one. */
  readonly subscriptionId: string | undefined;
}
