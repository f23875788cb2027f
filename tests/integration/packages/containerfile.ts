/** As much of a Containerfile as ours needs, carried out where no container engine is. */

/** What a Containerfile says. */
export interface Containerfile {
  /** What it copies, and to where. */
  readonly copies: readonly (readonly [from: string, to: string])[];
  readonly runs: readonly string[];
  readonly user: string;
  readonly healthcheck: readonly string[];
  readonly command: readonly string[];
}

/** Reads one; each of its lines must be one that is known here. */
export function readContainerfile(text: string): Containerfile {
  const copies: [string, string][] = [];
  const runs: string[] = [];
  let [user, healthcheck, entrypoint, cmd]: [string, string[], string[], string[]] = [
    "root",
    [],
    [],
    [],
  ];
  for (const line of text.split("\n").filter((each) => each !== "" && each[0] !== "#")) {
    const [, word, rest] = /^([A-Z]+) (.+)$/.exec(line)!;
    if (word === "COPY") copies.push(rest!.split(" ") as [string, string]);
    else if (word === "RUN") runs.push(rest!);
    else if (word === "USER") user = rest!;
    else if (word === "HEALTHCHECK") healthcheck = JSON.parse(rest!.replace(/^.* CMD /, ""));
    else if (word === "ENTRYPOINT") entrypoint = JSON.parse(rest!);
    else if (word === "CMD") cmd = JSON.parse(rest!);
    else if (!["FROM", "ARG", "EXPOSE"].includes(word!)) throw new SyntaxError(line);
  }
  return { copies, runs, user, healthcheck, command: [...entrypoint, ...cmd] };
}
