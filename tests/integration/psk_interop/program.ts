/** A program that speaks TLS, as a child process that types and prints. */
import { Transcript } from "./transcript.ts";

/** A child process, ended at the end of its scope. */
export class Program implements AsyncDisposable {
  /** What it has written to its standard output and error. */
  readonly transcript: Transcript;
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #typing: WritableStreamDefaultWriter<Uint8Array>;
  #hasEnded = false;

  constructor(command: string, args: readonly string[]) {
    this.transcript = new Transcript(command);
    this.#child = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#typing = this.#child.stdin.getWriter();
    this.ended = this.#listen();
  }

  /** Types into its standard input. */
  async type(text: string): Promise<void> {
    await this.#typing.write(new TextEncoder().encode(text));
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#typing.close().catch(() => {});
  }

  says(words: string | RegExp, after = 0): Promise<RegExpExecArray> {
    return this.transcript.says(words, after);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endInput();
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #listen(): Promise<Deno.CommandStatus> {
    const hear = async (stream: ReadableStream<Uint8Array>) => {
      const decoder = new TextDecoder();
      for await (const bytes of stream) {
        this.transcript.add(decoder.decode(bytes, { stream: true }));
      }
    };
    await Promise.all([hear(this.#child.stdout), hear(this.#child.stderr)]);
    const status = await this.#child.status;
    this.#hasEnded = true;
    this.transcript.end();
    return status;
  }
}
