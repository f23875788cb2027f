/** Which listeners of HTTP are over TLS, and who may read there. docs/security.md. */

import { type Address, formatAddress, isLoopback } from "../address.ts";
import type { CertificateCredentials, Permissions } from "../api.ts";
import { requirePair } from "../client_security.ts";
import type { Context } from "../command.ts";
import { pathOf, readServerPair } from "../credential_files.ts";
import { UsageError } from "../exit.ts";
import { refuseAlone } from "../lone_option.ts";
import type { SharedValues } from "../options.ts";
import type { GuardSettings } from "./guard.ts";
import { HTTP_OPTIONS, type HttpValues } from "./options.ts";

type Options = HttpValues & SharedValues;

const HTTP_NEEDED = "--http HOST:PORT";

/** What a command knows that not everybody may read. */
export interface Secret {
  /** Certificates by which others are known; absent: nobody can prove anything over HTTP. */
  readonly certificates?: CertificateCredentials | undefined;
  /** Who may do what; absent: there is nothing by which somebody could be allowed. */
  readonly permissions?: Permissions | undefined;
}

/** How the listeners of a command serve. */
export interface Access {
  /** Those that are for everybody who reaches them, without TLS. */
  readonly plain: readonly Address[];
  /** Those over TLS. */
  readonly secured: readonly Address[];
  /** What those over TLS are made of. */
  readonly guard: GuardSettings | undefined;
  /** Whether everybody may read who reaches them. */
  readonly isOpen: boolean;
  /** Why that is worth more than a word: somebody wanted it although security is on. */
  readonly isInsecure: boolean;
}

/**
 * Decides it of the options, and reads the files.
 *
 * @param secret absent: everybody may read everything anyway.
 * @throws {UsageError} if they make no sense together, or a file is missing, unreadable or wrong.
 */
export async function accessOf(
  context: Context,
  options: Options,
  secret: Secret | undefined,
): Promise<Access> {
  const { http, allowInsecureHttp } = options;
  if (http.length === 0) {
    refuseAlone(context, { allowInsecureHttp: HTTP_OPTIONS.allowInsecureHttp }, HTTP_NEEDED);
  }
  const own = await ownPair(context, options);
  const isOpen = secret === undefined || allowInsecureHttp;
  const forOthers = http.filter(({ host }) => !isLoopback(host));
  const identifying = isOpen ? undefined : identifyingOf(secret);
  if (!isOpen && identifying === undefined) requireNone(forOthers, secret);
  const secured = own !== undefined ? http : isOpen ? [] : forOthers;
  const pair = own ?? identifying?.certificates;
  const isGuarded = secured.length > 0 && pair !== undefined;
  return {
    plain: http.filter((address) => !secured.includes(address)),
    secured,
    guard: isGuarded
      ? { ...identifying, certificates: { ...identifying?.certificates, ...pair } }
      : undefined,
    isOpen,
    isInsecure: isOpen && secret !== undefined,
  };
}

/** By what it can be known who somebody is and what it may read. */
function identifyingOf({ certificates, permissions }: Secret): GuardSettings | undefined {
  if (certificates === undefined || permissions === undefined) return undefined;
  const { ca, cert, key } = certificates;
  if (cert === undefined || key === undefined) return undefined;
  return { certificates: { ca, cert, key }, permissions };
}

async function ownPair(context: Context, options: Options) {
  const cert = pathOf(context, options, "httpCert");
  const key = pathOf(context, options, "httpKey");
  requirePair("--http-cert", cert, "--http-key", key);
  if (cert === undefined || key === undefined) return undefined;
  if (options.http.length === 0) {
    if (context.sourceOf("httpCert") === "file") return undefined;
    throw new UsageError(`--http-cert needs ${HTTP_NEEDED}`);
  }
  return await readServerPair(context.world, { cert, key });
}

/** Nobody may go round what the section security: says of reading. */
function requireNone([first]: readonly Address[], { permissions }: Secret): void {
  if (first === undefined) return;
  const why = permissions === undefined
    ? "this command can tell nobody apart, and knows what only some may read"
    : "without --ca, --cert and --key nobody can prove over HTTP who it is";
  throw new UsageError(
    `--http ${formatAddress(first)}: ${why}; listen on 127.0.0.1, or say --allow-insecure-http`,
  );
}

/** What an operator should know of listeners that others reach; `undefined`: nothing. */
export function openWords(
  addresses: readonly Address[],
  { isOpen, isInsecure }: Pick<Access, "isOpen" | "isInsecure">,
): { readonly addresses: readonly string[]; readonly words: string } | undefined {
  const open = addresses.filter(({ host }) => isOpen && !isLoopback(host)).map(formatAddress);
  if (open.length === 0) return undefined;
  const although = isInsecure ? ", although security is on (--allow-insecure-http)" : "";
  const words = `whoever reaches ${open.join(", ")} over HTTP may read everything there${although}`;
  return { addresses: open, words };
}
