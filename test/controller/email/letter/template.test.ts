import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { htmlPieces } from "../../../../src/controller/email/letter/html.ts";
import { renderTemplate, type TemplateValues } from "../../../../src/controller/email/letter/template.ts";
import { RejectedError } from "../../../../src/controller/run/outcome.ts";
import { ROOT } from "../../../support/peers/real-peers.ts";

const LINK = "https://app.globus.org/file-manager?origin_id=x&origin_path=%2F2026-03%2FA%2F";
const values = (texts: Record<string, string> = {}, slidesLink = ""): TemplateValues => ({
  texts: new Map(Object.entries({ ExperimentName: "2026-03-Levy-1", ProposalTitle: "Foams", ...texts })),
  dataLink: LINK,
  slidesLink,
});
const render = (text: string, given = values()) => renderTemplate({ name: "message.txt", text }, given);

test("the line Data link: of a plain template gets the link, and the other lines stay as they are", () => {
  expect(render("Dear users,\r\n\r\nData link: old\r\nBye\r\n")).toEqual({
    text: `Dear users,\n\nData link: ${LINK}\nBye\n`,
  });
});

test("a plain template may have the placeholders of HTML, too", () => {
  expect(render("%%ExperimentName%% is at %%DATA_LINK%%, slides: %%SLIDES_LINK%%").text).toBe(
    `2026-03-Levy-1 is at ${LINK}, slides: (no slides yet)`,
  );
});

test("in HTML the links can be clicked, also where the template itself makes them so", () => {
  const { html } = render(
    '<p>%%DATA_LINK%% <a href="%%SLIDES_LINK%%">slides</a></p>',
    values({}, "https://s.example/1?a&b"),
  );
  const escaped = LINK.replaceAll("&", "&amp;");
  expect(html).toBe(`<p><a href="${escaped}">${escaped}</a> <a href="https://s.example/1?a&amp;b">slides</a></p>`);
});

test("a comment in the template is for its writers, and one for a mail program is sent", () => {
  expect(render("<!DOCTYPE html><!-- ours --><!--[if mso]>x<![endif]--><p>%%DATA_LINK%%</p>").html).toMatch(
    /^<!DOCTYPE html><!--\[if mso\]>x<!\[endif\]--><p>/,
  );
});

test.each([
  ["Dear users", /message\.txt has no place for the data link: put a line that begins with "Data link:"/],
  ["<p>Dear users</p>", /message\.txt has no place for the data link: put %%DATA_LINK%% into it\./],
  ["<!-- %%DATA_LINK%% --><p>x</p>", /no place for the data link/],
  [
    "Data link:\n%%ExperimentNam%%",
    /has %%ExperimentNam%%, which stands for nothing\. Did you mean "ExperimentName"\? It may have %%DATA_LINK%%, %%SLIDES_LINK%%, %%ExperimentName%%, .*, and each input PV by its name\.$/,
  ],
  ["<p>%%DATA_LINKS%%</p>", /has %%DATA_LINKS%%, which stands for nothing\. Did you mean "DATA_LINK"\?/],
  ["<p class=%%ProposalTitle%%>%%DATA_LINK%%</p>", /%%ProposalTitle%% in a tag without quotes around it/],
  [
    '<a href="%%ProposalTitle%%">x</a>%%DATA_LINK%%',
    /%%ProposalTitle%% in href, which makes "Foams": that is no web address that begins with http:\/\/ or https:\/\/\.$/,
  ],
  ['<img src="%%ProposalTitle%%">%%DATA_LINK%%', /%%ProposalTitle%% in src, /],
  ["<a HREF = '%%ProposalTitle%%'>x</a>%%DATA_LINK%%", /%%ProposalTitle%% in href, /],
  ['<p style="color: %%ProposalTitle%%">%%DATA_LINK%%</p>', /%%ProposalTitle%% in the attribute style, where no value/],
  ['<p onclick="%%ProposalTitle%%">%%DATA_LINK%%</p>', /%%ProposalTitle%% in the attribute onclick, where no value/],
  ["<style>%%ProposalTitle%%</style>%%DATA_LINK%%", /%%ProposalTitle%% in a style or script/],
])("the template %j is rejected with a sentence that names it", (text, sentence) => {
  expect(() => render(text)).toThrow(RejectedError);
  expect(() => render(text)).toThrow(sentence);
});

