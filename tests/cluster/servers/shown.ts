/** What a script shows in a secured cluster: the variable SHOWN, as JSON. */
import {
  certificateTransport,
  type NetTransport,
  type Pem,
  pskTransport,
  tcpTransport,
} from "../../../mod.ts";
import type { Shown } from "../credentials.ts";

/** The transport by which it does; TCP, if there is no such variable. */
export async function shownTransport(): Promise<NetTransport> {
  const text = Deno.env.get("SHOWN");
  if (text === undefined) return tcpTransport();
  const shown = JSON.parse(text) as Shown;
  if (shown.kind === "psk") {
    const digits = (await Deno.readTextFile(shown.file)).match(/../g)!;
    const key = Uint8Array.from(digits, (pair) => parseInt(pair, 16));
    return await pskTransport({ own: { identity: shown.identity, key } });
  }
  const { ca, cert, key } = shown;
  return await certificateTransport({
    ca: await pem(ca),
    cert: cert === undefined ? undefined : await pem(cert),
    key: key === undefined ? undefined : await pem(key),
  });
}

async function pem(path: string): Promise<Pem> {
  return { path, text: await Deno.readTextFile(path) };
}
