/**
 * What Phoebus does without a word and an operator stumbles over, as far as a file shows it: defaults that nobody
 * wants, text that vanishes, buttons that are there too early. Seen in a running Phoebus 5.0.2 with this project's PVs.
 * Each rule is a row: which widgets, and what is wrong with one of them.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { childOf, childrenOf, fontSizeOf, isTrue, numberOf, parseElements, textOf } from "./elements.mjs";
import { lineHeight, widthOf } from "./letters.mjs";
import { boxOf, overlaps, roomIn } from "./rooms.mjs";
import { WRITERS } from "./structures.mjs";

const STATE_LEDS = ["led", "multi_state_led", "byte_monitor"];
const LABELS = ["label", "action_button"];
const SIGN_OF_LIFE = /(ServerRunning|Heartbeat)$/;

/** What is wrong with one widget: a sentence, or undefined. */
const RULES = [
  [STATE_LEDS, (led) => !isTrue(led, "square", false) && "is round, which is for no text: write <square>true</square>"],
  [
    STATE_LEDS,
    (led) =>
      !isTrue(led, "border_alarm_sensitive", true) &&
      "hides its alarm border: without its PV it says its first state, and the border alone tells",
  ],
  [["byte_monitor"], (byte) => !childOf(byte, "numBits") && "shows 8 bits by default: write <numBits>"],
  [["rectangle"], (one) => !childOf(one, "line_width") && "gets a blue border of 3 pixels: write <line_width>"],
  [
    ["group"],
    (group) =>
      !childOf(group, "background_color") &&
      !isTrue(group, "transparent", false) &&
      "is white by default: write <background_color> or <transparent>true</transparent>",
  ],
  [
    ["group"],
    (group) =>
      numberOf(group, "style", 0) === 1 &&
      !childOf(group, "line_color") &&
      "of style 1 has a black title on black: write a light <line_color>",
  ],
  [
    ["bool_button"],
    (button) =>
      !isTrue(button, "labels_from_pv", false) &&
      "has words of its own for the states: write <labels_from_pv>true</labels_from_pv>",
  ],
  [["checkbox", "slide_button"], (box) => !childOf(box, "label") && 'says "Label": write <label>'],
  [
    ["textentry"],
    (entry) =>
      isTrue(entry, "multi_line", false) &&
      "of several lines writes when it is left, also the name of a PV that was away: write <multi_line>false</multi_line>",
  ],
  [["table"], (table) => isTrue(table, "editable", true) && "can be edited: write <editable>false</editable>"],
  [
    ["table"],
    (table) =>
      (childOf(table, "columns")?.children.length ?? 0) > 1 &&
      !childOf(table, "scripts") &&
      "of several columns needs a script: a PV of texts fills one",
  ],
  [["action_button"], (button) => childOf(button, "pv_name") && "needs no <pv_name>: it is grey while that is away"],
  [["action_button"], (button) => !childOf(button, "actions")?.children.length && "does nothing: it has no <action>"],
  [["action_button", ...WRITERS], tooEarly],
  [["action_button"], unasked],
  [["label", "textupdate"], atTheTop],
  [["textupdate"], breaksAway],
  [LABELS, isCut],
  [["embedded"], (embedded, file) => doesNotFit(embedded, file, embedded)],
  [
    ["navtabs"],
    (navtabs, file) =>
      childrenOf(childOf(navtabs, "tabs"), "tab")
        .map((tab) => tabIsCut(navtabs, tab) || doesNotFit(tab, file, navtabs))
        .find(Boolean),
  ],
];

/** @returns findings about all widgets of a display that was read */
export function trapFindings({ file, widgets, uses }) {
  const findings = [];
  const tell = (element, what) => findings.push({ level: "warning", line: element.line, what });
  for (const { element, type } of widgets) {
    for (const [types, problem] of RULES) {
      const what = types.includes(type) && problem(element, file);
      if (what) tell(element, `${type} '${textOf(element, "name") ?? ""}' ${what}`);
    }
    for (const [one, other] of overlaps(element))
      tell(one, `${sayName(one)} lies on ${sayName(other)} of line ${other.line}`);
  }
  const [{ element: display }] = widgets;
  if (!uses.some(({ pv }) => SIGN_OF_LIFE.test(pv)))
    tell(display, "nothing shows that the IOC is alive: show ServerRunning or Heartbeat, for texts stay when it hangs");
  return findings;
}

