/**
 * A message template of the site with the values of one experiment in their places. Plain text has a line `Data link:`,
 * HTML begins with `<`; both may have `%%NAME%%` for what is known of the experiment. Values come from PVs and are
 * hostile: one line each, escaped in HTML. The template itself is never changed. Placeholders and the line are those of
 * DMagic and of `globus` (integration.md §5.5, §5.8).
 */
import { oneLine, visible } from "../../../base/clean-text.ts";
import { didYouMeanSentence } from "../../../base/suggest.ts";
import { EXPERIMENT_PVS } from "../../experiment.ts";
import { RejectedError } from "../../run/outcome.ts";
import { isWebAddress } from "./checks.ts";
import { escapeHtml, htmlPieces, unescapeHtml } from "./html.ts";
import { htmlToText } from "./html-text.ts";

export interface MessageTemplate {
  /** The template's name in sentences. */
  readonly name: string;
  readonly text: string;
}

/** The texts that replace the placeholders. */
export interface TemplateValues {
  /** By the PV's name. */
  readonly texts: ReadonlyMap<string, string>;
  readonly dataLink: string;
  /** Empty: there are no slides. */
  readonly slidesLink: string;
}

/** A message's body. */
export interface Body {
  readonly text: string;
  /** Absent for a template of plain text. */
  readonly html?: string;
}

