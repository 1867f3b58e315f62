/**
 * How wide a text gets in Liberation Sans, whose letters are as wide as Helvetica's (Adobe's font metrics). A letter
 * that is not in the table is taken as wide as an m.
 */

/** Letters by their width, in thousandths of the font's size. */
const WIDTHS = [
  [191, "'"],
  [222, "ijl"],
  [260, "|"],
  [278, " !,./:;I[\\]ft"],
  [333, "()-r`"],
  [334, "{}"],
  [355, '"'],
  [389, "*"],
  [469, "^"],
  [500, "Jckvsxyz"],
  [556, "#$0123456789?L_abdeghnopqu"],
  [584, "+<=>~"],
  [611, "FTZ"],
  [667, "&ABEKPSVXY"],
  [722, "CDHNRUw"],
  [778, "GOQ"],
  [833, "Mm"],
  [889, "%"],
  [944, "W"],
  [1000, "…"],
  [1015, "@"],
];
const WIDTH_OF = new Map(WIDTHS.flatMap(([width, letters]) => [...letters].map((letter) => [letter, width])));
/** A bold letter is wider by so much, at most. */
const BOLD = 1.1;

/** Pixels that a text of one line needs. @param size of the font in pixels */
export function widthOf(text, size, isBold = false) {
  const thousandths = [...text].reduce((sum, letter) => sum + (WIDTH_OF.get(letter) ?? 833), 0);
  return Math.ceil((thousandths * size * (isBold ? BOLD : 1)) / 1000);
}

/** Pixels from one line of text to the next. */
export const lineHeight = (size) => 1.15 * size;
