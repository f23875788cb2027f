/** As much of `node:process` as commander uses: nothing, as the program hands it all that it needs. */

const process = { env: {}, exitCode: undefined };

// deno-lint-ignore no-default-export -- node's modules have one
export default process;
