/** Which registrar owns which pool elements, with a PE checksum for each. RFC 5353 §3.6. */

import { checksumOf } from "./checksum.ts";

interface Possession<Entry> {
  readonly entries: Set<Entry>;
  /** Of the words of all entries, as {@link checksumOf} wants it. */
  sum: number;
}

/** What every registrar owns. A registrar that owns nothing takes no room. */
export class Owners<Entry> {
  readonly #possessions = new Map<number, Possession<Entry>>();

  /** @param sum The sum of the words that the entry contributes to the PE checksum. */
  add(home: number, entry: Entry, sum: number): void {
    let possession = this.#possessions.get(home);
    if (possession === undefined) {
      possession = { entries: new Set(), sum: 0 };
      this.#possessions.set(home, possession);
    }
    possession.entries.add(entry);
    possession.sum += sum;
  }

  /** The counterpart of {@linkcode Owners.add}, with the same arguments. */
  remove(home: number, entry: Entry, sum: number): void {
    const possession = this.#possessions.get(home)!;
    possession.entries.delete(entry);
    possession.sum -= sum;
    if (possession.entries.size === 0) this.#possessions.delete(home);
  }

  /** The registrars that own anything. */
  homes(): IterableIterator<number> {
    return this.#possessions.keys();
  }

  count(home: number): number {
    return this.#possessions.get(home)?.entries.size ?? 0;
  }

  entries(home: number): IterableIterator<Entry> {
    return this.#possessions.get(home)?.entries.values() ?? [].values();
  }

  checksum(home: number): number {
    return checksumOf(this.#possessions.get(home)?.sum ?? 0);
  }
}
