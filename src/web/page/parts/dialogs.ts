/** What the page asks a person: whether to go on, and for the token that writing needs. */
import type { PageQuestion } from "../context.ts";
import { make, newId, setText } from "../dom.ts";
import { NOBODY_KNOWS } from "../format.ts";

/** Opens a question. @returns whether the person goes on */
export function ask({ title, text, verb, facts = [] }: PageQuestion): Promise<boolean> {
  const cancel = make("button", { type: "button", autofocus: true }, "Cancel");
  const go = make("button", { type: "button", class: "go" }, verb);
  const { dialog, whenClosed } = open(title, [make("p", {}, text), ...factList(facts)], [cancel, go]);
  cancel.addEventListener("click", () => dialog.close());
  go.addEventListener("click", () => dialog.close("go"));
  return whenClosed.then((answer) => answer === "go");
}

const factList = (facts: readonly (readonly [string, string])[]): HTMLElement[] =>
  facts.length === 0
    ? []
    : [
        make(
          "dl",
          { class: "facts" },
          ...facts.flatMap(([name, value]) => [
            make("dt", {}, name),
            make("dd", {}, value === "" ? NOBODY_KNOWS : value),
          ]),
        ),
      ];

/** Asks for the token until one is right. @param check the sentence that refuses a token, or undefined */
export function askToken(
  reason: string,
  check: (token: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const id = newId("token");
  const errorId = newId("error");
  const input = make("input", {
    type: "password",
    id,
    autocomplete: "off",
    spellcheck: "false",
    autofocus: true,
    "aria-describedby": errorId,
  });
  const error = make("p", { class: "refusal", id: errorId, role: "alert" });
  const cancel = make("button", { type: "button" }, "Cancel");
  const go = make("button", { type: "button", class: "go" }, "Use this token");
  const where =
    "The start of the IOC has printed it, or named the file that it is in; where [web] of globus.conf has a tokens-file, it is one of that file. This tab remembers it until it is closed.";
  const parts = [
    make("p", {}, reason),
    make("p", { class: "hint" }, where),
    make("label", { for: id }, "Token"),
    input,
    error,
  ];
  const { dialog, whenClosed } = open("Token", parts, [cancel, go]);
  let found: string | undefined;
  const enter = async (): Promise<void> => {
    const token = input.value.trim();
    const sentence = token === "" ? "Enter a token, or press Escape." : await check(token);
    setText(error, sentence ?? "");
    if (sentence !== undefined) return input.select();
    found = token;
    dialog.close();
  };
  cancel.addEventListener("click", () => dialog.close());
  go.addEventListener("click", () => void enter());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void enter();
  });
  return whenClosed.then(() => found);
}

function open(
  title: string,
  parts: readonly HTMLElement[],
  buttons: readonly HTMLElement[],
): { readonly dialog: HTMLDialogElement; readonly whenClosed: Promise<string> } {
  const id = newId("dialog");
  const dialog = make(
    "dialog",
    { "aria-labelledby": id },
    make("h2", { id }, title),
    ...parts,
    make("div", { class: "buttons" }, ...buttons),
  );
  document.body.append(dialog);
  const whenClosed = new Promise<string>((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
  dialog.showModal();
  return { dialog, whenClosed };
}
