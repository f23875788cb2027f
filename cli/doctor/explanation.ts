/** Why a registrar could not be asked, found out by asking it in another way. */

import { type Asked, wrongPortHint } from "../answer.ts";
import type { Api, Attempt, NetTransport } from "../api.ts";
import { type Asap, probeHandle, resolve } from "./asap_checks.ts";
import type { ClientWay } from "./client_files.ts";
import {
  type AnyMessage,
  Conversation,
  failureInWords,
  Unanswered,
  type Way,
} from "./conversation.ts";
import { askList, type Enrp } from "./enrp_checks.ts";
import { withClock } from "./finding.ts";

/** Words of TLS by which the other side may mean that it speaks something else. */
const MISUNDERSTOOD =
  /closed it before|no TLS is spoken|no cipher suite|no pre-shared-key|does not speak/;

/** Says why, as far as that can be found out, and what can be done. */
export async function explain(
  error: unknown,
  way: Way,
  client: ClientWay,
  api: Api,
): Promise<string> {
  const words = withClock(failureInWords(error, way), Date.now());
  const { reason = "silent" } = error as Partial<Pick<Attempt, "reason">>;
  const asked = way.protocol.toUpperCase() as Asked;
  const hint = wrongPortHint([{ address: way.to, reason }], asked, client.security);
  return words + (hint || await foundOut(error, words, way, client, api));
}

async function foundOut(
  error: unknown,
  words: string,
  way: Way,
  client: ClientWay,
  api: Api,
): Promise<string> {
  const isHungUp = error instanceof Unanswered && error.isHungUp;
  if (isHungUp && client.security === "plain") {
    return "; perhaps TLS is spoken there (--ca FILE or --psk-file FILE)";
  }
  if (isHungUp && client.anonymous !== undefined) {
    return await answers({ ...way, transport: client.anonymous })
      ? ": it refuses the certificate of --cert, for without it it answers; its log says why"
      : "";
  }
  if (client.security === "plain" || !MISUNDERSTOOD.test(words)) return "";
  const plain: NetTransport = api.tcpTransport();
  if (await answers({ ...way, transport: plain })) {
    return "; no TLS is spoken at that port: a registrar answers there without";
  }
  const other = way.protocol === "asap" ? "enrp" : "asap";
  if (await opens({ ...way, protocol: other })) {
    return `; ${other.toUpperCase()} is spoken there, not ${way.protocol.toUpperCase()}`;
  }
  return client.security === "psk"
    ? "; perhaps TLS with certificates is spoken there (--ca FILE)"
    : "; perhaps TLS with pre-shared keys is spoken there (--psk-file FILE)";
}

/** Whether a registrar answers anything at all. */
async function answers(way: Way): Promise<boolean> {
  const ask = way.protocol === "asap"
    ? (asap: Asap) => resolve(asap, probeHandle())
    : (enrp: Enrp) => askList(enrp);
  return await succeeds(way, ask as (conversation: Conversation<AnyMessage>) => Promise<unknown>);
}

/** Whether a connection can be had. */
async function opens(way: Way): Promise<boolean> {
  return await succeeds(way, () => Promise.resolve());
}

async function succeeds(
  way: Way,
  ask: (conversation: Conversation<AnyMessage>) => Promise<unknown>,
): Promise<boolean> {
  try {
    const conversation = await Conversation.open(way);
    await ask(conversation).finally(() => conversation.close());
    return true;
  } catch (error) {
    failureInWords(error, way);
    return false;
  }
}
