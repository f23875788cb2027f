/** `decode --follow [URL]`: the events of a running command, one line each, as its log has them. */

import type { CertificateCredentials } from "../api.ts";
import type { Context } from "../command.ts";
import { pathOf, readCertificates, readServerPair } from "../credential_files.ts";
import { requirePair } from "../client_security.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { eventText } from "../log.ts";
import type { SharedValues } from "../options.ts";
import { printableJson } from "../printable.ts";
import { EVENTS_PATH, followEvents, type StreamState } from "./follow.ts";
import type { NumberedEvent } from "./told_event.ts";

const DEFAULT_PORT = "9102";
const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;
/** Milliseconds in which the first answer must come. */
const FIRST_ANSWER_MS = 5_000;

/**
 * Prints what happens until it is stopped, which is its orderly end. Once there was an answer, it
 * goes on through every loss.
 *
 * @throws {UsageError} if it cannot be asked.
 * @throws {ExitError} if there is no stream at the start.
 */
export async function followStream(
  context: Context,
  options: SharedValues,
  args: readonly string[],
): Promise<void> {
  if (args.length > 1) throw new UsageError("--follow takes one URL");
  const other = ["protocol", "fields"].find((key) => isAsked(context, key));
  if (other !== undefined) throw new UsageError(`--${other} and --follow exclude each other`);
  const { output } = options;
  if (output === "csv" || output === "yaml") {
    throw new UsageError(`--follow prints text, or json and ndjson; not ${output}`);
  }
  const url = parseUrl(args[0] ?? DEFAULT_URL, isAsked(context, "ca") ? "https" : "http");
  using client = await httpClient(context, options, url);
  const { signal, stdout } = context;
  const states = new States(context, url);
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end);
  const timer = setTimeout(() => states.isOpen || states.giveUp(end), FIRST_ANSWER_MS);
  try {
    const onState = (state: StreamState) => states.tell(state);
    for await (const event of followEvents(url, { signal: over.signal, client, onState })) {
      stdout.print(output === "table" ? textLine(event) : jsonLine(event));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
  states.requireAnswer();
}

/**
 * Where the stream is: `HOST:PORT` and `HOST` alone are addresses, too.
 *
 * @throws {UsageError} if it is no such URL.
 */
export function parseUrl(text: string, usual: "http" | "https"): URL {
  const written = text.includes("://") ? text : `${usual}://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--follow: "${text}" is no URL such as ${DEFAULT_URL}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError("--follow: a URL here has no user and no password");
  }
  if (!text.includes("://") && !/:\d+(\/|$)/.test(text)) url.port = DEFAULT_PORT;
  if (url.pathname === "/") url.pathname = EVENTS_PATH;
  url.hash = "";
  return url;
}

function isAsked({ sourceOf }: Context, key: string): boolean {
  return sourceOf(key) === "option";
}

/** What TLS needs; of the environment and the file only where it is TLS. */
async function httpClient(
  context: Context,
  options: SharedValues,
  { protocol }: URL,
): Promise<Deno.HttpClient> {
  if (protocol === "http:") {
    const given = ["ca", "cert", "key"].find((key) => isAsked(context, key));
    if (given === undefined) return Deno.createHttpClient({});
    throw new UsageError(`--${given} is for a URL of https:`);
  }
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    pathOf(context, options, name)
  );
  requirePair("--cert", cert, "--key", key);
  const files = await readFiles(context.world, { ca, cert, key });
  try {
    return Deno.createHttpClient({
      ...(files.ca && { caCerts: [files.ca.text] }),
      ...(files.cert && files.key && { cert: files.cert.text, key: files.key.text }),
    });
  } catch {
    throw new UsageError(`${[ca, cert, key].filter(Boolean).join(", ")}: these cannot be used`);
  }
}

async function readFiles(
  world: Context["world"],
  { ca, cert, key }: Readonly<Record<"ca" | "cert" | "key", string | undefined>>,
): Promise<Partial<CertificateCredentials>> {
  if (ca !== undefined) return await readCertificates(world, { ca, cert, key });
  if (cert === undefined || key === undefined) return {};
  return await readServerPair(world, { cert, key });
}

/** Tells what becomes of the connection, as far as it is news. */
class States {
  isOpen = false;
  private readonly context: Context;
  private readonly where: string;
  private hasGivenUp = false;
  private isLost = false;

  constructor(context: Context, { origin }: URL) {
    this.context = context;
    this.where = origin;
  }

  tell(state: StreamState): void {
    switch (state.type) {
      case "open":
        return this.opened();
      case "failed":
        if (!this.isOpen) throw this.failure(state);
        return this.lost(state.reason);
      case "gap": {
        const { missed } = state;
        const message = `${missed} ${missed === 1 ? "event was" : "events were"} not told here`;
        return this.warn("stream-gap", { missed }, message);
      }
      case "restarted":
        return this.warn("stream-restarted", {}, "the numbers begin anew: it has been restarted");
      case "unreadable":
        return this.warn("stream-unreadable", {}, `an event was skipped: ${state.why}`);
    }
  }

  giveUp(end: () => void): void {
    this.hasGivenUp = true;
    end();
  }

  /** Being stopped in order is no failure. */
  requireAnswer(): void {
    if (!this.hasGivenUp) return;
    const patience = `${FIRST_ANSWER_MS / 1000}s`;
    throw new ExitError(EXIT.noRegistrar, `${this.where} has not answered within ${patience}`);
  }

  private opened(): void {
    const { log } = this.context;
    const again = this.isLost ? " again" : "";
    log.event("notice", "stream-open", {}, `follows the events of ${this.where}${again}`);
    this.isOpen = true;
    this.isLost = false;
  }

  private lost(reason: string): void {
    const message = `lost the events of ${this.where}: ${reason}; trying again`;
    const level = this.isLost ? "info" : "warning";
    this.isLost = true;
    this.context.log.event(level, "stream-lost", {}, message);
  }

  private warn(name: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    this.context.log.event("warning", name, fields, message);
  }

  private failure({ reason, status }: { reason: string; status?: number }): ExitError {
    const isRefused = status === 401 || status === 403;
    const isTls = /certificate|tls|handshake|alert/i.test(reason);
    const code = isRefused || isTls ? EXIT.security : EXIT.noRegistrar;
    return new ExitError(code, `${this.where}: ${reason}${hintOf(reason)}`);
  }
}

/** What a person may have mistyped, when what is there does not speak as it was asked to. */
function hintOf(reason: string): string {
  if (/InvalidContentType/.test(reason)) return "; is it without TLS, http://?";
  const isNoHttp = reason === "connection refused" || /before message completed/.test(reason);
  return isNoHttp ? "; is that the port of --http?" : "";
}

function textLine({ event: told }: NumberedEvent): string {
  const { time, level, event, message, ...fields } = told;
  return `${time} ${level}: ${eventText(event, fields, message)}\n`;
}

function jsonLine({ id, event }: NumberedEvent): string {
  return `${printableJson({ id, ...event })}\n`;
}
