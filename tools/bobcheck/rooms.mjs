/** Where a widget lies, and the room that it has for what is inside. Sizes in pixels. */
import { childOf, childrenOf, fontSizeOf, isTrue, numberOf, textOf } from "./elements.mjs";
import { WIDGETS } from "./structures.mjs";

/** The place of a widget; the editor drops a size that is the default. */
export function boxOf(element) {
  const [width, height] = WIDGETS[element.name === "display" ? "display" : element.attributes.type]?.size ?? [100, 20];
  return {
    x: numberOf(element, "x", 0),
    y: numberOf(element, "y", 0),
    width: numberOf(element, "width", width),
    height: numberOf(element, "height", height),
  };
}

/** Border and padding of the body of navtabs, on each side: opibuilder.css of Phoebus. */
const NAVTAB_EDGE = 5;

/** Width and height that children, or the file of an embedded widget, have. */
export function roomIn(element) {
  const { width, height } = boxOf(element);
  const tabHeight = numberOf(element, "tab_height", 30);
  switch (element.attributes.type) {
    case "tabs":
      return [width, height - tabHeight];
    case "navtabs": {
      const isVertical = numberOf(element, "direction", 1) === 1;
      const [left, top] = isVertical ? [numberOf(element, "tab_width", 100), 0] : [0, tabHeight];
      return [width - left - 2 * NAVTAB_EDGE, height - top - 2 * NAVTAB_EDGE];
    }
    case "group": {
      const title = 2 + Math.floor(1.2 * fontSizeOf(element));
      const [wide, high] = [
        [2 * title, 2 * title],
        [2, title + 2],
        [2, 2],
        [0, 0],
      ][numberOf(element, "style", 0)] ?? [0, 0];
      return [width - wide, height - high];
    }
    default:
      return [width, height];
  }
}

/** Two widgets in one room of a parent, of which the later one hides a part of the earlier one. */
export function overlaps(parent) {
  return roomsOf(parent).flatMap((widgets) => {
    const placed = widgets.filter((one) => !isGround(one)).map((one) => ({ one, box: boxOf(one) }));
    return placed.flatMap(({ one, box }, index) =>
      placed
        .slice(0, index)
        .filter((other) => touch(box, other.box) && !isAlternative(one) && !isAlternative(other.one))
        .map((other) => [one, other.one]),
    );
  });
}

/** The widgets that are there together: the children of a parent, or of each of its tabs. */
function roomsOf(parent) {
  const rooms = parent.attributes.type === "tabs" ? childrenOf(childOf(parent, "tabs"), "tab") : [parent];
  return rooms
    .map((room) => childrenOf(childOf(room, "children") ?? room, "widget"))
    .map((widgets) => widgets.filter(({ attributes }) => WIDGETS[attributes.type] !== undefined));
}

/** What others lie upon. */
const isGround = ({ attributes: { type } }) =>
  ["rectangle", "ellipse", "picture", "polyline", "polygon"].includes(type);
/** What is there at times, so that another may stand in its place. */
const isAlternative = (element) => !isTrue(element, "visible", true) || textOf(element, "rules") !== undefined;

const touch = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
