/**
 * The site's own texts: the template of the e-mail, and tomolog's record of slides. Read anew each time, so that an
 * edit counts at once; never written. Source of the form of `.tomolog`: a YAML list of entries with gup, date and
 * presentation_url.
 */
import path from "node:path";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { openRegularFile } from "../../base/regular-file.ts";
import type { SiteTexts } from "../../controller/ports/site-texts.ts";
import { looseText } from "../json-text.ts";

export interface SiteTextsOptions {
  /** Absolute; empty: there is none. */
  readonly templateFile: string;
  /** Folder with `.tomolog`; empty: slides are looked for nowhere. */
  readonly tomologHome: string;
}

const TOMOLOG_FILE = ".tomolog";
/** A template is a few kilobytes, and years of slides are less than a megabyte; more is another file. */
const MOST_BYTES = 4 * 1024 * 1024;
const TEMPLATE_SETTING = "globus-message-file in the [globus] section of globus.conf";

export const createSiteTexts = ({ templateFile, tomologHome }: SiteTextsOptions): SiteTexts => ({
  templateName: templateFile,
  messageTemplate: async () => {
    if (templateFile === "") throw new ActionError(`There is no template of the e-mail: set ${TEMPLATE_SETTING}`);
    const text = await readText(templateFile, "e-mail template");
    if (text !== undefined) return { name: templateFile, text };
    throw new ActionError(`The e-mail template ${templateFile} does not exist: write it, or set ${TEMPLATE_SETTING}`);
  },
  slidesLink: async (gup) => {
    const file = path.join(tomologHome, TOMOLOG_FILE);
    const text = tomologHome === "" ? undefined : await readText(file, "tomolog file");
    return text === undefined ? undefined : newestSlides(text, gup, file);
  },
});

/** @returns undefined when there is no such file. @throws ActionError */
async function readText(file: string, what: string): Promise<string | undefined> {
  try {
    const handle = await openRegularFile(file);
    try {
      const { size } = await handle.stat();
      if (size > MOST_BYTES) throw new ActionError(`The ${what} ${file} has ${size} bytes: that is another file`);
      return new TextDecoder("utf-8", { fatal: true }).decode(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ActionError) throw error;
    if (codeOf(error) === "ENOENT") return undefined;
    if (error instanceof TypeError) throw new ActionError(`The ${what} ${file} is not text in UTF-8`, { cause: error });
    throw new ActionError(`The ${what} ${file} cannot be read: ${messageOf(error, file)}`, { cause: error });
  }
}

const listSchema = z.array(z.unknown());
/** Entries of other programs may lie between them. */
const entrySchema = z.object({
  gup: looseText,
  date: z
    .union([z.string(), z.number(), z.date()])
    .transform((date) => (date instanceof Date ? date.toISOString() : String(date))),
  presentation_url: z.string().min(1),
});

function newestSlides(text: string, gup: string, file: string): string | undefined {
  let list: unknown;
  try {
    list = parse(text, { logLevel: "error" });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new ActionError(`The tomolog file ${file} is not YAML: ${error.message.split("\n", 1)[0]}`, { cause: error });
  }
  const entries = listSchema.safeParse(list ?? []);
  if (!entries.success) throw new ActionError(`The tomolog file ${file} is not a list of entries`);
  return entries.data
    .flatMap((entry) => entrySchema.safeParse(entry).data ?? [])
    .filter((entry) => entry.gup === gup)
    .reduce<z.output<typeof entrySchema> | undefined>(
      (newest, entry) => (newest === undefined || entry.date >= newest.date ? entry : newest),
      undefined,
    )?.presentation_url;
}