const sayName = (element) => `${element.attributes.type} '${textOf(element, "name") ?? ""}'`;
const rulesOf = (element) => childrenOf(childOf(element, "rules"), "rule");
const setBy = (element, property) => rulesOf(element).some((rule) => rule.attributes.prop_id === property);

/** Rules first run when all their PVs have connected, and what the file says returns when one goes. */
function tooEarly(element) {
  const [property] = ["visible", "enabled"].filter((one) => setBy(element, one) && isTrue(element, one, true));
  return (
    property && `is ${property} until its rule runs: write <${property}>false</${property}>, and let the rule set true`
  );
}

/** What is there only when armed asks once more. */
function unasked(button) {
  const writes = childrenOf(childOf(button, "actions"), "action").some(
    ({ attributes }) => attributes.type === "write_pv",
  );
  if (!writes || !(setBy(button, "visible") || setBy(button, "enabled"))) return undefined;
  if (isTrue(button, "show_confirm_dialog", false) && textOf(button, "confirm_message")) return undefined;
  return "is armed and asks nothing: write <show_confirm_dialog>true</show_confirm_dialog> and <confirm_message>";
}

/** Text stands at the top, and buttons beside it in the middle. */
function atTheTop(element) {
  const line = lineHeight(fontSizeOf(element));
  const { height } = boxOf(element);
  const isOneLine = height >= line + 3 && height < 2 * line;
  return isOneLine && !childOf(element, "vertical_alignment") && "stands at the top: write <vertical_alignment>1";
}

/** What does not fit a line goes to the next one, which is not there. */
function breaksAway(text) {
  const isOneLine = boxOf(text).height < 2 * lineHeight(fontSizeOf(text));
  return (
    isOneLine &&
    textOf(text, "format") === "6" &&
    isTrue(text, "wrap_words", true) &&
    "of one line drops what follows a break: write <wrap_words>false</wrap_words>, or give it two lines"
  );
}

/** Edges of a button, left and right. */
const BUTTON_EDGES = 12;

function isCut(element) {
  const text = textOf(element, "text") ?? "";
  const edges = element.attributes.type === "action_button" ? BUTTON_EDGES : 0;
  return needsMore(element, text, boxOf(element), edges);
}

function tabIsCut(navtabs, tab) {
  const width = numberOf(navtabs, "tab_width", 100);
  return needsMore(navtabs, textOf(tab, "name") ?? "", { width, height: 1 }, BUTTON_EDGES);
}

/** The text of a label that wraps may have several lines. Macros are taken as long as ours get. */
function needsMore(element, text, { width, height }, edges) {
  const size = fontSizeOf(element);
  const isBold = /BOLD/.test(childOf(childOf(element, "font"), "font")?.attributes.style ?? "");
  const shown = text
    .replace(/\$\(P\)/g, "32idbSP1:")
    .replace(/\$\(R\)/g, "Globus:")
    .replace(/\$\(TS\)/g, "TomoScan:");
  const lines = Math.max(1, Math.floor(height / lineHeight(size)));
  const needed = Math.max(...shown.split("\n").map((line) => widthOf(line, size, isBold))) + edges;
  return needed > width * lines && `needs ${needed} pixels for '${shown}', and has ${width * lines}`;
}

/** What is embedded has no more room than there is. */
function doesNotFit(holder, file, widget) {
  const name = textOf(holder, "file") ?? "";
  const path = resolve(dirname(file), name);
  if (name === "" || /\$[({]/.test(name) || !existsSync(path)) return undefined;
  const { width, height } = boxOf(parseElements(readFileSync(path, "utf8")));
  const [room, tall] = roomIn(widget);
  const isScaled = widget.attributes.type === "embedded" && numberOf(widget, "resize", 0) !== 0;
  return !isScaled && (width > room || height > tall) && `has ${room}x${tall} for ${name}, which is ${width}x${height}`;
}
