/**
 * Type-checks the pure rooms against the language alone: no Deno, timers, console, crypto,
 * TextEncoder, performance or URL. What cannot be typed there cannot slip in.
 *
 * Run it with `deno run -A tools/check_purity.ts`.
 *
 * @module
 */
import { PURE_ROOMS } from "./lint_plugin.ts";

/** What came of a check: whether the files are pure, and the compiler's words. */
export interface PurityReport {
  readonly pure: boolean;
  readonly output: string;
}

/** Type-checks files or folders with the library of the language alone. */
export async function checkPurity(paths: readonly string[]): Promise<PurityReport> {
  const config = await Deno.makeTempFile({ prefix: "purity-", suffix: ".json" });
  try {
    const compilerOptions = { lib: ["esnext"], strict: true, noUncheckedIndexedAccess: true };
    await Deno.writeTextFile(config, JSON.stringify({ compilerOptions }));
    const check = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-lock", "--config", config, ...paths],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    return { pure: check.success, output: new TextDecoder().decode(check.stderr) };
  } finally {
    await Deno.remove(config);
  }
}

/** The pure rooms' folders. */
export function pureRoomFolders(): string[] {
  return PURE_ROOMS.map((room) =>
    decodeURIComponent(new URL(`../lib/${room}`, import.meta.url).pathname)
  );
}

if (import.meta.main) {
  const report = await checkPurity(pureRoomFolders());
  console.log(report.pure ? "The pure rooms are pure" : report.output);
  Deno.exit(report.pure ? 0 : 1);
}
