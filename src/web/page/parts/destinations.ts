/** The destinations of scans, the DAQs and uploads: one row each, with what has gone and how fast. */
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import { quantityText } from "../format.ts";
import { indexesOf, lookOf } from "../model.ts";
import type { RateTrack } from "../rates.ts";
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

/** All destinations of the site. */
export const destinations = (context: PageContext, track: RateTrack): HTMLElement[] =>
  indexesOf(context.model, "Dest", "Name").map((index) => way(context, destination(index), track));

/** The DAQs and the upload. */
export const daqs = (context: PageContext, track: RateTrack): HTMLElement[] =>
  [daq("DaqRaw"), daq("DaqRec"), UPLOAD].map((one) => way(context, one, track));

function way(context: PageContext, one: Way, track: RateTrack): HTMLElement {
  const { store } = context;
  const pv = (part: string): string => `${one.stem}${part}`;
  const label = labelOf(one.stem);
  const name = make("h4", {}, label);
  const figures = make("span", { class: "figures" });
  const message = make("p", { class: "sentence" });
  const look = (part: string) => lookOf(context.model.pvs[pv(part)], store.value(pv(part)), store.severity(pv(part)));
  const drawn = [one.done, one.total, one.rate, one.eta, one.problems].filter((part) => part !== undefined);
  store.draw(drawn.map(pv), () => setText(figures, figuresText(one, look)));
  const root = make(
    "div",
    { class: "way", role: "group", "aria-label": label },
    name,
    chip(context, pv("State")),
    bar(context, pv("Percent"), `${label}: percent`),
    figures,
    ...(one.rate === undefined ? [] : [graph(context, pv(one.rate), `${label}: rate`, track)]),
    message,
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

type LookAt = (part: string) => ReturnType<typeof lookOf>;

/** `1.2 of 3.4 GB, 120 MB/s, 3 min left`; what nobody knows is left out. */
function figuresText({ done, total, rate, eta, problems, counted }: Way, look: LookAt): string {
  const both = [look(done), look(total)];
  const amount = both.some(({ isUnknown }) => isUnknown)
    ? []
    : [`${both.map(({ text }) => text).join(" of ")}${counted === undefined ? "" : ` ${counted}`}`];
  const speed = rate === undefined || look(rate).isUnknown ? [] : [look(rate).text];
  const left = eta === undefined || look(eta).isUnknown ? [] : [`${look(eta).text} left`];
  const trouble =
    problems === undefined || look(problems).isUnknown || look(problems).text === quantityText(0, undefined)
      ? []
      : [`${look(problems).text} ${labelOf(problems).toLowerCase()}`];
  return [...amount, ...speed, ...left, ...trouble].join(", ");
}
