/**
 * What the command line shows of the library's values: records of its own, whose keys scripts rely
 * on. Keys may be added, never changed or removed.
 */

import { bracketed } from "./address.ts";
import type { ClientApi, ListedServer, Policy, PoolElementValue, Transport } from "./api.ts";
import type { Table } from "./table.ts";

type Record_ = Readonly<Record<string, unknown>>;

/** A pool element in JSON. */
export interface PoolElementView {
  readonly identifier: string;
  readonly home: string;
  /** The life as registered, in milliseconds; `null` for infinite. */
  readonly lifetimeMs: number | null;
  readonly transport: Record_;
  readonly policy: Record_;
  readonly asapTransport?: Record_;
}

/** Maps values of the library to what is shown. */
export class Views {
  private readonly api: ClientApi;

  constructor(api: ClientApi) {
    this.api = api;
  }

  /**
   * A pool element; its ASAP transport is for operators, so `dump` has it and `resolve` has not.
   */
  poolElement(element: PoolElementValue, options: { asapTransport: boolean }): PoolElementView {
    const { formatIdentifier, viewTransport, viewPolicy, INFINITE_LIFE } = this.api;
    const { registrationLife: life, asapTransport } = element;
    const shown = options.asapTransport && asapTransport !== undefined;
    return {
      identifier: formatIdentifier(element.identifier),
      home: formatIdentifier(element.home),
      lifetimeMs: life === INFINITE_LIFE ? null : life * 1000,
      transport: viewTransport(element.transport),
      policy: viewPolicy(element.policy),
      ...(shown ? { asapTransport: this.plainTransport(asapTransport) } : {}),
    };
  }

  /** The policy of a pool: its name only, as values are the elements' own. */
  poolPolicy(policy: Policy): Record_ {
    return { name: this.api.policyName(policy) };
  }

  /** The policy of a pool, which is that of its elements. */
  policyOf(pool: PoolLike): Policy | undefined {
    return pool.policy ?? pool.poolElements[0]?.policy;
  }

  /** A registrar in JSON; `null` is what the one that was asked does not tell, or not know. */
  peer({ identifier, transport, peerStatus }: ListedServer): Record_ {
    return {
      identifier: this.api.formatIdentifier(identifier),
      transport: this.plainTransport(transport),
      state: peerStatus?.state ?? null,
      lastHeardAgoMs: peerStatus?.lastHeardAgoMs ?? null,
    };
  }

  /** A transport of the protocol itself, which has no Transport Use to speak of. */
  private plainTransport(transport: Transport): Record_ {
    const { use: _, ...view } = this.api.viewTransport(transport);
    return view;
  }

  /** Pool elements as a table. */
  elementTable(pools: readonly PoolLike[]): Table {
    const { formatIdentifier } = this.api;
    const rows = pools.flatMap(({ poolHandle, poolElements }) =>
      poolElements.map((element) => [
        poolHandle,
        formatIdentifier(element.identifier),
        endpointsOf(element.transport),
        protocolOf(element.transport),
        this.policyText(element.policy),
        formatIdentifier(element.home),
        lifeText(element.registrationLife),
      ])
    );
    return {
      header: ["POOL", "IDENTIFIER", "ENDPOINT", "PROTOCOL", "POLICY", "HOME", "LIFE"],
      rows,
    };
  }

  /** Pool elements as csv. */
  elementCsv(pools: readonly PoolLike[]): Table {
    const { formatIdentifier, policyName, viewPolicy, INFINITE_LIFE } = this.api;
    const rows = pools.flatMap(({ poolHandle, poolElements }) =>
      poolElements.map((element) => {
        const policy = viewPolicy(element.policy);
        const life = element.registrationLife;
        return [
          poolHandle,
          formatIdentifier(element.identifier),
          protocolOf(element.transport),
          addressesOf(element.transport).join(" "),
          portOf(element.transport),
          policyName(element.policy),
          cellOf(policy.weight),
          cellOf(policy.load),
          formatIdentifier(element.home),
          life === INFINITE_LIFE ? "" : String(life * 1000),
        ];
      })
    );
    return { header: CSV_HEADER, rows };
  }

  /** A policy as `register --policy` takes it. */
  private policyText(policy: Policy): string {
    const { name, data: _, ...values } = this.api.viewPolicy(policy);
    const known = Object.entries(values).filter(([key]) => !key.endsWith("Raw"));
    const keys = known.map(([key, value]) => `${key}=${value}`);
    return keys.length === 0 ? String(name) : `${name}:${keys.join(",")}`;
  }
}

/** A pool, as a resolution and a handle table have it. */
export interface PoolLike {
  readonly poolHandle: string;
  readonly policy?: Policy | undefined;
  readonly poolElements: readonly PoolElementValue[];
}

const CSV_HEADER = [
  "pool",
  "identifier",
  "protocol",
  "address",
  "port",
  "policy",
  "weight",
  "load",
  "home",
  "lifetime_ms",
];

function cellOf(value: unknown): string {
  return value === undefined ? "" : String(value);
}

/** The protocol of a transport; an opaque one says of itself that it is opaque. */
export function protocolOf(transport: Transport): string {
  return transport.protocol;
}

/** The addresses of a transport; an opaque one has none. */
export function addressesOf(transport: Transport): readonly string[] {
  return transport.protocol === "opaque" ? [] : transport.addresses;
}

/** The port of a transport; an opaque one has none. */
export function portOf(transport: Transport): string {
  return transport.protocol === "opaque" ? "" : String(transport.port);
}

/** Every address of a transport with its port. */
export function endpointsOf(transport: Transport): string {
  const port = portOf(transport);
  return addressesOf(transport).map((address) => `${bracketed(address)}:${port}`).join(" ");
}

function lifeText(seconds: number): string {
  return seconds < 0 ? "infinite" : `${seconds}s`;
}
