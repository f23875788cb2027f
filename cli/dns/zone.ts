/** The zone: which names there are, and what is answered for them. RFC 3237 §2.6. */

import type { PoolElementValue as PoolElement, PoolHandle } from "../api.ts";
import { DNS_LIMITS } from "./limits.ts";
import { type HandleCodec, handleOf, poolLabel, SERVER_LABEL } from "./names.ts";
import type { SrvPlace } from "./order.ts";
import { CLASS_IN, type Query, RCODE, TYPE } from "./query.ts";
import type { DnsRecord, RecordData, Reply } from "./reply.ts";

/** What a pool is to the zone. */
export type PoolView =
  | { readonly kind: "unknown" }
  /** No registrar says. */
  | { readonly kind: "unavailable" }
  | KnownPool;

/** A pool that there is. */
export interface KnownPool {
  readonly kind: "known";
  /** Elements with an address of this version, in the order of the policy; one turn is taken. */
  order(version: 4 | 6): readonly PoolElement[];
  /** Elements of this transport protocol; one turn is taken. */
  places(protocol: string): readonly SrvPlace[];
  find(identifier: number): PoolElement | undefined;
}

/** What a zone is made of. */
export interface ZoneSettings {
  /** Labels in lower case. */
  readonly zone: readonly string[];
  /** Addresses of this server, which are those of the name in NS. */
  readonly addresses: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly codec: HandleCodec;
}

/** What a name in the zone is. */
export type Place =
  | { readonly kind: "apex" }
  | { readonly kind: "server" }
  /** A name that is only there because of those below it. RFC 8020. */
  | { readonly kind: "between" }
  | { readonly kind: "pool"; readonly poolHandle: PoolHandle }
  | { readonly kind: "service"; readonly poolHandle: PoolHandle; readonly protocol: string }
  | { readonly kind: "element"; readonly poolHandle: PoolHandle; readonly identifier: number };

/** The names of transport protocols, RFC 8552 §4.1, and what RSerPool calls them. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  _tcp: "tcp",
  _udp: "udp",
  _sctp: "sctp",
  _dccp: "dccp",
  _udplite: "udp-lite",
};

const NEGATIVE_TTL = DNS_LIMITS.negativeMs / 1000;
const SOA_TIMES = { serial: 1, refresh: 3_600, retry: 600, expire: 86_400 };

/** Answers questions about one zone; what it knows of pools is given with each question. */
export class Zone {
  private readonly settings: ZoneSettings;

  constructor(settings: ZoneSettings) {
    this.settings = settings;
  }

  /** Labels of its name. */
  get size(): number {
    return this.settings.zone.length;
  }

  /**
   * The pool that has to be known for the answer; `undefined` if there is no such pool or none is
   * needed.
   */
  poolOf(query: Query): PoolHandle | undefined {
    if (this.refusal(query) !== undefined) return undefined;
    const place = this.place(query.labels);
    return place !== undefined && "poolHandle" in place ? place.poolHandle : undefined;
  }

  /** The answer. */
  answer(query: Query, view: PoolView): Reply {
    const refusal = this.refusal(query);
    if (refusal !== undefined) return bare(refusal);
    const place = this.place(query.labels);
    if (place === undefined) return this.negative(RCODE.NXDOMAIN);
    if ("poolHandle" in place) {
      if (view.kind === "unavailable") return bare(RCODE.SERVFAIL);
      if (view.kind === "unknown") return this.negative(RCODE.NXDOMAIN);
      if (place.kind === "element" && view.find(place.identifier) === undefined) {
        return this.negative(RCODE.NXDOMAIN);
      }
    }
    // RFC 8482 §4.2: something small, and nothing of what there is.
    const answers = query.type === TYPE.ANY
      ? [this.record({ type: "HINFO", data: { cpu: "RFC8482", os: "" } })]
      : this.records(place, query.type, view);
    if (answers.length === 0) return this.negative(RCODE.NOERROR);
    const additionals = this.glue(place, answers, view);
    return { rcode: RCODE.NOERROR, isAuthoritative: true, answers, authorities: [], additionals };
  }

  /** Why a query is not answered, as a response code. */
  private refusal(query: Query): number | undefined {
    const { zone } = this.settings;
    if (query.edns !== undefined && query.edns.version !== 0) return RCODE.BADVERS;
    if (query.class !== CLASS_IN) return RCODE.REFUSED;
    const end = query.labels.slice(-zone.length);
    const isWithin = end.length === zone.length && end.every((label, i) => label === zone[i]);
    if (!isWithin) return RCODE.REFUSED;
    // From OPT on: transfers and others that are no types of records. RFC 6895 §3.1.
    const isMeta = query.type === TYPE.OPT || (query.type >= 128 && query.type < TYPE.ANY);
    return isMeta || query.type === 0 ? RCODE.REFUSED : undefined;
  }

