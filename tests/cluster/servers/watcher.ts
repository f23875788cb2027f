/**
 * Tells what a registrar on its host holds: a JSON line at every change. `rserpool dump` tells the
 * same for more processor time than two processors have for five registrars. Argument: the ENRP
 * address.
 */
import { formatIdentifier, Observer } from "../../../mod.ts";
import { paced } from "../pace.ts";
import { socketAddress } from "../socket_address.ts";
import { shownTransport } from "./shown.ts";

const CYCLE_MS = 200;

const registrars = [socketAddress(Deno.args[0]!)];
const transport = await shownTransport();
let last = "";

async function look(): Promise<void> {
  const line = JSON.stringify(await seen());
  if (line === last) return;
  last = line;
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function seen(): Promise<unknown> {
  await using observer = new Observer({ registrars, transport });
  try {
    const { pools } = await observer.handleTable({ timeoutMs: 1_000 });
    const { peers } = await observer.peers({ timeoutMs: 1_000 });
    const elements = pools.flatMap(({ poolElements }) =>
      poolElements.map(({ identifier, home }) => [identifier, home].map(formatIdentifier).join("@"))
    );
    const known = peers.map(({ identifier, peerStatus }) =>
      `${formatIdentifier(identifier)} ${peerStatus?.state}`
    );
    return { elements: elements.sort(), peers: known.sort() };
  } catch {
    return "nothing";
  }
}

paced(CYCLE_MS, look);
