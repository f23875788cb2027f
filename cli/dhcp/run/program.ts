/** Whether dnsmasq is there and takes its configuration: asked before others hear of this one. */

import { EXIT, ExitError, UsageError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";

/** How long dnsmasq may take to read its files, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Lets dnsmasq check its own configuration.
 *
 * @throws {ExitError} exit 127 or 126 if it is not found or cannot be executed, exit 2 with its
 * words if it would not start.
 */
export async function testProgram(command: string, words: readonly string[]): Promise<void> {
  const { code, stderr } = await tested(command, words);
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1)!.trim();
  throw new UsageError(`${command} refuses its configuration: ${said || `exit code ${code}`}`);
}

async function tested(command: string, words: readonly string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(command, {
      args: [...words, "--test"],
      stdin: "null",
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ExitError(EXIT.notFound, `command not found: "${command}"`, { cause: error });
    }
    const reason = reasonOf(error).replace(/^.*?': /s, "");
    throw new ExitError(EXIT.notExecutable, `cannot execute "${command}": ${reason}`, {
      cause: error,
    });
  }
}
