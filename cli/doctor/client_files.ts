/** The files that secure a client, and the transport that they make. */

import type { Api, NetTransport } from "../api.ts";
import { type ClientSecurity, clientSecurity } from "../client_security.ts";
import { clientTransport } from "../client_transport.ts";
import type { Context } from "../command.ts";
import { pathOf } from "../credential_files.ts";
import type { SharedValues } from "../options.ts";
import { readPskFile } from "../psk_file.ts";
import { checkCertificateFiles, EXPIRY_WARNING_MS, wordsOf } from "./certificate_files.ts";
import type { Findings } from "./finding.ts";

const NOTHING_SHOWN = { cert: undefined, key: undefined } as const;

/** How registrars are asked. */
export interface ClientWay {
  readonly security: ClientSecurity;
  readonly transport: NetTransport;
  /** With a certificate to show: the same without showing it. */
  readonly anonymous?: NetTransport | undefined;
  /** The same as it will be when certificates that expire soon have expired. */
  readonly later?: NetTransport | undefined;
}

/**
 * Looks at the files that the options name; `undefined`: nobody can be asked with them.
 *
 * @param isRegistrar whether the certificate is to be one of a registrar.
 */
export async function checkClientFiles(
  context: Context,
  options: SharedValues,
  isRegistrar: boolean,
  findings: Findings,
): Promise<ClientWay | undefined> {
  const api = await context.api();
  const security = clientSecurity(context, options);
  if (security === "plain") return { security, transport: api.tcpTransport() };
  if (security === "psk") {
    const transport = await pskTransport(context, options, findings);
    return transport && { security, transport };
  }
  return await certificateWay(context, options, api, isRegistrar, findings);
}

async function pskTransport(
  context: Context,
  options: SharedValues,
  findings: Findings,
): Promise<NetTransport | undefined> {
  try {
    const { transport } = await clientTransport(context, options, "psk");
    const path = pathOf(context, options, "pskFile")!;
    const { keys } = await readPskFile(context.world, path);
    const identity = JSON.stringify(options.pskIdentity ?? [...keys.keys()][0]);
    findings.add("psk", "ok", `${path}: the key of the identity ${identity} can be used`);
    return transport;
  } catch (error) {
    findings.add("psk", "wrong", wordsOf(error));
    return undefined;
  }
}

async function certificateWay(
  context: Context,
  options: SharedValues,
  api: Api,
  isRegistrar: boolean,
  findings: Findings,
): Promise<ClientWay | undefined> {
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    pathOf(context, options, name)
  );
  const holder = { use: "client", needsRole: isRegistrar } as const;
  const paths = { ca: ca!, cert, key };
  const usable = await checkCertificateFiles(
    api,
    context.world,
    paths,
    holder,
    findings,
    Date.now(),
  );
  if (usable === undefined) return undefined;
  if (isRegistrar && cert === undefined) {
    findings.add("certificates", "wrong", "a registrar needs a certificate: --cert and --key");
  }
  const credentials = { ...usable.credentials, serverName: options.serverName };
  const now = () => Date.now() + EXPIRY_WARNING_MS;
  return {
    security: "certificate",
    transport: await api.certificateTransport(credentials),
    anonymous: cert === undefined
      ? undefined
      : await api.certificateTransport({ ...credentials, ...NOTHING_SHOWN }),
    later: await api.certificateTransport(credentials, { now }),
  };
}
