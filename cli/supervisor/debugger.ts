/**
 * SIGUSR1 is the supervised service's (nginx opens its logs anew on it), yet on it Deno also opens
 * a debugger on a port of the loopback, whatever listeners there are: an open door for every user
 * of the host, and no flag closes it (Deno 2.9.2 and later). So it is closed as soon as it is open.
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
