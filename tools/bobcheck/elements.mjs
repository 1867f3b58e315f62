/** The XML of a .bob file as elements that know their lines. Knows nothing of Phoebus. */
import { SaxesParser } from "saxes";

/**
 * The root element of a text.
 * @throws Error whose message begins with the line, where the text is not XML
 */
export function parseElements(text) {
  const parser = new SaxesParser({ position: true });
  const root = { name: "", attributes: {}, children: [], text: "", line: 1 };
  const open = [root];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name, attributes, children: [], text: "", line: parser.line };
    open.at(-1).children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => void open.pop());
  const more = (piece) => {
    open.at(-1).text += piece;
  };
  parser.on("text", more);
  parser.on("cdata", more);
  parser.write(text).close();
  return root.children[0];
}

export const childOf = (element, name) => element?.children.find((one) => one.name === name);
export const childrenOf = (element, name) => element?.children.filter((one) => one.name === name) ?? [];
export const textOf = (element, name) => childOf(element, name)?.text.trim();
/** The number in a child, or what stands for it where the child is absent. */
export const numberOf = (element, name, otherwise) => Number(textOf(element, name) ?? otherwise);
/** Whether a child says true, or what stands for it where the child is absent. */
export function isTrue(element, name, otherwise) {
  const text = textOf(element, name);
  return text === undefined ? otherwise : /^(true|yes|1)$/i.test(text);
}

/** Size in pixels of a font that stands in this child; Phoebus' default is 14. */
export const fontSizeOf = (element, name = "font") =>
  Number(childOf(childOf(element, name), "font")?.attributes.size ?? 14);
