/**
 * Preloaded into a process, it measures how late the turns of its event loop come. At SIGUSR2 it
 * writes what it has measured since the last one, one JSON line, into the file that LAG_FILE names.
 */

/** So often it is looked: what lasts longer is certainly seen. */
const INTERVAL_MS = 5;

const lags: number[] = [];
let due = performance.now() + INTERVAL_MS;

function look(): void {
  lags.push(Math.max(0, performance.now() - due));
  due = performance.now() + INTERVAL_MS;
  Deno.unrefTimer(setTimeout(look, INTERVAL_MS));
}

Deno.unrefTimer(setTimeout(look, INTERVAL_MS));
Deno.addSignalListener("SIGUSR2", () => {
  const sorted = lags.splice(0).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  const line = JSON.stringify({ turns: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) });
  Deno.writeTextFileSync(Deno.env.get("LAG_FILE")!, `${line}\n`);
});
