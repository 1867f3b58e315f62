/** Who has the beam: the experiment of TomoScan's user PVs, and whether it is valid or why not. */
import type { PvSuffix } from "../../../controller/pvs/index.ts";
import type { PageContext } from "../context.ts";
import { make, setText } from "../dom.ts";
import { chip } from "./chip.ts";
import { field } from "./field.ts";
import { text } from "./value.ts";

const SHOWN: readonly PvSuffix[] = ["PILastName", "ProposalNumber", "ESAFNumber", "DataLink"];

export function beam(context: PageContext): HTMLElement {
  const { store } = context;
  const message = make("p", { class: "sentence" });
  store.draw(["TagMessage"], () => setText(message, store.text("TagMessage")));
  const name = make("p", { class: "experiment" }, text(context, "ExperimentName"));
  const title = make("p", { class: "proposal" }, text(context, "ProposalTitle"));
  const valid = make("p", { class: "with-chip" }, "Tag valid ", chip(context, "TagValid"));
  const fields = make("div", { class: "fields" }, ...SHOWN.map((suffix) => field(context, suffix)));
  return make("div", { class: "beam" }, name, title, valid, message, fields);
}
