/**
 * As much of `node:process` as commander uses: nothing, as the program hands it all that it needs.
 */

const process = { env: {}, exitCode: undefined };

export default process;
