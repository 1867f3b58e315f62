/** What widgets do with their PVs that the PVs are not made for. The PVs are handed in: BobChannel of check.d.mts. */
import { childOf, childrenOf, fontSizeOf, isTrue, numberOf, textOf } from "./elements.mjs";
import { lineHeight, widthOf } from "./letters.mjs";
import { pvNumbers } from "./model.mjs";
import { boxOf } from "./rooms.mjs";

/** PVs that are no channels of an IOC. */
const isLocal = (pv) => /^(loc|sim|eq|sys|mqtt):/.test(pv);
const CHOOSING = ["combo", "choice", "radio", "bool_button", "multi_state_led", "slide_button", "checkbox"];

/** @returns findings about all uses of PVs of a display that was read */
export function channelFindings({ uses, widgets }, channels) {
  const findings = [];
  const read = new Set(uses.map(({ pv }) => pv));
  const tell = (line, what) => {
    if (!findings.some((one) => one.line === line && one.what === what)) findings.push({ level: "error", line, what });
  };
  for (const { line, widget, use, pv, value } of uses) {
    if (isLocal(pv)) continue;
    const channel = channels(pv);
    if (channel === undefined) {
      tell(line, `${pv} is no PV`);
      continue;
    }
    if (use === "write" && !channel.isWritable) tell(line, `${pv} is a result, which nobody can write`);
    if (value === undefined) continue;
    if (value.trim() === "") tell(line, `${widget} writes nothing into ${pv}`);
    for (const beside of [`${pv}Status`, `${pv}Message`])
      if (channels(beside) !== undefined && !read.has(beside))
        tell(line, `nothing shows ${beside}: a put that is refused is seen there alone`);
  }
  for (const { element, type } of widgets) {
    const pv = uses.find(({ of, line }) => of === element && line === childOf(element, "pv_name")?.line)?.pv;
    const channel = pv === undefined ? undefined : channels(pv);
    const what = channel && channelProblem(element, type, channel);
    if (what) tell(element.line, `${type} '${textOf(element, "name") ?? ""}': ${pv} ${what}`);
    for (const one of ruleProblems(element, uses, channels)) tell(one.line, one.what);
  }
  return findings;
}

function channelProblem(element, type, { kind, states, isCharacters, isSentence, sample, low, high }) {
  if (type === "textupdate" || type === "textentry") {
    if (isCharacters && textOf(element, "format") !== "6") return "is text in characters: write <format>6</format>";
    if (type === "textupdate" && isSentence) return sentenceProblem(element);
    if (sample !== undefined && isNarrow(element, [sample])) return `needs more width for ${sample}`;
    if (kind === "states" && type === "textentry") return "has states to choose from: use a combo or a choice";
    if (kind === "states" && isNarrow(element, states)) return `needs more width for its states ${states.join(", ")}`;
  }
  if (CHOOSING.includes(type) && kind !== "states") return "has no states to choose from";
  if (type === "choice") return choiceProblem(element, states);
  if (type === "multi_state_led") return ledProblem(element, states);
  if (["bool_button", "led", "slide_button", "checkbox"].includes(type) && states.length > 2)
    return `has ${states.length} states, and ${type} shows two`;
  if (type === "progressbar" && isTrue(element, "limits_from_pv", true) && !(low < high))
    return `has the range ${low} to ${high}: a bar needs LOPR below HOPR, or <limits_from_pv>false</limits_from_pv>`;
  return undefined;
}

const isNarrow = (element, words) =>
  boxOf(element).width < Math.max(0, ...words.map((word) => widthOf(word, fontSizeOf(element))));

function sentenceProblem(element) {
  const isHigh = boxOf(element).height >= 2 * lineHeight(fontSizeOf(element));
  return isHigh && isTrue(element, "wrap_words", true) ? undefined : "is a sentence: give it two lines that wrap";
}

/** Edges of each button of a choice. */
const CHOICE_EDGES = 12;

function choiceProblem(element, states) {
  const count = isTrue(element, "horizontal", true) ? states.length : 1;
  const size = fontSizeOf(element);
  const needed = count * (CHOICE_EDGES + Math.max(...states.map((state) => widthOf(state, size))));
  return boxOf(element).width < needed && `needs ${needed} pixels for its states ${states.join(", ")}`;
}

function ledProblem(element, states) {
  const shown = childrenOf(childOf(element, "states"), "state");
  const labels = new Map(shown.map((state) => [numberOf(state, "value", 0), textOf(state, "label") ?? ""]));
  const wrong = states.filter((state, value) => labels.get(value) !== state);
  if (wrong.length > 0 || labels.size !== states.length) return `has the states ${states.join(", ")}, and no others`;
  return isNarrow(element, states) && `needs more width for its states ${states.join(", ")}`;
}

/** pv0 of a text is the code of its first character. */
function ruleProblems(element, uses, channels) {
  return childrenOf(childOf(element, "rules"), "rule").flatMap((rule) => {
    const lines = childrenOf(rule, "pv_name").map(({ line }) => line);
    const pvs = lines.map((line) => uses.find((one) => one.of === element && one.line === line)?.pv ?? "");
    return childrenOf(rule, "exp").flatMap((exp) =>
      pvNumbers(exp.attributes.bool_exp ?? "")
        .filter((number) => channels(pvs[number] ?? "")?.kind === "text")
        .filter((number) => new RegExp(`\\bpv(Int)?${number}\\b`).test(exp.attributes.bool_exp))
        .map((number) => ({ line: exp.line, what: `${pvs[number]} is text: write pvStr${number}` })),
    );
  });
}
