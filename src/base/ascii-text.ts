/**
 * Text in ASCII, for what draws bytes, as MEDM does, whose fonts have no letter for the parts of another one: letters
 * lose their marks, signs become what is typed for them, and a letter that stays is a question mark.
 */

const TYPED: Readonly<Record<string, string>> = {
  "–": "-",
  "—": "-",
  "−": "-",
  "‘": "'",
  "’": "'",
  "‚": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "×": "x",
  "→": "->",
  "≤": "<=",
  "≥": ">=",
  "±": "+-",
  μ: "u",
  ß: "ss",
  ø: "o",
  Ø: "O",
  æ: "ae",
  Æ: "Ae",
  œ: "oe",
  Œ: "Oe",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
};
const OTHERS = /[^\x00-\x7f]/gu;

/** @param text any; ASCII comes back as it is */
export const asciiText = (text: string): string =>
  text
    .normalize("NFKD") // an ellipsis is three points, é is e and a mark
    .replace(/\p{M}+/gu, "")
    .replace(OTHERS, (letter) => TYPED[letter] ?? "?");
