/**
 * A text that must fit a PV: what is too long is cut after a word, and a mark says so. Pure; sizes are bytes of UTF-8.
 */

const encoder = new TextEncoder();

/** The text as it is where it fits, else its beginning and the mark. @param limit bytes, more than those of the mark */
export function fitted(text: string, limit: number, mark: string): string {
  if (encoder.encode(text).length <= limit) return text;
  const room = new Uint8Array(limit - encoder.encode(mark).length);
  // A word that is most of the text is cut itself. The search looks one character further, so that a word that just
  // fits is kept.
  const { read } = encoder.encodeInto(text, room);
  const end = /\s/.test(text.charAt(read)) ? read : text.slice(0, read).search(/\s\S*$/);
  return text.slice(0, end > read / 2 ? end : read).replace(/[\s,;:(]+$/, "") + mark;
}
