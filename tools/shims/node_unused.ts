/**
 * Stands for `node:child_process`, `node:path` and `node:fs`, which commander uses only for
 * sub-commands that are programs of their own.
 */

const nothing = {};

export default nothing;
