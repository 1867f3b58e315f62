/** Makes elements. Text is text, never markup: there is no other way in here. */

type ElementAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes (true: without a value; false, undefined: none) and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: ElementAttributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** An element of a drawing. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: ElementAttributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** Sets an attribute, only where that changes something. */
export function setAttribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) return element.removeAttribute(name);
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets the text of an element without other children, only where that changes something. */
export function setText(element: Element, text: string): void {
  const { firstChild } = element;
  if (!(firstChild instanceof Text)) element.textContent = text;
  else if (firstChild.data !== text) firstChild.data = text;
}

let lastId = 0;
/** An id that no other element has. */
export const newId = (stem: string): string => `${stem}-${++lastId}`;
