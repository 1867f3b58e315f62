/** The elements of a .bob file and their text, an element a line. Knows no widget. */

export interface BobElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly BobElement[];
  /** Text of an element without children. */
  readonly text?: string;
  /** The text is code, which keeps its characters. */
  readonly isCode?: true;
}
type Value = string | number | boolean;

/** An element with a value, e.g. `<width>80</width>`. */
export const valueElement = (name: string, value: Value): BobElement => ({
  name,
  attributes: {},
  children: [],
  text: String(value),
});
/** An element with others in it. */
export const elementOf = (
  name: string,
  children: readonly BobElement[],
  attributes: BobElement["attributes"] = {},
): BobElement => ({ name, attributes, children });
export const codeElement = (name: string, text: string): BobElement => ({
  name,
  attributes: {},
  children: [],
  text,
  isCode: true,
});

/** A colour as red, green and blue. */
export type Rgb = readonly [number, number, number];
export const colorElement = (name: string, [red, green, blue]: Rgb): BobElement =>
  elementOf(name, [elementOf("color", [], { red, green, blue })]);
/** @param size pixels */
export const fontElement = (size: number, style: "REGULAR" | "BOLD" = "REGULAR", name = "font"): BobElement =>
  elementOf(name, [elementOf("font", [], { family: "Liberation Sans", style, size })]);

/** The text of a file whose root this is. */
export const bobText = (root: BobElement): string => `<?xml version="1.0" encoding="UTF-8"?>\n${linesOf(root, "")}`;

function linesOf({ name, attributes, children, text, isCode }: BobElement, indent: string): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value), true)}"`);
  const opening = `${indent}<${name}${given.join("")}>`;
  if (isCode === true) return `${opening}<![CDATA[${text ?? ""}]]></${name}>\n`;
  if (text !== undefined) return `${opening}${escaped(text, false)}</${name}>\n`;
  if (children.length === 0) return `${opening.slice(0, -1)}/>\n`;
  return `${opening}\n${children.map((one) => linesOf(one, `${indent}  `)).join("")}${indent}</${name}>\n`;
}

const escaped = (text: string, isAttribute: boolean): string => {
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return isAttribute ? plain.replaceAll('"', "&quot;").replaceAll("\n", "&#10;") : plain;
};
