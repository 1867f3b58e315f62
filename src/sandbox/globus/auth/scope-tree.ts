/**
 * The scopes that a login asks for, as a tree: `a b[c *d[e]]` asks for `a`, and for `b` by which its service may use
 * `c` and, if the person likes, `d`. Which scopes exist, known-scopes.ts says. globus.md §3.2.
 */

export interface AskedScope {
  readonly scope: string;
  /** Asked for with a `*`: it can be withdrawn without what it hangs on. */
  readonly isOptional: boolean;
  readonly children: readonly AskedScope[];
}

const TOKEN = /\s*(?:(\*?)([^\s[\]*]+)|([[\]]))\s*/y;

/** @returns undefined for text that is no list of scopes; an empty text is an empty list */
export function parseScopes(text: string): readonly AskedScope[] | undefined {
  const lists: AskedScope[][] = [[]];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [all, star, scope, bracket] = TOKEN.exec(text) ?? [];
    if (all === undefined) return undefined;
    const list = lists.at(-1) ?? [];
    if (bracket === "]") {
      if (lists.length === 1 || list.length === 0) return undefined;
      lists.pop();
    } else if (bracket === "[") {
      const children = list.at(-1)?.children;
      // A second pair of brackets after one scope, or brackets after none.
      if (children === undefined || children.length > 0) return undefined;
      lists.push(children as AskedScope[]);
    } else {
      list.push({ scope: scope ?? "", isOptional: star === "*", children: [] });
    }
  }
  return lists.length === 1 ? lists[0] : undefined;
}

/** Every scope of the trees, the dependent ones too. */
export const everyScope = (asked: readonly AskedScope[]): readonly string[] =>
  asked.flatMap(({ scope, children }) => [scope, ...everyScope(children)]);

/** @throws Error for what are no scopes: for the sandbox's own, and those of tests */
export function scopesOf(text: string): readonly AskedScope[] {
  const asked = parseScopes(text);
  if (asked === undefined) throw new Error(`these are no scopes: ${text}`);
  return asked;
}
