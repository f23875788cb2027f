/** One look at a service: by connecting, by asking for a page, or by a command of the user's. */

import { runShellCommand } from "../shell_command.ts";
import { bracketed } from "../address.ts";
import { reasonOf } from "../failure.ts";
import type { Check } from "./check_option.ts";

/** What a probe found. */
export type Outcome =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: string };

/** Where the service should answer. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** Bytes of a response that are read at most: a server that is cut short logs it as a failure. */
const RESPONSE_BYTES = 256 * 1024;
/** Bytes within which the status line must have ended. */
const STATUS_LINE_BYTES = 4096;
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |\r|$)/;
/** Redirections pass, too: whether their goal is well is not this service's matter. */
const FIRST_GOOD_STATUS = 200;
const LAST_GOOD_STATUS = 399;

/** Looks once, for at most `timeoutMs` or until the signal aborts. */
export async function probe(
  check: Check,
  target: Target,
  timeoutMs: number,
  abort: AbortSignal,
): Promise<Outcome> {
  if (check.type === "none") return { passed: true };
  if (check.type === "exec") return await probeExec(check.command, timeoutMs, abort);
  const where = `${bracketed(target.address)}:${target.port}`;
  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = setTimeout(end, timeoutMs);
  abort.addEventListener("abort", end, { once: true });
  try {
    using connection = await connect(target, limit.signal);
    if (check.type === "tcp") return { passed: true };
    // A closed connection ends a read that would wait beyond the time.
    limit.signal.addEventListener("abort", () => close(connection), { once: true });
    return await askForPage(connection, where, check.path);
  } catch (error) {
    const isLate = limit.signal.aborted;
    const reason = isLate ? `no answer within ${timeoutMs / 1000}s` : reasonOf(error);
    return { passed: false, reason: `${where}: ${reason}` };
  } finally {
    clearTimeout(timer);
    abort.removeEventListener("abort", end);
  }
}

async function connect(target: Target, signal: AbortSignal): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: target.address, port: target.port, signal });
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

/** HTTP by hand: `fetch` would go through a proxy of the environment and keep connections open. */
async function askForPage(
  connection: Deno.TcpConn,
  where: string,
  path: string,
): Promise<Outcome> {
  const request = `GET ${path} HTTP/1.1\r\nHost: ${where}\r\nUser-Agent: rserpool-check\r\n` +
    `Accept: */*\r\nConnection: close\r\n\r\n`;
  const bytes = new TextEncoder().encode(request);
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await connection.write(rest));
  }
  const status = await readStatus(connection);
  const match = STATUS_LINE.exec(status);
  if (match === null) return { passed: false, reason: `${where}: answers, but not in HTTP` };
  await readRest(connection);
  const code = Number(match[1]);
  if (code >= FIRST_GOOD_STATUS && code <= LAST_GOOD_STATUS) return { passed: true };
  return { passed: false, reason: `${where}${path}: HTTP status ${code}` };
}

async function readStatus(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(STATUS_LINE_BYTES);
  let text = "";
  while (!text.includes("\n") && text.length < STATUS_LINE_BYTES) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count));
  }
  return text.split("\n")[0]!;
}

/** Lets the server send its page; whether it can is not asked, once its status is known. */
async function readRest(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    for (let left = RESPONSE_BYTES; left > 0;) {
      const count = await connection.read(buffer);
      if (count === null) return;
      left -= count;
    }
  } catch {
    // Out of time, or reset after the status.
  }
}

async function probeExec(
  command: string,
  timeoutMs: number,
  abort: AbortSignal,
): Promise<Outcome> {
  const { code, stdout, stderr } = await runShellCommand(command, timeoutMs, abort);
  if (code === 0) return { passed: true };
  const what = code === undefined ? `not ended within ${timeoutMs / 1000}s` : `exit code ${code}`;
  const said = (stderr.trim() || stdout.trim()).split("\n").at(-1)!.slice(0, 200);
  return { passed: false, reason: `exec: ${what}${said === "" ? "" : ` (${said})`}` };
}
