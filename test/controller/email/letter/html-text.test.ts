import { expect, test } from "vitest";
import { htmlToText } from "../../../../src/controller/email/letter/html-text.ts";

test.each([
  ["paragraphs", "<p>One\n  two</p>\n<p>three</p>", "One two\n\nthree"],
  ["a line break", "One<br>two<br><br>three", "One\ntwo\n\nthree"],
  ["headings", "<h1>Data</h1><p>here</p>", "Data\n\nhere"],
  [
    "a link, with its address",
    'See <a href="https://a.example/?x=1&amp;y=2">the data</a>.',
    "See the data (https://a.example/?x=1&y=2).",
  ],
  ["a link that shows its address", '<a href="https://a.example/">https://a.example/</a>', "https://a.example/"],
  [
    "an address to write to",
    '<a href="mailto:a@b.example">a@b.example</a> or <a href="mailto:a@b.example">me</a>',
    "a@b.example or me (a@b.example)",
  ],
  ["a link within the page", '<a href="#top">top</a>', "top"],
  ["a list", "<p>Do:</p><ul><li>this</li><li>that</li></ul><p>now</p>", "Do:\n\n- this\n- that\n\nnow"],
  ["a numbered list", "<ol><li><p>this</p></li>\n<li>that</li></ol>", "1. this\n2. that"],
  ["a list in a list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"],
  ["a table, by rows", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a b\nc d"],
  [
    "entities",
    "caf&eacute; &lt;5&nbsp;&micro;m &#8211; &#x2013; &amp;amp; &unknown;",
    "café <5 µm – – &amp; &unknown;",
  ],
  ["text that stands as it is", "<pre>a\n  b</pre>", "a\n  b"],
  ["a picture, by its description", '<img src="x" alt="Logo"> here', "Logo here"],
  [
    "nothing of head, style and script",
    "<head><title>t</title></head><style>p{}</style><script>if (a<b) x()</script><p>y</p>",
    "y",
  ],
  ["a lonely bracket", "a < b & c", "a < b & c"],
])("the text of HTML has %s", (_what, html, text) => {
  expect(htmlToText(html)).toBe(text);
});
