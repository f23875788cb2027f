/** The secured transport of a client. Loaded where TLS is wanted, as it needs the whole library. */

import type { Api, PskCredentials, SecureTransport } from "./api.ts";
import type { ClientSecurity, Secured } from "./client_security.ts";
import type { Context } from "./command.ts";
import { pathOf, readCertificates, warnOfCertificates } from "./credential_files.ts";
import { UsageError } from "./exit.ts";
import { explain, reasonOf } from "./failure.ts";
import type { SharedValues } from "./options.ts";
import { type PskFile, pskKeyOf, readPskFile } from "./psk_file.ts";

/**
 * Makes the transport that options ask for.
 *
 * @throws {UsageError} if a file is missing, unreadable or wrong.
 */
export async function clientTransport(
  context: Context,
  options: SharedValues,
  security: Exclude<ClientSecurity, "plain">,
): Promise<Secured> {
  const api = await context.api();
  return security === "psk"
    ? await pskClient(context, options, api)
    : await certificateClient(context, options, api);
}

async function certificateClient(
  context: Context,
  options: SharedValues,
  api: Api,
): Promise<Secured> {
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    pathOf(context, options, name)
  );
  const read = async () => {
    const files = await readCertificates(context.world, { ca: ca!, cert, key });
    return { ...files, serverName: options.serverName };
  };
  const credentials = await read();
  const transport = await api.certificateTransport(credentials);
  await warnOfCertificates(context, api, credentials, "client");
  const secured = reloading(context, transport, async () => {
    const credentials = await read();
    await transport.replace(credentials);
    await warnOfCertificates(context, api, credentials, "client");
  });
  return { ...secured, showsCertificate: cert !== undefined };
}

async function pskClient(
  context: Context,
  options: SharedValues,
  api: Api,
): Promise<Secured> {
  const path = pathOf(context, options, "pskFile")!;
  const read = async () => {
    return ownKey(await readPskFile(context.world, path), options.pskIdentity);
  };
  const transport = await api.pskTransport(await read());
  return reloading(context, transport, async () => transport.replace(await read()));
}

function reloading(
  { log }: Context,
  transport: SecureTransport,
  replace: () => Promise<void>,
): Secured {
  const reload = async () => {
    try {
      await replace();
      const message = "SIGHUP: certificates and keys are read anew, for connections from now on";
      log.event("notice", "reloaded", {}, message);
    } catch (error) {
      const why = explain(error).message || reasonOf(error);
      log.event("error", "reload-failed", {}, `SIGHUP: nothing is changed: ${why}`);
    }
  };
  return { transport, reload };
}

function ownKey(file: PskFile, given: string | undefined): PskCredentials {
  const identity = given ?? onlyIdentity(file);
  return { own: { identity, key: pskKeyOf(file, identity) } };
}

function onlyIdentity({ path, keys }: PskFile): string {
  const [only, ...more] = keys.keys();
  if (only !== undefined && more.length === 0) return only;
  const what = only === undefined ? "no identity" : `${keys.size} identities`;
  throw new UsageError(`${path} has ${what}: say which one by --psk-identity`);
}
