/** `monitor --once`: what there is now. */

import type { Context } from "../command.ts";
import { ExitError } from "../exit.ts";
import { learn, momentOf } from "./inputs.ts";
import { printOnce } from "./plain.ts";
import type { Parts } from "./run.ts";
import type { Details } from "./snapshot.ts";

/** Asks each once; who does not answer is shown so, unless nobody does. */
export async function askOnce(
  { stdout, log }: Context,
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  let { data } = parts;
  const gatherer = parts.gatherer((news) => data = learn(data, news, momentOf(parts.now)));
  const asked = parts.sources.map((source, index) => gatherer.ask(index, source, signal));
  const shown = parts.https.map(async (http) => {
    const details = await http.details(parts.now, signal);
    if (details !== undefined) {
      data = learn(data, { type: "details", details }, momentOf(parts.now));
    }
    return { http, details };
  });
  const failures = await Promise.all(asked);
  const known = await Promise.all(shown);
  const [first, ...more] = failures.filter((each) => each !== undefined);
  if (first !== undefined && more.length + 1 === failures.length) {
    if (more.length === 0) throw first;
    const words = [first, ...more].map(({ message }) => message);
    throw new ExitError(first.code, [...new Set(words)].join("; "));
  }
  for (const { http, details } of known) {
    const why = details === undefined ? http.reason : strangerWords(data, details);
    if (why !== undefined) log.warning(`--http ${http.url.host}: ${why}`);
  }
  const { time, now } = momentOf(parts.now);
  await printOnce(stdout, { data: { ...data, streams: [] }, now }, time);
}

/** What a registrar shows can stand beside nothing, if it has not answered itself. */
function strangerWords({ sources }: Parts["data"], { identifier }: Details): string | undefined {
  const isKnown = sources.some(({ snapshot }) => snapshot?.identifier === identifier);
  return isKnown ? undefined : `this is registrar ${identifier}, which has not answered`;
}
