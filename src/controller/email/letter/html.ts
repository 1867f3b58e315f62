/**
 * The HTML of message templates, taken apart into tags and what stands between them; characters escaped and unescaped.
 * No parser of documents: builds no tree and mends nothing. Source: the HTML standard's tokenizer, without its error
 * recovery.
 */

export interface HtmlTag {
  readonly kind: "tag";
  readonly source: string;
  /** In lower case. */
  readonly name: string;
  readonly isEnd: boolean;
}

/** `raw`: what stands in a style or script. `comment`: a comment or a doctype. */
export type HtmlPiece = HtmlTag | { readonly kind: "text" | "comment" | "raw"; readonly source: string };

const PIECE = /<!--[^]*?(?:-->|$)|<[!?][^>]*(?:>|$)|<\/?[a-zA-Z](?:[^>"']|"[^"]*"|'[^']*')*>|<?[^<]*/g;

/** The pieces, in order; their sources together are the whole text. */
export function htmlPieces(html: string): readonly HtmlPiece[] {
  const pieces: HtmlPiece[] = [];
  for (let at = 0; at < html.length; ) {
    PIECE.lastIndex = at;
    const source = PIECE.exec(html)?.[0] ?? "";
    at += source.length;
    const piece = pieceOf(source);
    pieces.push(piece);
    if (piece.kind !== "tag" || piece.isEnd || !/^(style|script)$/.test(piece.name)) continue;
    const end = html.toLowerCase().indexOf(`</${piece.name}`, at);
    const raw = html.slice(at, end < 0 ? html.length : end);
    if (raw !== "") pieces.push({ kind: "raw", source: raw });
    at += raw.length;
  }
  return pieces;
}

function pieceOf(source: string): HtmlPiece {
  if (/^<[!?]/.test(source)) return { kind: "comment", source };
  const [, slash, name] = /^<(\/?)([a-zA-Z][^\s/>]*)[^]*>$/.exec(source) ?? [];
  if (name === undefined) return { kind: "text", source };
  return { kind: "tag", source, name: name.toLowerCase(), isEnd: slash === "/" };
}

/** An attribute's value, unescaped; undefined where the tag has no such attribute. */
export function attribute(tag: HtmlTag, name: string): string | undefined {
  for (const [, found, double, single, bare] of tag.source.matchAll(
    /\s([^\s=>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g,
  )) {
    if (found?.toLowerCase() === name) return unescapeHtml(double ?? single ?? bare ?? "");
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" };

/** Fit for text and for a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => `&${ESCAPES[one]};`);

/** The names of the characters 160 to 255, in order. */
const LATIN1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
const NAMED: ReadonlyMap<string, string> = new Map([
  ...LATIN1.split(" ").map((name, index): [string, string] => [name, String.fromCharCode(160 + index)]),
  ...Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", ndash: "–", mdash: "—", hellip: "…" }),
  ...Object.entries({ lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", bull: "•", euro: "€", trade: "™", rarr: "→" }),
]);
/** Above the last character of Unicode. */
const NO_CHARACTER = 0x110000;

/** Entities as characters; an unknown entity stays. */
export function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]*));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return NAMED.get(name as string) ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
      return code > 0 && code < NO_CHARACTER ? String.fromCodePoint(code) : whole;
    },
  );
}
