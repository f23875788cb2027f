/** The processes that belong to one hook: dnsmasq, its helper and the hook itself. */

/**
 * Milliseconds between two looks: nothing tells when a helper has ended, which is no child of ours.
 */
const LOOK_MS = 20;
const LONGEST_LOOK_MS = 320;

/**
 * Processes that run a hook or were told to. dnsmasq's helper goes on after dnsmasq until all
 * events have been told, and holds nothing else that would show it.
 */
export function processesOf(hook: string): number[] {
  const found: number[] = [];
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (/^[0-9]+$/.test(name) && isOf(name, hook)) found.push(Number(name));
    }
  } catch {
    // A system without /proc: nothing can be said.
  }
  return found;
}

/** Resolves once no process of a hook is left: `true`, or `false` after so many milliseconds. */
export async function noneLeft(hook: string, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  for (let look = LOOK_MS; processesOf(hook).length > 0; look *= 2) {
    if (performance.now() > end) return false;
    const pause = Math.min(look, LONGEST_LOOK_MS);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return true;
}

/** Sends a signal to a process, if it is there. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** One that has ended has no command line any more. */
function isOf(pid: string, hook: string): boolean {
  try {
    const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
    return words.includes(`--dhcp-script=${hook}`) || words[1] === hook || words[0] === hook;
  } catch {
    return false;
  }
}
