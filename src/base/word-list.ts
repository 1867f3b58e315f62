/** Words in a sentence. */

/** `a`, `a and b`, `a, b and c`; none of the words holds a comma. */
export const listed = (words: readonly string[]): string => words.join(", ").replace(/, ([^,]*)$/, " and $1");
