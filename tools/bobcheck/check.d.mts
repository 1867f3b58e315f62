/** Types of check.mjs for the tests. */
export interface BobChannel {
  /** text: a string, or a text of characters. list: an array. */
  readonly kind: "states" | "number" | "text" | "list";
  /** Names of the states. */
  readonly states: readonly string[];
  /** An array of characters, which is text for a widget whose format is 6. */
  readonly isCharacters: boolean;
  /** Text for people that may be longer than a line. */
  readonly isSentence: boolean;
  /** A text of the length that has to be seen, where that is known, e.g. a time. */
  readonly sample?: string;
  readonly isWritable: boolean;
  /** The ends of its range; equal where it has none. */
  readonly low: number;
  readonly high: number;
}
export type BobChannels = (name: string) => BobChannel | undefined;
export interface BobFinding {
  readonly line: number;
  readonly level: "error" | "warning";
  readonly what: string;
}
export interface BobUse {
  readonly line: number;
  readonly widget: string;
  readonly use: "read" | "write";
  readonly pv: string;
  readonly value?: string;
}
export interface BobOptions {
  readonly macros?: Readonly<Record<string, string>>;
  /** The oldest Phoebus that shall show the file. */
  readonly phoebus?: string;
  /** The PVs, by their name with macros replaced; absent: PVs are not judged. */
  readonly channels?: BobChannels;
  /** What the file shall hold; absent: what it holds. */
  readonly text?: string;
}
export function checkBob(
  file: string,
  options?: BobOptions,
): { readonly findings: readonly BobFinding[]; readonly uses: readonly BobUse[] };
