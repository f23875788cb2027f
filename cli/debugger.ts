/**
 * On SIGUSR1 Deno opens a debugger on a port of the loopback, whatever listeners there are: an open
 * door to this process for every user of the host, and no flag keeps it shut (Deno 2.9.2 and
 * later). Yet the signal is of use to services (nginx opens its logs anew on it), which get it by
 * `register`. So the debugger is closed as soon as it is open.
 */

const POLL_MS = 5;
const POLLS = 200;

/** Closes the debugger that Deno opens on a SIGUSR1 just received. */
export async function closeDebugger(): Promise<void> {
  const inspector = await import("node:inspector");
  for (let poll = 0; poll < POLLS; poll++) {
    if (inspector.url() !== undefined) return inspector.close();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
