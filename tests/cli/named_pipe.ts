/**
 * A named pipe: who reads it learns when the last process that holds it open for writing has ended.
 */
export class NamedPipe implements AsyncDisposable {
  readonly path: string;
  /** Resolves once there were writers and all of them are gone; gives what they wrote. */
  readonly writersGone: Promise<string>;
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.path = `${directory}/pipe`;
    // Opening waits for the first writer, reading ends with the last.
    this.writersGone = Deno.readTextFile(this.path);
  }

  /** Makes a pipe and waits for its writers. */
  static async create(): Promise<NamedPipe> {
    const directory = await Deno.makeTempDir();
    const { success } = await new Deno.Command("mkfifo", { args: [`${directory}/pipe`] }).output();
    if (!success) throw new Error("mkfifo failed");
    return new NamedPipe(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}
