import assert from "node:assert/strict";
import { CSP_SERVER_OPTIONS } from "../../cli/csp/options.ts";
import { refuseAlone } from "../../cli/lone_option.ts";
import type { Source } from "../../cli/option.ts";

Deno.test("only the command line is refused: file and environment may say how, for others", () => {
  const { cspInterval } = CSP_SERVER_OPTIONS;
  const asked = (source: Source) => () =>
    refuseAlone({ sourceOf: () => source }, { cspInterval }, "--csp-server HOST");
  const message = "--csp-interval needs --csp-server HOST";
  assert.throws(asked("option"), { name: "UsageError", message });
  for (const source of ["environment", "file", "default"] as const) asked(source)();
});
