/** Mistakes with the operator's commands of `dhcp`. */
import { commandRow, type UsageRow } from "./command_row.ts";

const RANGE = "--range 192.0.2.10-192.0.2.99";

/** Mistakes with a server's command line: nothing is started either. */
const RUN_ROWS: readonly UsageRow[] = [
  {
    input: "dhcp run: no dnsmasq",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} --share 1/2`,
    words: ["dnsmasq is missing", "-- dnsmasq"],
  },
  {
    input: "dhcp run: dnsmasq without -- before it",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} --share 1/2 dnsmasq`,
    words: ['"dnsmasq"', "write --"],
  },
  {
    input: "dhcp run: no pool",
    run: `dhcp run ${RANGE} --share 1/2 -- dnsmasq`,
    words: ["--pool is missing"],
  },
  {
    input: "dhcp run: no share",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} -- dnsmasq`,
    words: ["--share is missing", "1/2"],
  },
  {
    input: "dhcp run: a range that ends before it begins",
    run: "dhcp run --pool dhcp/lan1 --range 192.0.2.99-192.0.2.10 --share 1/2 -- dnsmasq",
    words: ["--range", "192.0.2.99-192.0.2.10", "ends before it begins"],
  },
  {
    input: "dhcp run: a range of too many addresses",
    run: "dhcp run --pool dhcp/lan1 --range 10.0.0.0-11.0.0.0 --share 1/2 -- dnsmasq",
    words: ["--range", "1 to 16384 addresses"],
  },
  {
    input: "dhcp run: the third share of two",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} --share 3/2 -- dnsmasq`,
    words: ["--share", '"3/2"', "1/2"],
  },
  {
    input: "dhcp run: another range than that of dnsmasq",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} --share 1/2 --state {folder}/state -- ` +
      "dnsmasq --conf-file=/dev/null --dhcp-range=192.0.2.10,192.0.2.98",
    words: ["192.0.2.10,192.0.2.98", "is not --range 192.0.2.10-192.0.2.99"],
  },
  {
    input: "dhcp run: an unknown bus",
    run: `dhcp run --pool dhcp/lan1 ${RANGE} --share 1/2 --dbus sytem -- dnsmasq`,
    words: ["--dbus", '"sytem"', "unix:path="],
  },
];

/** Those of which nothing is sent. */
export const DHCP_ROWS: readonly UsageRow[] = [
  ...RUN_ROWS,
  { input: "dhcp: no command", run: "dhcp", words: ["Usage: rserpool dhcp"] },
  {
    input: "dhcp: an unknown command",
    run: "dhcp lease",
    words: ["unknown command 'lease'", "did you mean leases?"],
  },
  {
    input: "dhcp leases: an argument",
    run: "dhcp leases dhcp/lan1",
    words: ["too many arguments", "dhcp/lan1"],
  },
  {
    input: "dhcp leases: an unknown state",
    run: "dhcp leases --state bond",
    words: ["--state", '"bond"', "did you mean bound?"],
  },
  {
    input: "dhcp leases: an empty pool handle",
    run: ["dhcp", "leases", "--pool", ""],
    words: ["pool handle", "0 bytes"],
  },
  {
    input: "dhcp check: a pool handle that is too long",
    run: `dhcp check --pool ${"x".repeat(33)}`,
    words: ["33 bytes", "1 to 32"],
  },
  {
    input: "dhcp check: only the ASAP port of a registrar",
    run: "dhcp check -r 127.0.0.1:3863",
    env: { RSERPOOL_ENRP_REGISTRAR: "" },
    words: ["127.0.0.1:3863", "--enrp-registrar"],
  },
  { input: "dhcp partner-down: no name", run: "dhcp partner-down", words: ["NAME"] },
  {
    input: "dhcp partner-down: two names",
    run: "dhcp partner-down dhcp1 dhcp2",
    words: ["too many arguments", "dhcp2"],
  },
  {
    input: "dhcp partner-down: a name that can be none",
    run: ["dhcp", "partner-down", "dhcp 1\n"],
    words: ["dhcp 1", "letters"],
  },
  {
    input: "dhcp export: an unknown form",
    run: "dhcp export --as xml",
    words: ["--as", '"xml"', "dnsmasq, json, csv"],
  },
];

/** Those that a registrar answers, and those to which nobody does. */
export const DHCP_ANSWER_ROWS = [
  {
    input: "dhcp leases: a registrar without bindings",
    run: "dhcp leases --enrp-registrar {enrp}",
    code: 3,
    words: ["keeps no bindings of DHCP servers"],
  },
  {
    input: "dhcp partner-down: a pool without bindings",
    run: "dhcp partner-down dhcp1 --pool bystander --enrp-registrar {enrp}",
    code: 3,
    words: ["keeps no bindings of DHCP servers"],
  },
  {
    input: "dhcp check: nobody is there",
    run: "dhcp check --enrp-registrar {refused}",
    code: 4,
    words: ["{refused}", "connection refused"],
  },
  {
    input: "dhcp export: who answers is no registrar",
    run: "dhcp export --timeout 1s --enrp-registrar {garbage}",
    code: 4,
    words: ["{garbage}"],
  },
].map(commandRow);
