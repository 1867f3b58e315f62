/** Those that stand there more than once, once for each time too many. */
export function repeats(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index);
}
