/** An interactive shell on a terminal of its own, to which keys are sent. */

import { untilFolder } from "../harness.ts";

/** What is typed at, and how it starts. */
export interface ShellKind {
  readonly name: "bash" | "zsh" | "fish";
  /** The command that starts it, of its folder. */
  start(folder: string): string;
  /** The file that it reads at its start, and what stands there behind the completions. */
  readonly startFile: string;
  readonly preparation: string;
}

/** Instead of rserpool itself, whoever sends a line runs this: it keeps the words that it got. */
const KEEP_WORDS = `rserpool() {
  printf '%s\\0' "$@" >"$KEPT/words.new"
  mv "$KEPT/words.new" "$KEPT/words-$((kept = kept + 1))"
}
`;

/** The shells with completions. */
export const SHELLS: readonly ShellKind[] = [
  {
    name: "bash",
    start: (folder) => `exec bash --noprofile --rcfile ${folder}/.bashrc -i`,
    startFile: ".bashrc",
    preparation: `${KEEP_WORDS}
bind 'set enable-bracketed-paste off'
bind 'set page-completions off'
set -u
kept=0
PS1='# '
`,
  },
  {
    name: "zsh",
    start: (folder) => `export ZDOTDIR=${folder}; exec zsh -d -i`,
    startFile: ".zshrc",
    preparation: `${KEEP_WORDS}unset zle_bracketed_paste\nPS1='# '\n`,
  },
  {
    name: "fish",
    start: () => "exec fish --private -i",
    startFile: ".config/fish/config.fish",
    preparation: `
function rserpool
  printf '%s\\0' $argv >$KEPT/words.new
  set -g kept (math $kept + 1)
  mv $KEPT/words.new $KEPT/words-$kept
end
set -g kept 0
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
`,
  },
];

/** A shell that has not ended by then does not end by itself. */
const PATIENCE_MS = 10_000;

/** A shell that runs. */
export class Shell {
  private sent = 0;
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private output = "";
  private readonly reading: Promise<void>;

  private constructor(private readonly child: Deno.ChildProcess, private readonly kept: string) {
    this.input = child.stdin.getWriter();
    this.reading = this.read();
  }

  /** Starts a shell in a folder, where nothing else is. */
  static async start(
    kind: ShellKind,
    folder: string,
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<Shell> {
    const file = `${folder}/${kind.startFile}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    const compinit = kind.name === "zsh" ? "autoload -U compinit; compinit -u -D\n" : "";
    await Deno.writeTextFile(file, `${compinit}${script}\n${kind.preparation}`);
    const kept = `${folder}/kept`;
    await Deno.mkdir(kept);
    const child = new Deno.Command("script", {
      args: ["-q", "-e", "-f", "-c", kind.start(folder), "/dev/null"],
      cwd: folder,
      clearEnv: true,
      env: {
        ...env,
        HOME: folder,
        KEPT: kept,
        TERM: "xterm",
        LANG: "C.UTF-8",
        INPUTRC: "/dev/null",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    return new Shell(child, kept);
  }

  /** Types keys and Enter; the result are the words that rserpool got. */
  async send(keys: string): Promise<string[]> {
    const file = `words-${++this.sent}`;
    await this.type(`${keys}\r`);
    const what = `words of ${JSON.stringify(keys)}`;
    const look = () => wordsIn(`${this.kept}/${file}`);
    const text = await untilFolder(this.kept, what, look).catch((error) => {
      throw new Error(`${what}, on the screen:\n${this.output}`, { cause: error });
    });
    return text.split("\0").slice(0, -1);
  }

  /** Types keys. */
  async type(keys: string): Promise<void> {
    await this.input.write(new TextEncoder().encode(keys));
  }

  /** What it has shown so far. */
  get screen(): string {
    return this.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.onabort = () => this.child.kill("SIGKILL");
    // One that is killed may still write into its folder.
    await this.type("\x15exit\r");
    await this.child.status;
    patience.onabort = null;
    await this.input.abort().catch(() => {});
    await this.reading;
  }

  private async read(): Promise<void> {
    for await (const text of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      this.output += text;
    }
  }
}

function wordsIn(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
