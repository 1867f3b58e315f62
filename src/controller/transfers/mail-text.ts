/** What an e-mail about transfers says, in plain text: nothing in it that came from a file's name ends a line. Pure. */
import { oneLine } from "../../base/clean-text.ts";
import type { Mail } from "../ports/mail.ts";
import type { NoteRecord } from "../ports/queue-ledger.ts";
import type { NoteLine } from "./notes.ts";
import type { MailRoom } from "./rules.ts";
import { amount } from "./summary-text.ts";

/** Notes that are told in full; the others are counted. */
const MOST_TOLD = 50;

type NoteLetter = Pick<Mail, "subject" | "text">;

/** @param notes of one kind, at least one */
export function letterOf(
  notes: readonly NoteRecord[],
  { label, retry }: Pick<MailRoom, "label" | "retry">,
): NoteLetter {
  const [first] = notes;
  const subject = (words: string): string => oneLine(`${label}: ${words}`);
  if (first?.kind === "summary")
    return { subject: subject(`transfers until ${field(first.line, "until")}`), text: String(first.line["text"]) };
  const more = notes.length - MOST_TOLD;
  const told = [
    ...notes.slice(0, MOST_TOLD).map(({ line }) => paragraph(line)),
    ...(more > 0 ? [`And ${more} more.\n`] : []),
  ].join("\n");
  if (first?.kind === "verified") return { subject: subject(`${subjectsOf(notes)} proven`), text: told };
  return {
    subject: subject(`${subjectsOf(notes)} failed`),
    text: `${told}\nNothing of this is tried again by itself. Mend the cause, then ${retry}.\n`,
  };
}

/** What a message is about, for a sentence: `a1`, or `a1 and 4 more`. */
export function subjectsOf(notes: readonly NoteRecord[]): string {
  if (notes[0]?.kind === "summary") return "the day";
  const names = [...new Set(notes.map(({ line }) => field(line, "scan")))];
  return names.length > 1 ? `${names[0]} and ${names.length - 1} more` : (names[0] ?? "");
}

function field(line: NoteLine, key: string): string {
  const value = line[key];
  return typeof value === "string" || typeof value === "number" ? oneLine(String(value)) : "";
}

function paragraph(line: NoteLine): string {
  const rows: [string, string][] = [
    ["File", "file"],
    ["Experiment", "experiment"],
    ["Aborted", "aborted"],
    ["Time", "time"],
  ];
  return [
    field(line, "text"),
    ...rows.flatMap(([name, key]) => (field(line, key) === "" ? [] : [`  ${name}: ${field(line, key)}`])),
    `  Size: ${field(line, "files")} files, ${amount(Number(line["bytes"]))}`,
    "",
  ].join("\n");
}
