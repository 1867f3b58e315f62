/**
 * The environment of a process as a value, handed in where it is read, so that tests have an environment of their own.
 */

export type Environment = Readonly<Record<string, string | undefined>>;
