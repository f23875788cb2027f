/** DNS messages as tests write and read them, by the library that clients use. */
import {
  type Answer,
  decode,
  encode,
  type Packet,
  type Question,
  type RecordType,
  RECURSION_DESIRED,
} from "@dnsquery/dns-packet";
import type { Responder, Way } from "../../../cli/dns/responder.ts";

/** EDNS as a client says it. */
export interface EdnsOf {
  readonly size?: number;
  readonly version?: number;
  readonly flags?: number;
}

/** A query of one question. */
export function queryOf(
  name: string,
  type: string,
  { edns, klass = "IN" }: { readonly edns?: EdnsOf | undefined; readonly klass?: string } = {},
): Uint8Array {
  const question = { name, type, class: klass } as unknown as Question;
  const opt = {
    type: "OPT",
    name: ".",
    udpPayloadSize: edns?.size ?? 1232,
    ednsVersion: edns?.version ?? 0,
    flags: edns?.flags ?? 0,
    options: [],
  } as unknown as Answer;
  return encode({
    type: "query",
    id: 4711,
    flags: RECURSION_DESIRED,
    questions: [question],
    additionals: edns === undefined ? [] : [opt],
  });
}

/** An answer, as it is told: the response code, and records in words. */
export interface Told {
  readonly rcode: string;
  readonly flags: string;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
  readonly packet: Packet;
  readonly bytes: Uint8Array;
}

/** Asks, and reads the answer. */
export async function ask(
  responder: Responder,
  name: string,
  type: string,
  { way = "udp", ...options }: {
    readonly edns?: EdnsOf;
    readonly klass?: string;
    readonly way?: Way;
  } = {},
): Promise<Told> {
  const bytes = await responder.respond(queryOf(name, type, options), way);
  if (bytes === undefined) throw new Error("it was not answered");
  return told(bytes);
}

/** Reads an answer. */
export function told(bytes: Uint8Array): Told {
  const packet = decode(bytes);
  const { flag_aa, flag_tc, flag_rd, rcode } = packet;
  const flags = [flag_aa && "aa", flag_tc && "tc", flag_rd && "rd"].filter(Boolean).join(" ");
  const words = (records: readonly Answer[] = []) => records.map(wordsOf);
  const { answers, authorities, additionals } = packet;
  return {
    rcode: String(rcode),
    flags,
    answers: words(answers),
    authorities: words(authorities),
    additionals: words(additionals),
    packet,
    bytes,
  };
}

function wordsOf(record: Answer): string {
  const { name, type, data } = record as { name: string; type: RecordType; data: unknown };
  if (type as string === "OPT") {
    const { extendedRcode, ednsVersion, udpPayloadSize, flags } = record as unknown as {
      readonly [key: string]: number;
    };
    return `OPT ${extendedRcode} ${ednsVersion} ${udpPayloadSize} ${flags}`;
  }
  if (type === "SRV") {
    const { priority, weight, port, target } = data as { readonly [key: string]: unknown };
    return `${name} SRV ${priority} ${weight} ${port} ${target}`;
  }
  if (type === "SOA") return `${name} SOA`;
  if (type === "HINFO") return `${name} HINFO ${(data as { cpu: string }).cpu}`;
  return `${name} ${type} ${data}`;
}
