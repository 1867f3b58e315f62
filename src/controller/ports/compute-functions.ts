/** The functions that a site has registered at Globus Compute, each under the name of its definition. */

export interface KnownFunction {
  readonly name: string;
  /** Compute's, a UUID. */
  readonly id: string;
  /** Of its name and source. */
  readonly digest: string;
  /** The file that it was read from. */
  readonly file: string;
  /** Whose function it is: the application's id with which it was registered. */
  readonly client: string;
  /** Milliseconds since 1970 UTC. */
  readonly registered: number;
}

export interface ComputeFunctions {
  /** Where they are kept, a path. */
  readonly path: string;
  /** @throws ActionError for a file that cannot be read, or is another's */
  all(): Promise<readonly KnownFunction[]>;
  /** Puts one, in place of an older one of that name. @throws ActionError */
  put(one: KnownFunction): Promise<void>;
}
