/** Runs the command of `--exec` as an {@link ExecMachine} says. */

import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { pause } from "../pause.ts";
import { exitCode, isGroupGone, signalGroup } from "../supervisor/child.ts";
import { ExecMachine, type ExecSettings } from "./exec_machine.ts";

/** Between two looks at a group that is ending; nothing tells when a group is empty. */
const GROUP_POLL_MS = 25;

/** What a runner is made of. */
export interface ExecParts {
  /** A line for `sh -c`; nothing is ever put into it. */
  readonly command: string;
  readonly settings: ExecSettings;
  readonly log: Log;
  /** What stands on its standard input, as it is when it starts. */
  input(): string;
}

/** A command that is run again and again, one process at a time. */
export class ExecRunner {
  /** Resolved after the first success. */
  readonly succeeded: Promise<void>;
  /** Resolved when nothing runs any more: after a stop, or with `once`. */
  readonly ended: Promise<{ readonly failure: string | undefined }>;
  private readonly parts: ExecParts;
  private readonly machine: ExecMachine;
  private readonly success = Promise.withResolvers<void>();
  private readonly end = Promise.withResolvers<{ readonly failure: string | undefined }>();
  private process: Deno.ChildProcess | undefined;
  private isSignalled = false;
  private readonly over = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: ExecParts) {
    this.parts = parts;
    this.machine = new ExecMachine(parts.settings);
    this.succeeded = this.success.promise;
    this.ended = this.end.promise;
  }

  /** The input is another one than before. */
  changed(): void {
    this.machine.changed(performance.now());
    this.perform();
  }

  /** Ends in order; a second time, at once. */
  stop(): void {
    this.machine.stop(performance.now());
    this.perform();
  }

  private perform(): void {
    for (let output = this.machine.poll(); output !== undefined; output = this.machine.poll()) {
      switch (output.type) {
        case "start":
          this.start();
          break;
        case "signal":
          this.signal(output.signal);
          break;
        case "log":
          this.parts.log.event(output.level, output.event, {}, output.message);
          break;
        case "succeeded":
          this.success.resolve();
          break;
        case "ended":
          this.over.abort();
          this.end.resolve({ failure: output.failure });
      }
    }
    this.arm();
  }

  private signal(signal: Deno.Signal): void {
    if (this.process === undefined) return;
    this.isSignalled = true;
    signalGroup(this.process.pid, signal);
  }

  private start(): void {
    this.run().then((code) => code, (error) => {
      const message = `cannot run the command: ${reasonOf(error)}`;
      this.parts.log.event("warning", "exec-not-started", {}, message);
      return undefined;
    }).then((code) => {
      this.process = undefined;
      this.machine.exited(code, performance.now());
      this.perform();
    });
  }

  /** Its own process group, so that a Ctrl-C is ours, and whatever it started can be ended. */
  private async run(): Promise<number> {
    const process = new Deno.Command("sh", {
      args: ["-c", this.parts.command],
      detached: true,
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    this.process = process;
    this.isSignalled = false;
    const feeding = feed(process.stdin, this.parts.input());
    const code = await exitCode(process);
    await feeding.abandon();
    // What a success leaves in the background is its own; what is ended, is ended as a whole.
    while (this.isSignalled && !this.over.signal.aborted && !isGroupGone(process.pid)) {
      await pause(GROUP_POLL_MS, this.over.signal);
    }
    return code;
  }

  private arm(): void {
    clearTimeout(this.timer);
    const deadline = this.machine.deadline();
    if (deadline === undefined) return;
    const wait = Math.max(0, Math.ceil(deadline - performance.now()));
    this.timer = setTimeout(() => {
      this.machine.due(performance.now());
      this.perform();
    }, wait);
  }
}

/** Writes text and its end; a command that does not read it, or is gone, is no failure. */
function feed(stdin: WritableStream<Uint8Array>, text: string): { abandon(): Promise<void> } {
  const writer = stdin.getWriter();
  const ignore = () => {};
  const written = writer.write(new TextEncoder().encode(text))
    .then(() => writer.close()).catch(ignore);
  const abandon = async () => {
    await Promise.race([writer.abort().catch(ignore), written]);
  };
  return { abandon };
}
