/** Names that match `*` (any characters) and `?` (one character), as in shells. */

/**
 * A test for names; everything else in `pattern` stands for itself. However many stars there are, a test takes no more
 * steps than the product of both lengths.
 */
export function globTest(pattern: string): (name: string) => boolean {
  return (name) => {
    let [at, index] = [0, 0];
    /** Where the last star stands, and up to where it reaches. */
    let [star, reach] = [-1, 0];
    while (index < name.length) {
      if (pattern[at] === "*") [star, reach] = [at++, index];
      else if (pattern[at] === "?" || pattern[at] === name[index]) [at, index] = [at + 1, index + 1];
      else if (star < 0) return false;
      else [at, index] = [star + 1, ++reach];
    }
    while (pattern[at] === "*") at++;
    return at === pattern.length;
  };
}
