/** What a registrar shows of itself over HTTP, read without trust. */

import { clientSecurity, requirePair } from "../client_security.ts";
import type { Context } from "../command.ts";
import { pathOf, readCertificates, readServerPair } from "../credential_files.ts";
import { UsageError } from "../exit.ts";
import { fetchWords, statusWords } from "../events/follow.ts";
import { reasonOf } from "../failure.ts";
import type { SharedValues } from "../options.ts";
import { printable } from "../printable.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import type { Details } from "./snapshot.ts";

/** Counters whose rates are shown, by what they count. */
const COUNTERS: Readonly<Record<string, string>> = {
  rserpool_resolutions_total: "resolutions",
  rserpool_registrations_total: "registrations",
};

/** Asks for JSON and metrics. */
export class HttpSource {
  readonly url: URL;
  private readonly client: Deno.HttpClient;
  private readonly timeoutMs: number;
  private why = "";

  constructor(url: URL, client: Deno.HttpClient, timeoutMs: number) {
    this.url = url;
    this.client = client;
    this.timeoutMs = timeoutMs;
  }

  /** Why it has said nothing of itself when it was asked last. */
  get reason(): string {
    return this.why;
  }

  /** What it says of itself; `undefined` if it is no registrar, or says nothing that is known. */
  async details(now: () => number, signal: AbortSignal): Promise<Details | undefined> {
    const text = await this.read("/api/v1/registrar", signal);
    if (text === undefined) return undefined;
    const itself = detailsOf(text);
    if (itself === undefined) {
      this.why = "the answer is no registrar's";
      return undefined;
    }
    const metrics = await this.read("/metrics", signal) ?? "";
    return { ...itself, counters: countersOf(metrics), at: now() };
  }

  private async read(path: string, signal: AbortSignal): Promise<string | undefined> {
    const late = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await fetch(new URL(path, this.url), {
        client: this.client,
        signal: AbortSignal.any([signal, late]),
        redirect: "manual",
      });
      if (response.status === 200) {
        const text = await textOf(response);
        if (text === undefined) {
          this.why = `the answer has no end in ${MONITOR_LIMITS.httpBytes} bytes`;
        }
        return text;
      }
      this.why = statusWords(response.status);
      await response.body?.cancel();
    } catch (error) {
      this.why = late.aborted ? "no answer in time" : fetchWords(error);
    }
    return undefined;
  }
}

/** The client for addresses of https, with the files that the options name. */
export async function httpClient(
  context: Context,
  options: SharedValues,
  urls: readonly URL[],
): Promise<Deno.HttpClient> {
  const isSecured = urls.some(({ protocol }) => protocol === "https:");
  if (!isSecured || clientSecurity(context, options) !== "certificate") {
    return Deno.createHttpClient({});
  }
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    pathOf(context, options, name)
  );
  requirePair("--cert", cert, "--key", key);
  const { world } = context;
  const files = ca === undefined ? undefined : await readCertificates(world, { ca, cert, key });
  const pair = cert === undefined || key === undefined
    ? undefined
    : await readServerPair(world, { cert, key });
  try {
    return Deno.createHttpClient({
      ...(files && { caCerts: [files.ca.text] }),
      ...(pair && { cert: pair.cert.text, key: pair.key.text }),
    });
  } catch (error) {
    throw new UsageError(`--http: these certificates cannot be used: ${reasonOf(error)}`);
  }
}

/** A text of bounded length. */
async function textOf({ body }: Response): Promise<string | undefined> {
  if (body === null) return undefined;
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder();
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MONITOR_LIMITS.httpBytes) return undefined;
    text += decoder.decode(piece, { stream: true });
  }
  return text;
}

/** What `/api/v1/registrar` says, if it is that. */
export function detailsOf(text: string): Omit<Details, "counters" | "at"> | undefined {
  try {
    const { registrar, version, uptimeMs, state, associations } = JSON.parse(text);
    const { identifier } = registrar;
    if (typeof identifier !== "string" || !/^0x[0-9a-f]{8}$/.test(identifier)) return undefined;
    return {
      identifier,
      version: wordOf(version),
      state: wordOf(state),
      uptimeMs: numberOf(uptimeMs),
      associations: numberOf(associations),
    };
  } catch {
    return undefined;
  }
}

/** The sums of the counters that are shown. */
export function countersOf(metrics: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of metrics.split("\n")) {
    const [, name = "", number] = /^([a-z_]+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    const counted = Object.hasOwn(COUNTERS, name) ? COUNTERS[name] : undefined;
    const count = Number(number);
    if (counted === undefined || !Number.isFinite(count)) continue;
    sums[counted] = (sums[counted] ?? 0) + count;
  }
  return sums;
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? printable(value.slice(0, 32)) : "?";
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, value) : 0;
}
