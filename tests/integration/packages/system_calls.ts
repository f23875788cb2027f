/** Which system calls a unit of systemd allows. */

/** The calls of the sets in a unit's first `SystemCallFilter=`, by the systemd of this machine. */
export function allowedCalls(unit: string): ReadonlySet<string> {
  const [, sets] = /^SystemCallFilter=([@a-z -]+)$/m.exec(unit)!;
  const calls = new Set<string>();
  for (const set of sets!.split(" ")) addCalls(set, calls);
  return calls;
}

/** The names of the calls that strace has written. */
export function callsOf(trace: string): Set<string> {
  return new Set([...trace.matchAll(/^[0-9]+ +([a-z0-9_]+)\(/gm)].map(([, call]) => call!));
}

function addCalls(set: string, calls: Set<string>): void {
  const args = ["--no-pager", "syscall-filter", set];
  const { stdout } = new Deno.Command("systemd-analyze", { args }).outputSync();
  const lines = new TextDecoder().decode(stdout).split("\n").slice(1).map((line) => line.trim());
  for (const line of lines.filter((each) => each !== "" && each[0] !== "#")) {
    if (line[0] === "@") addCalls(line, calls);
    else calls.add(line);
  }
}
