/**
 * HTML that cannot be broken out of: whatever stands in a template is escaped, unless it is itself
 * such a template. Pool handles, identities and events come from the network.
 */

import { printable } from "../printable.ts";

/** What has been escaped already. Only {@linkcode html} makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template; nothing stands for `undefined` and `false`. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute; what is invisible or turns text is spelt out. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** A template of HTML; attributes in it are quoted. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const dense = denseOf(strings);
  let text = dense[0]!;
  for (const [index, value] of values.entries()) text += textOf(value) + dense[index + 1]!;
  return new Html(text);
}

const DENSE = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The lines of a template without what they are indented by: a third of a page is that. */
function denseOf(strings: TemplateStringsArray): readonly string[] {
  let dense = DENSE.get(strings);
  if (dense === undefined) {
    dense = strings.map((each) => each.replace(/\s*\n\s*/g, "\n"));
    DENSE.set(strings, dense);
  }
  return dense;
}

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return String(value);
  if (value === undefined || value === false) return "";
  return value.map(textOf).join("");
}
