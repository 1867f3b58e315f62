import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { createSiteTexts } from "../../../src/services/mail/site-texts.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "texts-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});
const texts = (templateFile = "message.txt") =>
  createSiteTexts({ templateFile: templateFile && join(folder, templateFile), tomologHome: folder });
const slides = async (yaml: string, gup = "1014288") => {
  await writeFile(join(folder, ".tomolog"), yaml);
  return texts().slidesLink(gup);
};

test("the template is read anew each time, and never written", async () => {
  await writeFile(join(folder, "message.txt"), "Data link: old\n", { mode: 0o444 });
  const site = texts();
  await expect(site.messageTemplate()).resolves.toEqual({
    name: join(folder, "message.txt"),
    text: "Data link: old\n",
  });
  await rm(join(folder, "message.txt"));
  await writeFile(join(folder, "message.txt"), "Data link: new\n");
  await expect(site.messageTemplate()).resolves.toMatchObject({ text: "Data link: new\n" });
  await expect(readFile(join(folder, "message.txt"), "utf8")).resolves.toBe("Data link: new\n");
});

test("a template that is not there, not text, or not named is told with its file and setting", async () => {
  await expect(texts().messageTemplate()).rejects.toThrow(
    /message\.txt does not exist: write it, or set globus-message-file/,
  );
  await expect(texts("").messageTemplate()).rejects.toThrow(
    /There is no template of the e-mail: set globus-message-file/,
  );
  await writeFile(join(folder, "message.txt"), Buffer.from([0x44, 0xe9, 0x20]));
  await expect(texts().messageTemplate()).rejects.toThrow(/message\.txt is not text in UTF-8/);
  await expect(texts("..").messageTemplate()).rejects.toThrow(ActionError);
});

test("of a proposal's slides the newest by date are taken, whatever their order and the form of the number", async () => {
  const yaml = `
- {gup: 1014288, date: 2026-03-02, presentation_url: "https://slides.example/2"}
- {gup: "1014288", date: "2026-03-04 10:00", presentation_url: "https://slides.example/4"}
- {gup: 1014288, date: 2026-03-03T08:00:00, presentation_url: "https://slides.example/3"}
- {gup: 99, date: 2027-01-01, presentation_url: "https://slides.example/99"}
- {gup: 1014288, date: 2027-01-01}
- something else
`;
  await expect(slides(yaml)).resolves.toBe("https://slides.example/4");
});

test("of two entries of one date the later one in the file is taken, which tomolog has written last", async () => {
  const yaml = `
- {gup: 1014288, date: 2026-03-02, presentation_url: "https://slides.example/first"}
- {gup: 1014288, date: 2026-03-02, presentation_url: "https://slides.example/second"}
`;
  await expect(slides(yaml)).resolves.toBe("https://slides.example/second");
});

test("without a file, a folder or an entry there are no slides", async () => {
  await expect(texts().slidesLink("1")).resolves.toBeUndefined();
  await expect(createSiteTexts({ templateFile: "", tomologHome: "" }).slidesLink("1")).resolves.toBeUndefined();
  await expect(slides("")).resolves.toBeUndefined();
});

test("a file that is no YAML, or no list, is told with its name", async () => {
  await expect(slides("- {")).rejects.toThrow(/^The tomolog file .*\.tomolog is not YAML: /);
  await expect(slides("a: 1")).rejects.toThrow(/\.tomolog is not a list of entries/);
});
