/** What pool handles, identities and events may be called. */

/** Strings that try to break out, to be invisible or to turn the text round. */
export const HOSTILE: readonly string[] = [
  "<img src=x onerror=alert(1)>",
  `"'><script>alert(1)</script>`,
  "' onmouseover='alert(1)",
  "</td></tr></table><h1>",
  "&lt;script&gt;",
  "]]><!-- -->",
  "\u202egnp.exe",
  "\u2066a\u2069\u200b",
  "a\u0000b\u001b[31m\u007f\u009b",
  "\ud800",
  "${1+1}`",
];
