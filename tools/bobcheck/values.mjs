/** Whether the text of a property is what Phoebus reads for its kind. Each finding is a sentence for the line. */
import { childOf } from "./elements.mjs";
import { ORDINALS } from "./structures.mjs";

/** A macro that has no value yet. */
export const isOpen = (text) => /\$[({]/.test(text);

/**
 * What is wrong with the value of an element.
 * @param text the element's text, its macros replaced
 */
export function valueProblems(element, kind, text) {
  if (kind === "color") return colorProblems(element);
  if (kind === "font") return fontProblems(element);
  const what = isOpen(text) || text === "" ? undefined : wanted(kind, text);
  return what === undefined ? [] : [{ at: element, what: `<${element.name}> is '${text}', not ${what}` }];
}

function wanted(kind, text) {
  if (kind === "boolean" && !/^(true|false|yes|no|1|0)$/i.test(text)) return "true or false";
  if (kind === "integer" && !/^[+-]?(\d+(\.\d*)?|0x[0-9a-f]+)$/i.test(text)) return "a whole number";
  if (kind === "double" && Number.isNaN(Number(text))) return "a number";
  if (kind in ORDINALS && !(/^\d+$/.test(text) && Number(text) < ORDINALS[kind]))
    return `a number from 0 to ${ORDINALS[kind] - 1}`;
  return undefined;
}

function colorProblems(element) {
  const color = childOf(element, "color");
  if (color === undefined)
    return [{ at: element, what: `<${element.name}> holds no <color>: Phoebus keeps the default` }];
  const parts = ["red", "green", "blue"].map((name) => color.attributes[name] ?? "");
  if (parts.every((part) => /^\d+$/.test(part) && Number(part) < 256)) return [];
  return [{ at: color, what: "<color> needs red, green and blue, 0 to 255, also when it has a name" }];
}

function fontProblems(element) {
  const font = childOf(element, "font");
  if (font === undefined) return [{ at: element, what: `<${element.name}> holds no <font>` }];
  const { family = "", size, style = "" } = font.attributes;
  const problems = [];
  if (family === "" || !(Number(size) > 0))
    problems.push({ at: font, what: "<font> needs family and size (pixels), also when it has a name" });
  if (!["REGULAR", "BOLD", "ITALIC", "BOLD_ITALIC"].includes(style))
    problems.push({ at: font, what: "<font> needs style REGULAR, BOLD, ITALIC or BOLD_ITALIC" });
  if (!/^Liberation (Sans|Serif|Mono)$/.test(family))
    problems.push({
      at: font,
      isMild: true,
      what: `font family '${family}' may be missing: Phoebus brings Liberation Sans, Serif and Mono`,
    });
  return problems;
}