/** The placeholders that become links, DMagic's and by the PV's name. */
const LINKS: Readonly<Record<string, "dataLink" | "slidesLink">> = {
  DATA_LINK: "dataLink",
  DataLink: "dataLink",
  SLIDES_LINK: "slidesLink",
  SlidesLink: "slidesLink",
};
/** The placeholders that most templates need, for a sentence. */
const USUAL = ["DATA_LINK", "SLIDES_LINK", ...Object.keys(EXPERIMENT_PVS)];
const NO_SLIDES = "(no slides yet)";
/** An attribute in three groups: what comes before its value, its name, and the value with the quotation marks. */
const QUOTED_ATTRIBUTE = /((?:^|[\s"'/])([^\s=>"'/]*)\s*=?\s*)("[^"]*"|'[^']*')/g;
/** Attributes whose address programs follow or load. */
const ADDRESS_ATTRIBUTE =
  /^(href|src|action|formaction|background|poster|cite|data|longdesc|usemap|ping|manifest|codebase|lowsrc|dynsrc|xlink:href)$/;
/** The beginning of an address whose scheme the template's own text decides, before a PV comes. */
const OWN_SCHEME = /^\s*(https?:\/\/[^\s/]+\/|mailto:|tel:|#)/i;
const PLACEHOLDER = /%%(\w+)%%/g;
const LINK_LINE = /^(Data link:).*$/gim;

/** Whether the template asks for the slides; otherwise nobody looks for them. */
export const wantsSlides = ({ text }: MessageTemplate): boolean =>
  [...text.matchAll(PLACEHOLDER)].some(([, name]) => LINKS[name as string] === "slidesLink");

/**
 * @throws RejectedError naming the template and what is wrong with it: no place for the data link, an unknown
 * placeholder
 */
export function renderTemplate(template: MessageTemplate, values: TemplateValues): Body {
  const filling = new Filling(template, values);
  return /^\s*</.test(template.text) ? filling.html() : filling.plain();
}

/** A doctype, or a condition for one mail program; other comments are for those who write the template. */
const isForReaders = (comment: string): boolean => !comment.startsWith("<!--") || /\[(if|endif)/.test(comment);

class Filling {
  readonly #template: MessageTemplate;
  readonly #values: TemplateValues;
  #hasDataLink = false;

  constructor(template: MessageTemplate, values: TemplateValues) {
    this.#template = template;
    this.#values = values;
  }

  plain(): Body {
    const text = this.#template.text
      .replaceAll("\r\n", "\n")
      .replace(LINK_LINE, "$1 %%DATA_LINK%%")
      .replace(PLACEHOLDER, (_whole, name: string) => {
        const link = this.#link(name);
        return link === undefined ? this.#text(name) : link === "" ? NO_SLIDES : link;
      });
    this.#checkLink('put a line that begins with "Data link:" into it, or %%DATA_LINK%%');
    return { text };
  }

  html(): Body {
    const html = htmlPieces(this.#template.text).map((piece) => {
      if (piece.kind === "comment") return isForReaders(piece.source) ? piece.source : "";
      if (piece.kind === "text") return piece.source.replace(PLACEHOLDER, (_whole, name: string) => this.#shown(name));
      if (piece.kind === "raw") return this.#withoutPlaceholder(piece.source, "in a style or script");
      const quoted = piece.source.replace(
        QUOTED_ATTRIBUTE,
        (_whole, before: string, attribute: string, value: string) =>
          before + this.#attribute(attribute.toLowerCase(), value),
      );
      this.#withoutPlaceholder(piece.source.replace(/"[^"]*"|'[^']*'/g, ""), "in a tag without quotes around it");
      return quoted;
    });
    this.#checkLink("put %%DATA_LINK%% into it");
    return { text: htmlToText(html.join("")), html: html.join("") };
  }

  /**
   * A quoted value. Where programs follow it, a value that begins with a PV must be a web address; where they run it,
   * no PV may be in the value.
   * @throws RejectedError
   */
  #attribute(name: string, quoted: string): string {
    const at = quoted.search(PLACEHOLDER);
    if (at < 0) return quoted;
    if (/^on|^style$|^srcset$|^srcdoc$/.test(name)) this.#withoutPlaceholder(quoted, `in the attribute ${name}`);
    const filled = quoted.replace(PLACEHOLDER, (_whole, key: string) => escapeHtml(this.#link(key) ?? this.#text(key)));
    const isFollowed = ADDRESS_ATTRIBUTE.test(name) && !OWN_SCHEME.test(quoted.slice(1, at));
    if (isFollowed)
      this.#checkAddress(quoted.match(PLACEHOLDER)![0].slice(2, -2), unescapeHtml(filled.slice(1, -1)), name);
    return filled;
  }

  /** @throws RejectedError unless the address is on the web, or empty */
  #checkAddress(pv: string, address: string, attribute = "href"): void {
    if (address === "" || isWebAddress(address)) return;
    throw new RejectedError(
      `The e-mail template ${this.#template.name} has %%${pv}%% in ${attribute}, which makes ${visible(address)}: that is no web address that begins with http:// or https://.`,
    );
  }

  /** For text in HTML: links can be clicked. */
  #shown(name: string): string {
    const link = this.#link(name);
    if (link === undefined) return escapeHtml(this.#text(name));
    this.#checkAddress(name, link);
    return link === "" ? NO_SLIDES : `<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`;
  }

  #link(name: string): string | undefined {
    const link = LINKS[name];
    if (link === "dataLink") this.#hasDataLink = true;
    return link === undefined ? undefined : this.#values[link];
  }

  #text(name: string): string {
    const text = this.#values.texts.get(name);
    if (text !== undefined) return oneLine(text);
    const known = [...Object.keys(LINKS), ...this.#values.texts.keys()];
    throw new RejectedError(
      `The e-mail template ${this.#template.name} has %%${name}%%, which stands for nothing.${didYouMeanSentence(name, known)} It may have ${USUAL.map((one) => `%%${one}%%`).join(", ")}, and each input PV by its name.`,
    );
  }

  #withoutPlaceholder(source: string, where: string): string {
    const found = source.match(PLACEHOLDER)?.[0];
    if (found === undefined) return source;
    throw new RejectedError(
      `The e-mail template ${this.#template.name} has ${found} ${where}, where no value may stand.`,
    );
  }

  #checkLink(cure: string): void {
    if (!this.#hasDataLink)
      throw new RejectedError(`The e-mail template ${this.#template.name} has no place for the data link: ${cure}.`);
  }
}
