/** Pool users that resolve a pool twice a second, and what became of it. */
import type { Running } from "../integration/harness.ts";
import { paced } from "./pace.ts";

const CYCLE_MS = 500;

/** One resolution. */
export interface Answer {
  /** Wall-clock milliseconds at which it was asked for. */
  readonly at: number;
  readonly tookMs: number;
  /** How many pool elements there were, if it did not fail. */
  readonly elements?: number;
  readonly failure?: string;
}

/** What a pool user saw. */
export interface Report {
  readonly name: string;
  readonly answers: readonly Answer[];
}

/** Those that failed, as text. */
export function failuresOf({ name, answers }: Report): string[] {
  return answers.flatMap(({ failure, at, tookMs }) =>
    failure === undefined
      ? []
      : [`${name} at ${new Date(at).toISOString()}, ${tookMs} ms: ${failure}`]
  );
}

/** The longest that an answer took, in milliseconds. */
export function slowestOf({ answers }: Report): number {
  return Math.max(0, ...answers.map(({ tookMs }) => tookMs));
}

/** The fewest pool elements in an answer. */
export function fewestOf({ answers }: Report): number {
  return Math.min(Infinity, ...answers.map(({ elements = 0 }) => elements));
}

/** A user of the command line: `rserpool resolve` is started twice a second, whoever is slow. */
export class CommandLineUser {
  private readonly end: () => Promise<void>;
  private readonly asked: Promise<Answer>[] = [];

  constructor(
    readonly name: string,
    private readonly command: readonly string[],
    private readonly env: Readonly<Record<string, string>>,
  ) {
    // Whoever is slow does not keep the next one from asking.
    this.end = paced(CYCLE_MS, () => Promise.resolve(void this.asked.push(this.ask())));
  }

  private async ask(): Promise<Answer> {
    const [program, ...args] = this.command;
    const at = Date.now();
    const options = { args, env: { ...this.env }, clearEnv: true, stdin: "null" } as const;
    const { code, stdout, stderr } = await new Deno.Command(program!, options).output();
    const tookMs = Date.now() - at;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    if (code !== 0) return { at, tookMs, failure: `exit code ${code}: ${text(stderr)}` };
    return { at, tookMs, elements: text(stdout).split("\n").length };
  }

  /** Asks no more; resolved when all that was asked has been answered. */
  async finish(): Promise<Report> {
    await this.end();
    return { name: this.name, answers: await Promise.all(this.asked) };
  }
}

/** A user of the library, in a process of its own: `servers/pool_user.ts`. */
export class LibraryUser {
  constructor(readonly name: string, private readonly running: Running) {}

  /** Asks no more. */
  async finish(): Promise<Report> {
    const { code, stdout, stderr } = await this.running.stop();
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${stderr}`);
    const answers = stdout.trim().split("\n").map((line) => JSON.parse(line) as Answer);
    return { name: this.name, answers };
  }
}
