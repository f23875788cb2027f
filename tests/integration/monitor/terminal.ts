/** A shell in a terminal of its own: tmux holds the screen, takes keys, and tells what is seen. */

import assert from "node:assert/strict";
import { type Scratch, until } from "../harness.ts";

/** A terminal. */
export class Terminal {
  private readonly socket: string;
  private readonly scratch: Scratch;

  private constructor(scratch: Scratch, socket: string) {
    this.scratch = scratch;
    this.socket = socket;
  }

  /** Opens one of a size, with a shell in it. */
  static async open(scratch: Scratch, columns = 80, rows = 24): Promise<Terminal> {
    const terminal = new Terminal(scratch, `${scratch.folder}/tmux`);
    const size = ["-x", String(columns), "-y", String(rows)];
    const shell = ["env", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"];
    await terminal.tmux("-f", "/dev/null", "new-session", "-d", ...size, "--", ...shell);
    await terminal.shows(/\$ *$/m);
    return terminal;
  }

  /** What is to be seen now. */
  async screen(): Promise<string> {
    return await this.tmux("capture-pane", "-p");
  }

  /** Resolved with what is to be seen, once it fits. */
  async shows(words: RegExp): Promise<string> {
    let seen = "";
    return await until(`the screen showing ${words}`, async () => {
      seen = await this.screen();
      return words.test(seen) && seen;
    }).catch((error) => {
      throw new Error(`${error.message}\nthe screen:\n${seen}`);
    });
  }

  /** Types a line into the shell. */
  async line(text: string): Promise<void> {
    await this.tmux("send-keys", "-l", text);
    await this.keys("Enter");
  }

  /** Presses keys, by their names in tmux. */
  async keys(...keys: string[]): Promise<void> {
    await this.tmux("send-keys", ...keys);
  }

  /** Gives it another size; resolved once the programs in it can see it, as tmux defers it. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux("resize-window", "-x", String(columns), "-y", String(rows));
    const tty = await this.fact("pane_tty");
    const size = `${rows} ${columns}`;
    await until(`${tty} of ${size}`, async () => {
      const { stdout } = await new Deno.Command("stty", { args: ["-F", tty, "size"] }).output();
      return new TextDecoder().decode(stdout).trim() === size;
    });
  }

  /** What tmux knows of the pane: `alternate_on` is the screen of programs, `cursor_flag`. */
  async fact(name: string): Promise<string> {
    return (await this.tmux("display-message", "-p", `#{${name}}`)).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tmux("kill-server").catch(() => {});
  }

  private async tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", this.socket, ...args],
      clearEnv: true,
      env: this.scratch.environment({ TERM: "xterm-256color", LANG: "C.UTF-8" }),
      cwd: this.scratch.folder,
    }).output();
    assert.ok(success, `tmux ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}
