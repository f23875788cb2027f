/**
 * A child process that leads a process group of its own, so that a signal reaches everything it
 * started, and a Ctrl-C in the terminal reaches only us.
 *
 * Deno's `detached` calls setsid(2): the child has its own session, too. It inherits stdin, stdout
 * and stderr and may read the terminal (the kernel's job control does not apply to it), but it has
 * no controlling terminal: `/dev/tty` cannot be opened, and Ctrl-C, Ctrl-\, Ctrl-Z and the
 * terminal's size reach it only through us.
 *
 * @module
 */

import { reasonOf } from "../failure.ts";
import { pause } from "../pause.ts";

/** What became of a child that could not be started, as a shell would say it. */
export class ChildNotStarted extends Error {
  override readonly name = "ChildNotStarted";
  /** 127: not found; 126: found, but not executable. */
  readonly code: 126 | 127;

  constructor(message: string, code: 126 | 127) {
    super(message);
    this.code = code;
  }
}

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNAL_BASE = 128;
/**
 * Milliseconds between two looks at a group that is ending; nothing tells when a group is empty.
 */
const GROUP_POLL_MS = 25;

/** A running child and its process group. */
export class Child {
  private readonly process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess) {
    this.process = process;
  }

  /**
   * Starts a command, with our stdin, stdout, stderr, environment and directory.
   *
   * @throws {ChildNotStarted} if there is no such command or it cannot be executed.
   */
  static start(command: string, args: readonly string[]): Child {
    try {
      return new Child(
        new Deno.Command(command, {
          args: [...args],
          detached: true,
          stdin: "inherit",
          stdout: "inherit",
          stderr: "inherit",
        }).spawn(),
      );
    } catch (error) {
      throw notStarted(command, error);
    }
  }

  /** The process identifier, which is the group's, too. */
  get pid(): number {
    return this.process.pid;
  }

  /** The child's exit code once it has ended: its own, or 128 and the signal that killed it. */
  exited(): Promise<number> {
    return exitCode(this.process);
  }

  /** Sends a signal to every process of the group; none may be left. */
  signal(signal: Deno.Signal): void {
    signalGroup(this.pid, signal);
  }

  /** Whether no process of the group is left. */
  isGroupGone(): boolean {
    return isGroupGone(this.pid);
  }

  /** Resolves once no process of the group is left, or the signal aborts. */
  async groupGone(abort: AbortSignal): Promise<void> {
    while (!abort.aborted && !this.isGroupGone()) {
      await pause(GROUP_POLL_MS, abort);
    }
  }
}

/** Sends a signal to every process of a group; none may be left. */
export function signalGroup(group: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-group, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !isNoSuchProcess(error)) throw error;
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "ESRCH";
}

/** Whether no process of a group is left but ended ones that their parent does not collect. */
export function isGroupGone(group: number): boolean {
  try {
    // Signal 0 asks whether there is a process to signal; Deno's types know named signals only.
    Deno.kill(-group, 0 as unknown as Deno.Signal);
  } catch {
    return true;
  }
  return hasOnlyZombies(group);
}

/**
 * Whether /proc shows no living process of a group. In a container whose first process collects no
 * orphans, those stay as zombies for ever, and a signal to the group never fails.
 */
function hasOnlyZombies(group: number): boolean {
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (/^[0-9]+$/.test(name) && isLivingMember(name, group)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

function isLivingMember(pid: string, group: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name in brackets may hold anything: fields count from the last bracket.
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(processGroup) === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

function notStarted(command: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof Deno.errors.NotFound) {
    if (!isFile(command)) return new ChildNotStarted(`command not found: "${command}"`, NOT_FOUND);
    const reason = "the interpreter in its first line is not found";
    return new ChildNotStarted(`cannot execute "${command}": ${reason}`, NOT_EXECUTABLE);
  }
  // Deno names the command before the system's reason.
  const reason = reasonOf(error.message.replace(/^.*?': /s, ""));
  return new ChildNotStarted(`cannot execute "${command}": ${reason}`, NOT_EXECUTABLE);
}

function isFile(command: string): boolean {
  try {
    return command.includes("/") && Deno.statSync(command).isFile;
  } catch {
    return false;
  }
}

/** The exit code of a process once it has ended: its own, or 128 and the signal that killed it. */
export async function exitCode(process: Deno.ChildProcess): Promise<number> {
  try {
    return (await process.status).code;
  } catch (error) {
    return codeOfUnnamedSignal(error);
  }
}

/** Deno has no name for real-time signals and throws in place of a status. */
function codeOfUnnamedSignal(error: unknown): number {
  const match = error instanceof TypeError
    ? /^Invalid signal: ([0-9]+)$/.exec(error.message)
    : null;
  if (match === null) throw error;
  return SIGNAL_BASE + Number(match[1]);
}
