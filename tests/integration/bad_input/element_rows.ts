/** `connect` and `report-unreachable`, which name pools and pool elements that are not there. */
import { type CommandRow, commandRow } from "./command_row.ts";

const USAGE: readonly Omit<CommandRow, "code">[] = [
  {
    input: "connect: no pool",
    run: "connect",
    words: ["missing", "POOL"],
  },
  {
    input: "connect: a pool element that is no identifier",
    run: "connect bystander --to 127.0.0.1:80",
    words: ["--to", '"127.0.0.1:80" is not an identifier'],
  },
  {
    input: "connect: one pool element, and others if it is lost",
    run: "connect bystander --to 0x1 --failover",
    words: ["--to and --failover exclude each other"],
  },
  {
    input: "connect: a port, as nc has one",
    run: "connect bystander 80",
    words: ["too many arguments"],
  },
  {
    input: "connect: an option that is almost right",
    run: "connect bystander --failovr",
    words: ["unknown option '--failovr'", "did you mean --failover?"],
  },
  {
    input: "connect: a pool handle of 33 bytes",
    run: ["connect", "x".repeat(33)],
    words: ["33 bytes", "1 to 32"],
  },
  {
    input: "report-unreachable: no pool element",
    run: "report-unreachable bystander",
    words: ["missing", "ID"],
  },
  {
    input: "report-unreachable: an address in place of the identifier",
    run: "report-unreachable bystander 127.0.0.1:80",
    words: ["ID", '"127.0.0.1:80" is not an identifier', "0x00000001"],
  },
  {
    input: "report-unreachable: pool and identifier in the wrong order",
    run: "report-unreachable {bystander} bystander",
    words: ["ID", '"bystander" is not an identifier'],
  },
];

const UNKNOWN: readonly Omit<CommandRow, "code">[] = [
  {
    input: "connect: an unknown pool",
    run: "connect nobody -r {asap}",
    words: ['"nobody"', "unknown"],
  },
  {
    input: "connect: an unknown pool element",
    run: "connect bystander --to 0x9 -r {asap}",
    words: ["0x00000009", '"bystander"', "1 pool element is"],
  },
  {
    input: "report-unreachable: an unknown pool",
    run: "report-unreachable nobody 0x9 -r {asap}",
    words: ['"nobody"', "unknown"],
  },
  {
    input: "report-unreachable: an unknown pool element",
    run: "report-unreachable bystander 9 -r {asap}",
    words: ["0x00000009", '"bystander"', "1 pool element is"],
  },
];

/** The rows. */
export const ELEMENT_ROWS = [
  ...USAGE.map((row) =>
    commandRow({ ...row, code: 2, env: { RSERPOOL_REGISTRAR: "{untouched}" } })
  ),
  ...UNKNOWN.map((row) => commandRow({ ...row, code: 3 })),
];
