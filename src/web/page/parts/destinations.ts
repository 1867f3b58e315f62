/** The destinations of scans, the DAQs and uploads: one row each, with what has gone and how fast. */
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import { lookAt } from "../look.ts";
import { indexesOf, type PvLook } from "../model.ts";
import type { RateTrack } from "../rates.ts";
import type { PageValue } from "../store.ts";
import { labelOf } from "../words.ts";
import { bar } from "./bar.ts";
import { chip } from "./chip.ts";
import { graph } from "./graph.ts";

/** One way that data goes, with the stem of its PVs. */
interface Way {
  readonly stem: string;
  /** The PV that names it; without: the stem does. */
  readonly nameOf?: string;
  readonly done: string;
  readonly total: string;
  readonly rate?: string;
  readonly eta?: string;
  readonly problems?: string;
  readonly message?: string;
  /** What is counted, behind done and total; bytes name themselves. */
  readonly counted?: string;
}

const destination = (index: number): Way => ({
  stem: `Dest${index}`,
  nameOf: `Dest${index}Name`,
  done: "Bytes",
  total: "Total",
  rate: "Rate",
  eta: "Eta",
  problems: "Failed",
  message: "Message",
});
const daq = (stem: string): Way => ({
  stem,
  done: "FilesDone",
  total: "FilesTotal",
  rate: "Rate",
  problems: "Errors",
  counted: "files",
});
const UPLOAD: Way = { stem: "Upload", done: "FilesDone", total: "FilesTotal", counted: "files" };

/** State of a run or a job where there was none. */
const NOTHING_RUNS = "None";

/** All destinations of the site. @param track for a graph of each rate */
export const destinations = (context: PageContext, track?: RateTrack): HTMLElement[] =>
  indexesOf(context.model, "Dest", "Name").map((index) => way(context, destination(index), track));

/** The DAQs and the upload. */
export const daqs = (context: PageContext, track?: RateTrack): HTMLElement[] =>
  [daq("DaqRaw"), daq("DaqRec"), UPLOAD].map((one) => way(context, one, track));

/** A run or a job: how it stands, and a sentence where there is one. */
export function work(
  context: PageContext,
  name: string,
  state: PvSuffix,
  percent: PvSuffix | undefined,
  message: PvSuffix,
): HTMLElement {
  const { store } = context;
  const sentence = make("p", { class: "sentence" });
  store.draw([state, message], () =>
    setText(sentence, lookAt(context, state).text === NOTHING_RUNS ? "" : store.text(message)),
  );
  return make(
    "div",
    { class: "way", role: "group", "aria-label": name },
    make("h4", {}, name),
    chip(context, state),
    ...(percent === undefined ? [] : [bar(context, percent, `${name}: percent`)]),
    sentence,
  );
}

type LookAt = (part: string) => PvLook;
type ValueAt = (part: string) => PageValue | undefined;

function way(context: PageContext, one: Way, track: RateTrack | undefined): HTMLElement {
  const { store } = context;
  const pv = (part: string): string => `${one.stem}${part}`;
  const label = labelOf(one.stem);
  const name = make("h4", {}, label);
  const figures = make("span", { class: "figures" });
  const message = make("p", { class: "sentence" });
  const look = (part: string) => lookAt(context, pv(part));
  const drawn = [one.done, one.total, one.rate, one.eta, one.problems].filter((part) => part !== undefined);
  const valueOf: ValueAt = (part) => store.value(pv(part));
  store.draw(drawn.map(pv), () => setText(figures, figuresText(one, look, valueOf)));
  const root = make(
    "div",
    { class: "way", role: "group", "aria-label": label },
    name,
    chip(context, pv("State")),
    bar(context, pv("Percent"), `${label}: percent`),
    figures,
    message,
    ...(one.rate === undefined || track === undefined ? [] : [graph(context, pv(one.rate), `${label}: rate`, track)]),
  );
  const { nameOf, message: told } = one;
  if (told !== undefined) store.draw([pv(told)], () => setText(message, store.text(pv(told))));
  if (nameOf !== undefined)
    store.draw([nameOf], () => {
      // Without a name there is no such destination
      root.hidden = store.text(nameOf) === "";
      setText(name, store.text(nameOf));
      root.setAttribute("aria-label", store.text(nameOf));
    });
  return root;
}

/** `1.2 of 3.4 GB, 120 MB/s, 3 min left`; what nobody knows, and what is nothing, is left out. */
function figuresText({ done, total, rate, eta, problems, counted = "" }: Way, look: LookAt, value: ValueAt): string {
  const is = (part: string | undefined): part is string =>
    part !== undefined && !look(part).isUnknown && value(part) !== 0;
  const amount =
    is(total) && !look(done).isUnknown ? [`${look(done).text} of ${look(total).text} ${counted}`.trim()] : [];
  const speed = is(rate) ? [look(rate).text] : [];
  const left = is(eta) ? [`${look(eta).text} left`] : [];
  const trouble = is(problems) ? [`${look(problems).text} ${labelOf(problems).toLowerCase()}`] : [];
  return [...amount, ...speed, ...left, ...trouble].join(", ");
}
