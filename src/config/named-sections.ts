/** Sections of which globus.conf may have several, each with a name of its own: `[server petrel]`. */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import { MOST_SERVERS } from "../controller/pvs/experiment.ts";
import { MOST_DESTINATIONS } from "../controller/pvs/transfers.ts";
import { MOST_TRIGGERS } from "../controller/pvs/triggers.ts";
import { STATE_NAME_BYTES } from "../epics/facts.ts";
import { DESTINATION_SETTINGS, KINDS, SERVER_SETTINGS, TRIGGER_SETTINGS, type TriggerSettings } from "./settings.ts";

/** Something that is wrong with globus.conf, or with an option. */
export interface Problem {
  readonly line: number;
  readonly message: string;
  /** The option that is wrong, instead of a line of the file. */
  readonly option?: string;
}

/** Their keys. */
export const NAMED_SECTIONS = {
  server: SERVER_SETTINGS,
  destination: DESTINATION_SETTINGS,
  trigger: TRIGGER_SETTINGS,
} as const;
export type NamedSection = keyof typeof NAMED_SECTIONS;
export const isNamed = (word: string | undefined): word is NamedSection =>
  word !== undefined && Object.hasOwn(NAMED_SECTIONS, word);

type TriggerKind = Exclude<TriggerSettings["kind"], "">;

/** The kind that is set, or that the trigger's name is. @throws ActionError */
export function triggerKindOf({ name, kind }: Pick<TriggerSettings, "name" | "kind">): TriggerKind {
  const found = kind === "" ? KINDS.triggerKind.parse(name) : kind;
  if (found !== undefined && found !== "") return found;
  throw new ActionError(
    `kind is not set, and the name ${cleanJson(name)} is none: set kind to ${KINDS.triggerKind.wanted.replace(", or empty", "")}`,
  );
}

/** Bytes of the longest server name: ServerName has a state of each, whose name ends in NUL. */
const MAX_SERVER_NAME = STATE_NAME_BYTES - 1;

/** What is wrong with the sections' names. @param lines where each section begins */
export const nameProblems = (
  names: Readonly<Record<NamedSection, readonly string[]>>,
  lines: ReadonlyMap<string, number>,
): Problem[] => [
  ...serverProblems(names.server, lines),
  ...tooMany("destination", names, lines, MOST_DESTINATIONS),
  ...tooMany("trigger", names, lines, MOST_TRIGGERS),
];

function serverProblems(names: readonly string[], lines: ReadonlyMap<string, number>): Problem[] {
  const line = (name: string): number => lines.get(`server ${name}`) ?? 0;
  const tooLong = names
    .filter((name) => Buffer.byteLength(name) > MAX_SERVER_NAME)
    .map((name) => ({
      line: line(name),
      message: `the server name ${name} has more than ${MAX_SERVER_NAME} bytes, which ServerName cannot show`,
    }));
  const beyond =
    names.length > MOST_SERVERS
      ? [
          {
            line: line(names[MOST_SERVERS] as string),
            message: `there are ${names.length} servers; at most ${MOST_SERVERS} have a place in ServerName`,
          },
        ]
      : [];
  return [...tooLong, ...beyond];
}

function tooMany(
  word: "destination" | "trigger",
  { [word]: names }: Readonly<Record<NamedSection, readonly string[]>>,
  lines: ReadonlyMap<string, number>,
  most: number,
): Problem[] {
  return names.slice(most, most + 1).map((name) => ({
    line: lines.get(`${word} ${name}`) ?? 0,
    message: `there are ${names.length} ${word}s; at most ${most} have PVs`,
  }));
}