  /** What a name within the zone is; `undefined` if it cannot be any. */
  private place(labels: readonly string[]): Place | undefined {
    const { zone, codec } = this.settings;
    const [last, second, third] = labels.slice(0, labels.length - zone.length).reverse();
    if (third !== undefined) return undefined;
    if (last === undefined) return { kind: "apex" };
    const protocol = Object.hasOwn(PROTOCOLS, last) ? PROTOCOLS[last] : undefined;
    if (second === undefined) {
      if (last === SERVER_LABEL) return { kind: "server" };
      if (protocol !== undefined) return { kind: "between" };
      const poolHandle = handleOf(last, codec);
      return poolHandle === undefined ? undefined : { kind: "pool", poolHandle };
    }
    if (protocol !== undefined) {
      const poolHandle = second.startsWith("_") ? handleOf(second.slice(1), codec) : undefined;
      return poolHandle === undefined ? undefined : { kind: "service", poolHandle, protocol };
    }
    const poolHandle = handleOf(last, codec);
    if (poolHandle === undefined || !/^[0-9a-f]{8}$/.test(second)) return undefined;
    return { kind: "element", poolHandle, identifier: parseInt(second, 16) };
  }

  private records(place: Place, type: number, view: PoolView): DnsRecord[] {
    switch (place.kind) {
      case "between":
        return [];
      case "apex":
        if (type === TYPE.SOA) return [this.soa()];
        return type === TYPE.NS ? [this.record({ type: "NS", data: this.server() })] : [];
      case "server":
        return this.settings.addresses.filter((each) => typeOf(each) === type)
          .map((each) => this.address(each));
      case "pool":
      case "service":
      case "element":
        return view.kind === "known" ? this.poolRecords(place, type, view) : [];
    }
  }

  private poolRecords(
    place: Extract<Place, { poolHandle: PoolHandle }>,
    type: number,
    pool: KnownPool,
  ): DnsRecord[] {
    if (place.kind === "service") {
      if (type !== TYPE.SRV) return [];
      return pool.places(place.protocol).map((each) => this.srv(each, place.poolHandle));
    }
    if (type !== TYPE.A && type !== TYPE.AAAA) return [];
    const elements = place.kind === "element"
      ? [pool.find(place.identifier)!]
      : pool.order(type === TYPE.A ? 4 : 6);
    // Two elements of one host are one address.
    const addresses = new Set(elements.flatMap(addressesOf));
    return [...addresses].filter((each) => typeOf(each) === type).map((each) => this.address(each));
  }

  /** The addresses of what the answers name. */
  private glue(place: Place, answers: readonly DnsRecord[], view: PoolView): DnsRecord[] {
    const { addresses, codec } = this.settings;
    if (place.kind === "apex") {
      if (!answers.some(({ type }) => type === "NS")) return [];
      return addresses.map((each) => this.address(each, [SERVER_LABEL]));
    }
    if (place.kind !== "service" || view.kind !== "known") return [];
    return answers.flatMap((each) => {
      if (each.type !== "SRV") return [];
      const [label] = each.data.target.split(".");
      const element = view.find(parseInt(label!, 16))!;
      const owner = [label!, poolLabel(place.poolHandle, codec)!];
      return addressesOf(element).map((address) => this.address(address, owner));
    });
  }

  private srv({ element, priority, weight }: SrvPlace, poolHandle: PoolHandle): DnsRecord {
    const { zone, codec } = this.settings;
    const labels = [elementLabel(element), poolLabel(poolHandle, codec)!, ...zone];
    const port = element.transport.protocol === "opaque" ? 0 : element.transport.port;
    return this.record({ type: "SRV", data: { priority, weight, port, target: labels.join(".") } });
  }

  private address(data: string, owner?: readonly string[]): DnsRecord {
    const { ttl } = this.settings;
    return { type: typeOf(data) === TYPE.A ? "A" : "AAAA", data, ttl, owner };
  }

  private record(data: RecordData): DnsRecord {
    return { ...data, ttl: this.settings.ttl };
  }

  private negative(rcode: number): Reply {
    const authorities = [this.soa()];
    return { rcode, isAuthoritative: true, answers: [], authorities, additionals: [] };
  }

  /** Resolvers remember what there is not as long as its last number and its TTL. RFC 2308 §5. */
  private soa(): DnsRecord {
    const mname = this.server();
    const rname = `hostmaster.${this.settings.zone.join(".")}`;
    const data = { mname, rname, ...SOA_TIMES, minimum: NEGATIVE_TTL };
    return { type: "SOA", data, ttl: NEGATIVE_TTL, owner: [] };
  }

  private server(): string {
    return [SERVER_LABEL, ...this.settings.zone].join(".");
  }
}

/** The label of an element below that of its pool. */
function elementLabel({ identifier }: PoolElement): string {
  return identifier.toString(16).padStart(8, "0");
}

/** The addresses at which an element serves. */
export function addressesOf({ transport }: PoolElement): readonly string[] {
  return transport.protocol === "opaque" ? [] : transport.addresses;
}

/** The type of the record that an address stands in. */
function typeOf(address: string): number {
  return address.includes(":") ? TYPE.AAAA : TYPE.A;
}

function bare(rcode: number): Reply {
  return { rcode, isAuthoritative: false, answers: [], authorities: [], additionals: [] };
}