test.each([
  "javascript:alert(1)",
  "java\nscript:alert(1)",
  " data:text/html,x",
  "//host.example",
  "http:x",
  "file:///etc/passwd",
])("a link that a PV makes %j is rejected, in a tag of the template and in one of ours", (link) => {
  const hostile = values({ ProposalTitle: link }, link);
  for (const text of [
    '<a href="%%ProposalTitle%%">%%DATA_LINK%%</a>',
    '<a href="%%SLIDES_LINK%%">%%DATA_LINK%%</a>',
    "<p>%%SLIDES_LINK%%%%DATA_LINK%%</p>",
  ])
    expect(() => render(text, hostile)).toThrow(RejectedError);
});

test.each([
  ["https://x.example/%%ProposalTitle%%", "https://x.example/a:b"],
  ["mailto:%%ProposalTitle%%", "mailto:a:b"],
  ["#%%ProposalTitle%%", "#a:b"],
])("a template's own %s keeps its scheme whatever the PV holds", (href, wanted) => {
  const body = render(`<a href="${href}">%%DATA_LINK%%</a>`, values({ ProposalTitle: "a:b" }));
  expect(body.html).toContain(`href="${wanted}"`);
});

test("a PV that is a web address may be a link", () => {
  const body = render(
    '<a href="%%ProposalTitle%%">%%DATA_LINK%%</a>',
    values({ ProposalTitle: "https://x.example/1?a=b&c" }),
  );
  expect(body.html).toContain('href="https://x.example/1?a=b&amp;c"');
});

test("a placeholder in a value is not filled in", () => {
  expect(render("%%ProposalTitle%%\nData link:", values({ ProposalTitle: "%%ExperimentName%%" })).text).toMatch(
    /^%%ExperimentName%%\n/,
  );
});

test("no value adds a tag, an attribute, a line or an entity to the message", () => {
  const template = '<p title="%%ProposalTitle%%">%%ProposalTitle%%</p><p>%%DATA_LINK%%</p>';
  const shape = (html: string | undefined) =>
    htmlPieces(html ?? "").map((piece) =>
      piece.kind === "tag" ? `${piece.name}${piece.source.split('"').length}` : piece.kind,
    );
  const wanted = shape(render(template).html);
  const hostile = fc.string({
    unit: fc.constantFrom("<", ">", '"', "'", "&", "\r", "\n", "a", "=", " ", "script", "--", "%%"),
  });
  fc.assert(
    fc.property(
      hostile.filter((text) => text.trim() !== ""),
      (text) => {
        const body = render(template, values({ ProposalTitle: `x${text}` }));
        expect(shape(body.html)).toEqual(wanted);
        expect(body.text.split("\n")).toHaveLength(render(template).text.split("\n").length);
        expect(render("%%ProposalTitle%%\nData link:", values({ ProposalTitle: text })).text.split("\n")).toHaveLength(
          2,
        );
      },
    ),
  );
});

test("the template of iocBoot says where the data and the slides are", () => {
  const text = readFileSync(join(ROOT, "iocBoot/iocGlobus/message.html"), "utf8");
  const body = renderTemplate({ name: "message.html", text }, values({}, "https://slides.example/1"));
  expect(body.html).not.toMatch(/%%|<!--/);
  expect(body.text).toContain(`being collected here:\n${LINK}\n`);
  expect(body.text).toContain("made during the experiment:\nhttps://slides.example/1");
  expect(body.text).toMatch(/\n\n1\. Open the address/);
});
