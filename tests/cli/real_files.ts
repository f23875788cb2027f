/** Runs a command line whose files are real; its output is kept. */

import { realWorld } from "../../cli/world.ts";
import { FakeWorld, type Ran, runIn } from "./fake_world.ts";

/** A world in memory but for its files and its clock, which are those of this host. */
class FilesWorld extends FakeWorld {
  private readonly real = realWorld();

  override now(): number {
    return this.real.now();
  }

  override pause(milliseconds: number): Promise<void> {
    return this.real.pause(milliseconds);
  }

  override readFile(path: string, limit: number): Promise<Uint8Array> {
    return this.real.readFile(path, limit);
  }

  override fileAccess(path: string) {
    return this.real.fileAccess(path);
  }
}

/** Runs a command line with real files; paths are absolute. */
export async function runReally(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const world = new FilesWorld({ env });
  const code = await runIn(world, argv);
  return { code, stdout: world.stdoutText, stderr: world.stderrText, world };
}
