/** What a registrar answers to those who come without TLS. RFC 5355 §2.15; protocol decision 30. */

import { formatAddress } from "../address.ts";
import type { Api, PoolHandle, SocketAddress } from "../api.ts";
import {
  type Asap,
  deregister,
  isRefused,
  probeHandle,
  resolve,
  unusedIdentifier,
} from "./asap_checks.ts";
import { Conversation, failureInWords, Unanswered, type Way } from "./conversation.ts";
import { askList, type Enrp } from "./enrp_checks.ts";
import type { Findings } from "./finding.ts";

/** Looks at a plaintext port of ASAP: a secured registrar only refuses there. */
export async function checkPlainAsap(
  api: Api,
  to: SocketAddress,
  poolHandle: PoolHandle | undefined,
  left: () => number,
  findings: Findings,
): Promise<void> {
  const way = { api, transport: api.tcpTransport(), to, protocol: "asap", left } as const;
  await look(way, findings, async (asap: Asap) => {
    const told = await tellPlainAsap(asap, api, poolHandle, where(to), findings);
    if (!told) findings.add("plaintext", "ok", `${where(to)} only refuses: it wants TLS`);
  });
}

/** Looks at a plaintext port of ENRP. */
export async function checkPlainEnrp(
  api: Api,
  to: SocketAddress,
  left: () => number,
  findings: Findings,
): Promise<void> {
  const way = { api, transport: api.tcpTransport(), to, protocol: "enrp", left } as const;
  await look(way, findings, async (enrp: Enrp) => {
    const { value } = await askList(enrp);
    if (value === undefined) {
      findings.add("plaintext", "ok", `${where(to)} only refuses: it wants TLS`);
    } else {
      const what = "tells its peers without TLS, and takes anybody for one";
      findings.add("plaintext", "warning", `${where(to)} ${what}`);
    }
  });
}

/** Tells what a registrar grants without TLS; whether there was anything to tell. */
export async function tellPlainAsap(
  asap: Asap,
  api: Api,
  poolHandle: PoolHandle | undefined,
  who: string,
  findings: Findings,
): Promise<boolean> {
  const handle = poolHandle ?? probeHandle();
  const resolution = await resolve(asap, handle);
  const identifier = unusedIdentifier(resolution.elements);
  const { causes } = await deregister(asap, handle, identifier);
  if (!isRefused(causes, api)) {
    const what = "is without security: whoever reaches it may read and change everything";
    findings.add("plaintext", "warning", `${who} ${what}`);
    return true;
  }
  if (isRefused(resolution.causes, api)) return false;
  const what = "answers pool users without TLS: nobody proves to them who answers";
  findings.add("plaintext", "warning", `${who} ${what}`);
  return true;
}

async function look<C extends Asap | Enrp>(
  way: Way,
  findings: Findings,
  questions: (conversation: C) => Promise<void>,
): Promise<void> {
  let conversation: C | undefined;
  try {
    conversation = await Conversation.open(way) as C;
    await questions(conversation);
  } catch (error) {
    const why = failureInWords(error, way);
    const what = error instanceof Unanswered
      ? `no registrar answers without TLS at ${formatAddress(way.to)}`
      : `nothing is reached without TLS at ${formatAddress(way.to)}`;
    findings.add("plaintext", "ok", `${what} (${why})`);
  } finally {
    await conversation?.close();
  }
}

function where(to: SocketAddress): string {
  return `the port without TLS, ${formatAddress(to)},`;
}
