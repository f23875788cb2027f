/** Bytes from standard input to a pool element, and from it to standard output. */

import type { Connection } from "../api.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { Output } from "../output.ts";
import type { Input, World } from "../world.ts";

/** Bytes that are read at once, and so held, at most. */
const CHUNK_BYTES = 64 * 1024;
/**
 * How long the end of the input may come after the end of the element: of `printf QUIT | …` the
 * answer to the last line may be faster than the end of the pipe.
 */
const LATE_END_MS = 100;

/** Standard input, of which nothing is lost when a reader goes before its bytes come. */
export class Upstream {
  private readonly input: Input;
  private buffer = new Uint8Array(CHUNK_BYTES);
  private coming: Promise<Uint8Array | null> | undefined;

  constructor(input: Input) {
    this.input = input;
  }

  /** What comes next, and comes again until it is taken; `null`: the end, which comes for ever. */
  peek(): Promise<Uint8Array | null> {
    return this.coming ??= this.read();
  }

  /** What came is the caller's, until it peeks again. */
  take(): void {
    this.coming = undefined;
  }

  /** Whoever has taken something may keep it: the next piece has memory of its own. */
  part(): void {
    this.buffer = new Uint8Array(CHUNK_BYTES);
  }

  private async read(): Promise<Uint8Array | null> {
    const { buffer } = this;
    try {
      const count = await this.input.next(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      const reason = reasonOf(error);
      throw new ExitError(EXIT.world, `cannot read standard input: ${reason}`, { cause: error });
    }
  }
}

/** How many bytes were passed, and whether both sides have ended in order. */
export interface Passed {
  /** To the element: what the system has taken. */
  readonly sent: number;
  /** From the element: what standard output has taken. */
  readonly received: number;
  /** Why it is over; `undefined`: both sides have ended in order. */
  readonly loss: "ended before the input did" | "reset the connection" | "fell silent" | undefined;
  /** Whether the input has ended, so that nothing can be sent to another element. */
  readonly inputEnded: boolean;
}

/** Passes bytes both ways over one connection after another. */
export class Relay {
  private readonly world: World;
  private readonly upstream: Upstream;
  private readonly stdout: Output;

  constructor(world: World, stdout: Output) {
    this.world = world;
    this.upstream = new Upstream(world.stdin);
    this.stdout = stdout;
  }

  /** Passes bytes until the element has ended, however; input that came too late is kept. */
  async pass(connection: Connection): Promise<Passed> {
    const run = { sent: 0, received: 0, inputEnded: false, isOver: false };
    const sending = this.send(connection, run);
    // A failure of standard input is one of the whole, even while the element is silent.
    const broken = new Promise<never>((_, reject) => sending.catch(reject));
    try {
      await Promise.race([this.receive(connection, run), broken]);
    } catch (error) {
      connection.abort();
      throw error;
    } finally {
      run.isOver = true;
    }
    const { sent, received } = run;
    const { ended } = connection;
    const isEnd = ended === "closed" && (run.inputEnded || await this.isAtEnd());
    if (isEnd) await connection.close();
    else {
      connection.abort();
      this.upstream.part();
    }
    const loss = isEnd
      ? undefined
      : ended === "closed"
      ? "ended before the input did"
      : ended === "timed-out"
      ? "fell silent"
      : "reset the connection";
    return { sent, received, loss, inputEnded: run.inputEnded };
  }

  private async send(connection: Connection, run: Run): Promise<void> {
    for (;;) {
      const bytes = await this.upstream.peek();
      if (run.isOver) return;
      if (bytes === null) {
        run.inputEnded = true;
        return await connection.closeWrite();
      }
      this.upstream.take();
      await connection.write(bytes);
      if (run.isOver) return;
      run.sent += bytes.length;
    }
  }

  private async receive(connection: Connection, run: Run): Promise<void> {
    for (;;) {
      const bytes = await connection.read();
      if (bytes === null) return;
      await this.stdout.pass(bytes);
      run.received += bytes.length;
    }
  }

  private async isAtEnd(): Promise<boolean> {
    const late = this.world.pause(LATE_END_MS).then(() => undefined);
    return await Promise.race([this.upstream.peek(), late]) === null;
  }
}

interface Run {
  sent: number;
  received: number;
  inputEnded: boolean;
  isOver: boolean;
}
