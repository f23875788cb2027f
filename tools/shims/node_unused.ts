/**
 * Stands for `node:child_process`, `node:path` and `node:fs`, which commander uses only for
 * sub-commands that are programs of their own.
 */

const nothing = {};

// deno-lint-ignore no-default-export -- node's modules have one
export default nothing;
