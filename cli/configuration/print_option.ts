/** `--print-config`, the same for all commands that run as services. */

import { flag } from "../option.ts";

/** The option; what it does is done before the command runs. */
export const PRINT_CONFIG = {
  printConfig: flag(
    "--print-config",
    "print the effective values and where each came from, and end; also with -o json",
  ),
};
