/** The environment of a process as a value: handed to whatever reads it, so that tests have one of their own. */

export type Environment = Readonly<Record<string, string | undefined>>;
