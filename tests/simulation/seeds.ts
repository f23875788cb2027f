/**
 * Which runs there are: some seeds that are always the same, and some that are new each time.
 * `SEED=7` replays one; `SIMULATION_RUNS=100` adds as many new ones to each kind of run. With `CI`
 * set there are no new ones, unless they are asked for: what a change is judged by is the same each
 * time.
 */

/** The seeds of one kind of run. */
export function seeds(fixed: readonly number[], fresh: number): number[] {
  const only = Deno.env.get("SEED");
  if (only !== undefined) return [Number(only)];
  const usual = Deno.env.get("CI") === undefined ? fresh : 0;
  const wanted = Number(Deno.env.get("SIMULATION_RUNS") ?? usual);
  return [...fixed, ...crypto.getRandomValues(new Uint32Array(wanted))];
}

/** Plays a run; if it fails, says how to replay it and shows how it ended. */
export function withSeed<T>(seed: number, tail: () => string, play: () => T): T {
  try {
    return play();
  } catch (error) {
    const last = tail();
    const how = `SEED=${seed} replays it`;
    throw new Error(`${error instanceof Error ? error.message : error}\n${how}\n${last}`, {
      cause: error,
    });
  }
}
