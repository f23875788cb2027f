/** Bad input gets a clear answer, and nothing else is lost. One table; a row is a test. */
import { BYTES_ROWS } from "./bad_input/bytes_rows.ts";
import { CHILD_ROWS } from "./bad_input/child_rows.ts";
import { DHCP_ANSWER_ROWS } from "./bad_input/dhcp_rows.ts";
import { ELEMENT_ROWS } from "./bad_input/element_rows.ts";
import { INTERRUPTED_ROWS } from "./bad_input/interrupted_rows.ts";
import { REJECTED_ROWS } from "./bad_input/rejected_rows.ts";
import type { Row } from "./bad_input/row.ts";
import { REGISTRAR_ROWS } from "./bad_input/registrar_rows.ts";
import { Stage } from "./bad_input/stage.ts";
import { USAGE_ROWS } from "./bad_input/usage_rows.ts";
import { WORLD_ROWS } from "./bad_input/world_rows.ts";
import { hasProgram } from "./harness.ts";

const ROWS: readonly Row[] = [
  ...WORLD_ROWS,
  ...REGISTRAR_ROWS,
  ...USAGE_ROWS,
  ...REJECTED_ROWS,
  ...DHCP_ANSWER_ROWS,
  ...ELEMENT_ROWS,
  ...BYTES_ROWS,
  ...CHILD_ROWS,
  ...INTERRUPTED_ROWS,
];

let stage: Stage;

Deno.test.beforeAll(async () => {
  stage = await Stage.set();
});

Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

for (const row of ROWS) {
  const isMissing = row.needs !== undefined && !hasProgram(row.needs);
  Deno.test({
    name: `${row.input}: ${row.answer}${isMissing ? ` (skipped: needs ${row.needs})` : ""}`,
    ignore: isMissing,
    async fn() {
      await row.check(stage);
      await stage.nothingElseIsLost();
    },
  });
}
