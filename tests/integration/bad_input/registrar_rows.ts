/** No registrar answers rightly: exit 4 in time, saying why not. */
import { commandRow } from "./command_row.ts";
import type { Row } from "./row.ts";

const TIMEOUT = "2s";
const TWICE_THE_TIMEOUT_MS = 4000;

const FAULTS: readonly [what: string, at: string, ...words: string[]][] = [
  ["is not there", "{refused}", "connection refused"],
  ["accepts and is silent", "{silent}", "silent"],
  ["answers garbage", "{garbage}", "garbage"],
  ["is an HTTP server", "{http}", "HTTP"],
  ["is at an unknown host", "no-such-host.invalid:3863", 'unknown host "no-such-host.invalid"'],
];

const COMMANDS: readonly [name: string, run: (at: string) => string][] = [
  ["resolve", (at) => `resolve web -r ${at} --timeout ${TIMEOUT}`],
  ["peers", (at) => `peers --enrp-registrar ${at} --timeout ${TIMEOUT}`],
  ["dump", (at) => `dump --enrp-registrar ${at} --timeout ${TIMEOUT}`],
  ["status", (at) => `status --enrp-registrar ${at} --timeout ${TIMEOUT}`],
  ["connect", (at) => `connect web -r ${at} --timeout ${TIMEOUT}`],
  ["report-unreachable", (at) => `report-unreachable web 1 -r ${at} --timeout ${TIMEOUT}`],
  ["register", (at) => `register web -r ${at} --port 8081 --max-wait ${TIMEOUT}`],
];

/** The rows: every command against every fault. */
export const REGISTRAR_ROWS: readonly Row[] = COMMANDS.flatMap(([name, run]) =>
  FAULTS.map(([what, at, ...words]) =>
    commandRow({
      input: `${name}: the registrar ${what}`,
      run: run(at),
      code: 4,
      words: [at, ...words].filter((each) => !each.startsWith("no-such-host")),
      withinMs: TWICE_THE_TIMEOUT_MS,
    })
  )
).concat(
  commandRow({
    input: "resolve: each of several registrars has a fault of its own",
    run: `resolve web -r {refused} -r {garbage} -r {silent} --timeout ${TIMEOUT}`,
    code: 4,
    words: ["{refused}: connection refused", "{garbage}: answers garbage", "{silent}: silent"],
    withinMs: TWICE_THE_TIMEOUT_MS,
  }),
);
