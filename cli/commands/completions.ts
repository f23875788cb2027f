/** `completions SHELL`: the script with which a shell completes command lines of rserpool. */

import { defineCommand } from "../command.ts";
import { SCRIPTS, type Shell } from "../completion/scripts.ts";
import { UsageError } from "../exit.ts";
import { parseChoice } from "../option.ts";

const SHELLS = Object.keys(SCRIPTS) as Shell[];

/** The command. */
export const command = defineCommand({
  arguments: [["<SHELL>", `the shell: ${SHELLS.join(", ")}`]],
  options: {},
  uses: [],
  notes: `
Commands, options, their values and files are completed, and pool handles and pool elements that a
registrar knows now: the one of -r, --enrp-registrar and the security options of the line, of the
environment or of the configuration file. It is asked at most 500ms; if none answers, or if it does
not let you read (dump --pools shows whether it does), no handle is offered, and nothing is said.

A pool handle is inserted as the shell has to read it, whatever is in it. One that begins with "-"
is written by its bytes (hex:2d...), so that it is no option. Within double quotes, bash is not
offered one with "!".

To install it for yourself:
  bash   mkdir -p ~/.local/share/bash-completion/completions
         rserpool completions bash > ~/.local/share/bash-completion/completions/rserpool
  zsh    rserpool completions zsh > ~/.zfunc/_rserpool
         with "fpath=(~/.zfunc $fpath); autoload -U compinit; compinit" in ~/.zshrc
  fish   rserpool completions fish > ~/.config/fish/completions/rserpool.fish`,
  examples: [
    [". <(rserpool completions bash)", "in this bash only"],
    [
      "rserpool completions fish > ~/.config/fish/completions/rserpool.fish",
      "in fish, from now on",
    ],
  ],
  run: ({ stdout }, _options, [written]) => {
    stdout.print(SCRIPTS[readShell(written!)]);
    return Promise.resolve();
  },
});

function readShell(text: string): Shell {
  try {
    return parseChoice(text, SHELLS);
  } catch (error) {
    throw new UsageError(`SHELL: ${(error as Error).message}`);
  }
}
