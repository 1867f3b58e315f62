/**
 * The plain text beside an HTML message, for those who read mail as text: paragraphs, headings, lists, tables by rows,
 * links as `text (address)`. Sets no width: mail programs wrap.
 */
import { attribute, type HtmlTag, htmlPieces, unescapeHtml } from "./html.ts";

/** Elements that begin and end a line, and elements with an empty line around them. */
const LINES = /^(div|tr|li|dt|dd|section|article|header|footer|main|address|center|tbody|thead|caption)$/;
const PARAGRAPHS = /^(p|h[1-6]|ul|ol|dl|table|blockquote|pre|form|figure)$/;
/** Elements of which nothing is shown. */
const HIDDEN = /^(head|title|style|script|template)$/;
const RULE = "-".repeat(20);

/** @returns without blanks at the ends of lines, and at most one empty line in a row */
export function htmlToText(html: string): string {
  const writer = new TextWriter();
  let hidden = "";
  for (const piece of htmlPieces(html)) {
    if (hidden !== "") {
      if (piece.kind === "tag" && piece.isEnd && piece.name === hidden) hidden = "";
    } else if (piece.kind === "text") writer.text(unescapeHtml(piece.source));
    else if (piece.kind === "tag") {
      if (!piece.isEnd && HIDDEN.test(piece.name) && !piece.source.endsWith("/>")) hidden = piece.name;
      else writer.tag(piece);
    }
  }
  return writer.finish();
}

interface List {
  readonly isOrdered: boolean;
  count: number;
}

class TextWriter {
  #out = "";
  /** Line ends that are due before the next text. */
  #breaks = 0;
  #blank = false;
  /** The beginning of a list's item, until its text comes. */
  #marker = "";
  #preformatted = 0;
  readonly #lists: List[] = [];
  readonly #links: { readonly href: string; readonly from: number }[] = [];

  text(text: string): void {
    if (this.#preformatted > 0) return this.#append(text);
    const words = text.split(/[ \t\r\n\f]+/);
    if (words[0] === "" && words.length > 1) this.#blank = true;
    const shown = words.filter((word) => word !== "");
    if (shown.length === 0) return;
    this.#append(shown.join(" "));
    this.#blank = words.at(-1) === "";
  }

  tag(tag: HtmlTag): void {
    const { name, isEnd } = tag;
    if (name === "br") this.#breakLine(this.#breaks + 1);
    else if (name === "hr") {
      this.#breakLine(1);
      this.#append(RULE);
      this.#breakLine(1);
    } else if (name === "img") this.text(attribute(tag, "alt") ?? "");
    else if (name === "a") this.#link(tag);
    else if (name === "td" || name === "th") this.#blank ||= isEnd;
    else if (LINES.test(name)) this.#breakLine(1);
    else if (PARAGRAPHS.test(name)) this.#breakLine(this.#lists.length > 0 ? 1 : 2);
    if (name === "pre") this.#preformatted = Math.max(0, this.#preformatted + (isEnd ? -1 : 1));
    if (name === "ul" || name === "ol") {
      if (isEnd) this.#lists.pop();
      else this.#lists.push({ isOrdered: name === "ol", count: 0 });
    }
    if (name === "li" && !isEnd) this.#item();
  }

  finish(): string {
    return this.#out
      .replaceAll("\u00a0", " ")
      .replace(/[ \t]+$/gm, "")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  }

  #item(): void {
    const list = this.#lists.at(-1);
    if (list === undefined) return;
    list.count++;
    this.#marker = `${"  ".repeat(this.#lists.length - 1)}${list.isOrdered ? `${list.count}.` : "-"} `;
  }

  #link(tag: HtmlTag): void {
    if (!tag.isEnd) {
      this.#links.push({ href: (attribute(tag, "href") ?? "").trim(), from: this.#out.length });
      return;
    }
    const link = this.#links.pop();
    if (link === undefined || !/^(https?|ftp|mailto|tel):/i.test(link.href)) return;
    const address = link.href.replace(/^(mailto|tel):/i, "");
    const shown = this.#out.slice(link.from).trim();
    if (shown === address || shown === link.href) return;
    this.#blank = false;
    this.#append(shown === "" ? address : ` (${address})`);
  }

  #breakLine(count: number): void {
    if (this.#marker !== "") return; // an item begins beside its mark, whatever element comes first
    this.#breaks = Math.max(this.#breaks, count);
    this.#blank = false;
  }

  #append(text: string): void {
    if (text === "") return;
    if (this.#out !== "") this.#out += this.#breaks > 0 ? "\n".repeat(this.#breaks) : this.#blank ? " " : "";
    this.#breaks = 0;
    this.#blank = false;
    this.#out += this.#marker + text;
    this.#marker = "";
  }
}
