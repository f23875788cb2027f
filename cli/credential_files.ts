/** The files that certificates, keys and pre-shared keys come from. */

import type { Api, CertificateCredentials, Pem } from "./api.ts";
import type { Context } from "./command.ts";
import { UsageError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import type { SharedValues } from "./options.ts";
import { refuseSharedFile } from "./private_file.ts";
import type { World } from "./world.ts";

/** Bytes of a file of certificates: room for some hundred, and for long revocation lists. */
const MAX_PEM_BYTES = 1 << 20;

/** Where the certificates of a process are. */
export interface CertificatePaths {
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

type Files = Pick<World, "readFile" | "fileAccess">;

/**
 * Reads certificates and their key. What is in them is for the transport to judge.
 *
 * @throws {UsageError} that names the file, if one is missing or unreadable, or if others than its
 * owner can read the key.
 */
export async function readCertificates(
  files: Files,
  { ca, cert, key }: CertificatePaths,
): Promise<CertificateCredentials> {
  return {
    ca: await readPem(files, "the trusted certificates", ca),
    ...(cert === undefined ? {} : { cert: await readPem(files, "the certificate", cert) }),
    ...(key === undefined ? {} : { key: await readKey(files, key) }),
  };
}

/**
 * Reads a certificate and its key, where nobody else's is to be judged.
 *
 * @throws {UsageError} as `readCertificates` does.
 */
export async function readServerPair(
  files: Files,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<{ readonly cert: Pem; readonly key: Pem }> {
  return { cert: await readPem(files, "the certificate", cert), key: await readKey(files, key) };
}

/**
 * Says what will soon keep others from believing these certificates, or does already.
 *
 * @throws {CredentialsInvalid} when they cannot be used at all.
 */
export async function warnOfCertificates(
  { log }: Pick<Context, "log">,
  api: Api,
  credentials: CertificateCredentials,
  role: "client" | "registrar",
): Promise<void> {
  for (const warning of await api.certificateWarnings(credentials, { role })) {
    log.event("warning", "certificate-doubtful", {}, warning);
  }
}

/** A path as it stands in a file: relative to that file. */
export function besideFile(file: string, path: string): string {
  const folder = /^.*[/\\]/.exec(file)?.[0] ?? "";
  return /^([/\\]|[a-z]:[/\\])/i.test(path) ? path : folder + path;
}

/** The path that an option gives; one in the configuration file is relative to that file. */
export function pathOf<K extends string>(
  { sourceOf }: Pick<Context, "sourceOf">,
  options: Readonly<Partial<Record<K, string>>> & Pick<SharedValues, "config">,
  key: K,
): string | undefined {
  const path = options[key];
  if (path === undefined || sourceOf(key) !== "file") return path;
  return besideFile(options.config!, path);
}

async function readKey(files: Files, path: string): Promise<Pem> {
  try {
    refuseSharedFile(path, await files.fileAccess(path));
  } catch (error) {
    throw error instanceof UsageError ? error : unreadable("the private key", path, error);
  }
  return await readPem(files, "the private key", path);
}

async function readPem(files: Files, what: string, path: string): Promise<Pem> {
  let bytes: Uint8Array;
  try {
    bytes = await files.readFile(path, MAX_PEM_BYTES + 1);
  } catch (error) {
    throw unreadable(what, path, error);
  }
  if (bytes.length > MAX_PEM_BYTES) {
    throw new UsageError(`${path} is longer than ${MAX_PEM_BYTES} bytes`);
  }
  const text = new TextDecoder().decode(bytes);
  if (text.includes("-----BEGIN ")) return { path, text };
  throw new UsageError(`${path} is not PEM: it has no line that begins with -----BEGIN`);
}

function unreadable(what: string, path: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${what} ${path}: ${reasonOf(error)}`);
}
