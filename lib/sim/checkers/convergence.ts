/**
 * After quiet time, all registrars of a cluster hold the same handlespace and know each other.
 * Tables are compared element by element, with every value: equal checksums prove nothing (protocol
 * decision 3). The checksums are counted anew here, from RFC 5353 §3.6.2 and RFC 1071.
 */

import {
  formatIdentifier,
  type PoolElement,
  type PoolHandle,
  poolHandleBytes,
} from "../../wire/mod.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";
import { gather, type Knowledge } from "./knowledge.ts";

/** Compares registrars with each other; it listens to what they say of their own children. */
export class ConvergenceChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  /** The PE checksum that a registrar told last, by its server identifier. */
  private readonly checksums = new Map<number, number>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** A registrar has told its checksum. */
  onDelivery({ message, from }: Delivery): void {
    if (message.type !== "ENRP_PRESENCE" || message.checksum === undefined) return;
    if (this.cluster.isMember(from)) this.checksums.set(message.sender, message.checksum);
  }

  /**
   * Compares all registrars that run; for registrars that are each other's peers. A little time
   * passes, unless it is known already what they tell.
   *
   * @throws {CheckFailed}
   */
  check(knowledge: readonly Knowledge[] = gather(this.cluster)): void {
    const [first, ...others] = knowledge;
    if (first === undefined) return;
    for (const each of knowledge) this.checkPeers(each, knowledge);
    const entries = entriesOf(first);
    for (const other of others) this.compare(first, entries, other);
    for (const each of knowledge) this.checkChecksum(each, knowledge.length);
  }

  private checkPeers({ registrar, peers }: Knowledge, knowledge: readonly Knowledge[]): void {
    const { names } = this.cluster;
    const expected = knowledge.map((each) => each.registrar.identifier)
      .filter((identifier) => identifier !== registrar.identifier);
    for (const identifier of expected) {
      if (!peers.includes(identifier)) {
        fail(`${registrar.name} does not know its peer ${names.registrar(identifier)}`);
      }
    }
    for (const identifier of peers) {
      if (expected.includes(identifier)) continue;
      fail(`${registrar.name} lists ${names.registrar(identifier)}, which is no living peer`);
    }
  }

  private compare(first: Knowledge, entries: ReadonlyMap<string, string>, other: Knowledge): void {
    const [one, two] = [first.registrar.name, other.registrar.name];
    const others = entriesOf(other);
    for (const [key, entry] of entries) {
      const counterpart = others.get(key);
      if (counterpart === undefined) fail(`${one} lists ${key}, and ${two} does not`);
      if (counterpart !== entry) {
        fail(`${one} and ${two} differ about ${key}: ${entry} and ${counterpart}`);
      }
    }
    for (const key of others.keys()) {
      if (!entries.has(key)) fail(`${two} lists ${key}, and ${one} does not`);
    }
  }

  /** A registrar alone tells nobody a checksum. */
  private checkChecksum({ registrar, table }: Knowledge, registrars: number): void {
    if (registrars < 2) return;
    const told = this.checksums.get(registrar.identifier);
    if (told === undefined) fail(`${registrar.name} has never told a checksum`);
    let sum = 0;
    for (const { poolHandle, poolElements } of table.pools) {
      for (const { home, identifier } of poolElements) {
        if (home === registrar.identifier) sum = addBlock(sum, poolHandle, identifier);
      }
    }
    const counted = ~sum & 0xffff;
    if (told !== counted) {
      fail(`${registrar.name} tells the checksum ${told}, and its children have ${counted}`);
    }
  }
}

/** Adds a pool element to a one's complement sum of 16-bit words. */
function addBlock(sum: number, poolHandle: PoolHandle, identifier: number): number {
  const block = [...poolHandleBytes(poolHandle)];
  while (block.length % 4 !== 0) block.push(0);
  block.push(identifier >>> 24, identifier >>> 16 & 0xff, identifier >>> 8 & 0xff);
  block.push(identifier & 0xff);
  for (let i = 0; i < block.length; i += 2) {
    sum += block[i]! * 256 + block[i + 1]!;
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return sum;
}

/** Every element of a table with all its values, as text. */
function entriesOf({ table }: Knowledge): Map<string, string> {
  const entries = new Map<string, string>();
  for (const { poolHandle, poolElements } of table.pools) {
    for (const element of poolElements) {
      entries.set(`${poolHandle}/${formatIdentifier(element.identifier)}`, write(element));
    }
  }
  return entries;
}

function write(element: PoolElement): string {
  return JSON.stringify(
    element,
    (_, value) => value instanceof Uint8Array ? [...value] : value,
  );
}

function fail(finding: string): never {
  throw new CheckFailed("convergence", finding);
}
