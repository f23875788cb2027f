/** Mistakes with what is about the program itself: its configuration, completions, reports. */
import type { UsageRow } from "./command_row.ts";

const CHECKS: readonly UsageRow[] = [
  { input: "config check: no file", run: "config check", words: ["missing", "FILE"] },
  {
    input: "config check: two files",
    run: "config check a.yaml b.yaml",
    words: ["too many arguments"],
  },
  {
    input: "config check: mistyped",
    run: "config chek a.yaml",
    words: ["unknown command 'chek'", "did you mean check?"],
  },
  {
    input: "config check: a file that is missing",
    run: "config check {folder}/none.yaml",
    words: ["{folder}/none.yaml", "no such file"],
  },
  { input: "config check: a folder", run: "config check {folder}", words: ["is a directory"] },
  {
    input: "config check: a file without end",
    run: "config check /dev/zero",
    words: ["/dev/zero is longer than 1048576 bytes"],
  },
  {
    input: "config check: a file of 90,000 keys",
    run: "config check {folder}/keys.yaml",
    file: ["keys.yaml", Array.from({ length: 90_000 }, (_, i) => `k${i}: 1\n`).join("")],
    words: ["keys.yaml:10001:1", "more than 10000 keys"],
  },
  {
    input: "config check: a file of 800 levels",
    run: "config check {folder}/deep.yaml",
    file: ["deep.yaml", `registrar: ${"[".repeat(800)}${"]".repeat(800)}\n`],
    words: ["deep.yaml:1:111", "more than 100 levels"],
  },
  {
    input: "config check: a file with two mistakes",
    run: "config check {folder}/two.yaml",
    file: ["two.yaml", "timeout: 5\noutput: jsn\n"],
    words: ["two.yaml:1:10: timeout", "has no unit", "two.yaml:2:9: output", "did you mean json?"],
  },
  {
    input: "config check: a permission that nobody has",
    run: "config check {folder}/right.yaml",
    file: ["right.yaml", "security:\n  identities:\n    - {register: web}\n"],
    words: ["right.yaml:3:7", "give certificate: NAME or psk: IDENTITY"],
  },
  {
    input: "config check: as a table of values",
    run: "config check {folder}/empty.yaml -o csv",
    file: ["empty.yaml", ""],
    words: ["config check has no csv form"],
  },
  { input: "config schema: a file", run: "config schema a.yaml", words: ["too many arguments"] },
];

const COMPLETIONS: readonly UsageRow[] = [
  { input: "completions: no shell", run: "completions", words: ["missing", "SHELL"] },
  {
    input: "completions: another shell",
    run: "completions csh",
    words: ['SHELL: "csh"', "bash, zsh, fish"],
  },
  {
    input: "completions: two shells",
    run: "completions bash zsh",
    words: ["too many arguments"],
  },
];

const REPORTS: readonly UsageRow[] = [
  {
    input: "a monitor of components that is missing",
    run: "registrar --csp-server",
    words: ["--csp-server", "missing"],
  },
  {
    input: "a monitor of components on port 70000",
    run: "registrar --csp-server 127.0.0.1:70000",
    words: ["--csp-server", "70000", "1 to 65535"],
  },
  {
    input: "a monitor of components on IPv6 without brackets",
    run: "registrar --csp-server ::1:2960",
    words: ["--csp-server", "::1:2960", "in brackets"],
  },
  {
    input: "reports of components that would come too often",
    run: "registrar --csp-server 127.0.0.1 --csp-interval 1ms",
    words: ["--csp-interval", "between 100ms and 1h"],
  },
  {
    input: "reports of components to nobody",
    run: "registrar --csp-interval 1s",
    words: ["--csp-interval needs --csp-server HOST"],
  },
];

const PRINTED: readonly UsageRow[] = [
  {
    input: "--print-config of a command that does not stay",
    run: "resolve web --print-config",
    words: ["unknown option '--print-config'"],
  },
  {
    input: "--print-config in an unknown form",
    run: "registrar --print-config -o csvv",
    words: ["--output", "csvv", "did you mean csv?"],
  },
  {
    input: "--print-config of a value that is none",
    run: "dns --print-config --ttl 500ms",
    words: ["--ttl", "whole seconds"],
  },
  {
    input: "--print-config with a configuration that is missing",
    run: "registrar --print-config --config {folder}/none.yaml",
    words: ["{folder}/none.yaml", "no such file"],
  },
];

const CAPTURES: readonly UsageRow[] = [
  { input: "--fields of no capture", run: "decode --fields 0300", words: ["is for captures"] },
  {
    input: "--fields of events",
    run: "decode --fields --follow http://127.0.0.1:1",
    words: ["--fields and --follow exclude each other"],
  },
  {
    input: "--fields of a command without messages",
    run: "resolve --fields web",
    words: ["unknown option '--fields'", "an option of decode"],
  },
  {
    input: "--fields of a capture that is missing",
    run: "decode --fields {folder}/none.pcap",
    words: ["{folder}/none.pcap", "no such file"],
  },
];

/** The rows. */
export const TOOL_ROWS = [...CHECKS, ...COMPLETIONS, ...REPORTS, ...PRINTED, ...CAPTURES];
