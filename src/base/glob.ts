/** Names that match `*` (any characters) and `?` (one character), as in shells. */

/** A test for names; everything else in `pattern` stands for itself. */
export function globTest(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, "[^]*")
    .replace(/\?/g, "[^]");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
