/** What comes from the network stays text, wherever it stands. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { escaped, html, type HtmlValue } from "../../../cli/page/html.ts";
import { HOSTILE } from "./hostile.ts";

Deno.test("what stands in a template is escaped, in text and in attributes", () => {
  assert.equal(
    html`<b title="${`"x" & 'y'`}">${"<i>"}</b>`.text,
    `<b title="&quot;x&quot; &amp; &#39;y&#39;">&lt;i&gt;</b>`,
  );
});

Deno.test("templates in templates stand as they are, and nothing stands for nothing", () => {
  const items: readonly HtmlValue[] = ["a<", html`<i>b</i>`, 3, undefined, false];
  assert.equal(html`<p>${items}</p>`.text, "<p>a&lt;<i>b</i>3</p>");
});

Deno.test("an array of strings is text, too", () => {
  assert.equal(html`${[["<"], ["'"]]}`.text, "&lt;&#39;");
});

Deno.test("what is invisible, controls a terminal or turns text round is spelt out", () => {
  assert.equal(escaped("a\u202eb\u0000"), "a\\u{202e}b\\u{0}");
  for (const text of HOSTILE) assert.doesNotMatch(escaped(text), /[<>"'\p{Cc}\p{Cf}\p{Cs}]/u);
});

Deno.test("no text breaks out of an element or an attribute", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE));
  fc.assert(fc.property(fc.array(text, { maxLength: 4 }), (texts) => {
    const { text: made } = html`<p title="${texts.join("")}">${texts}</p>`;
    const [, attribute, content] = /^<p title="([^"]*)">([^]*)<\/p>$/.exec(made) ?? [];
    assert.ok(attribute !== undefined && content !== undefined, made);
    assert.doesNotMatch(attribute + content, /[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
  }));
});

Deno.test("the indentation of a template is not sent", () => {
  assert.equal(
    html`
      <ul>
        <li>${"  kept  "}</li>
      </ul>
    `.text,
    "\n<ul>\n<li>  kept  </li>\n</ul>\n",
  );
});
