/** The last minutes of a figure as a line, with its newest and its greatest value in words. */
import type { PageContext } from "../context.ts";
import { make, makeSvg, setAttribute, setText } from "../dom.ts";
import { NOBODY_KNOWS, quantityText } from "../format.ts";
import type { RateTrack } from "../rates.ts";

const WIDTH = 300;
const HEIGHT = 40;

/** @param label what the figure is */
export function graph(context: PageContext, suffix: string, label: string, track: RateTrack): HTMLElement {
  const unit = context.model.pvs[suffix]?.unit;
  const line = makeSvg("path", { class: "line" });
  const area = makeSvg("path", { class: "area" });
  const drawing = makeSvg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    area,
    line,
  );
  const most = make("figcaption", { class: "hint" });
  track.draw(suffix, (points) => {
    const known = points.filter((point) => point !== null);
    const top = Math.max(0, ...known);
    const told = top > 0 ? `at most ${quantityText(top, unit)} in the last 15 min` : "nothing in the last 15 min";
    const now = known.at(-1);
    setText(most, known.length === 0 ? "not known yet" : told);
    const nowText = now === undefined ? NOBODY_KNOWS : quantityText(now, unit);
    setAttribute(drawing, "aria-label", `${label}: ${nowText}, ${most.textContent}`);
    const { stroke, fill } = paths(points, top);
    setAttribute(line, "d", stroke);
    setAttribute(area, "d", fill);
  });
  return make("figure", { class: "graph" }, drawing, most);
}

/** The line, and what lies under it; a gap where nobody knew. */
function paths(points: readonly (number | null)[], top: number): { readonly stroke: string; readonly fill: string } {
  const step = WIDTH / Math.max(1, points.length - 1);
  const at = (value: number): number => HEIGHT - 1 - (top === 0 ? 0 : (value / top) * (HEIGHT - 3));
  const pieces: string[][] = [[]];
  for (const [index, value] of points.entries()) {
    if (value === null) pieces.push([]);
    else pieces.at(-1)?.push(`${(index * step).toFixed(1)} ${at(value).toFixed(1)}`);
  }
  const drawn = pieces.filter((piece) => piece.length > 1);
  const stroke = drawn.map((piece) => `M${piece.join("L")}`).join("");
  const x = (point = ""): string => point.split(" ")[0] ?? "";
  const fill = drawn
    .map((piece) => `M${x(piece[0])} ${HEIGHT}L${piece.join("L")}L${x(piece.at(-1))} ${HEIGHT}Z`)
    .join("");
  return { stroke, fill };
}
