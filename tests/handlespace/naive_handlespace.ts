/** A handlespace on one plain list, whatever it costs: what the real one is compared with. */
import type { PoolElement } from "../../lib/wire/mod.ts";
import { internetChecksum, peBlock } from "./internet_checksum.ts";

interface Row {
  readonly poolHandle: string;
  poolElement: PoolElement;
  selectable: boolean;
}

/** What two pool elements of a pool must have in common, as one text. */
function attributesOf({ policy, transport }: PoolElement): string {
  const use = transport.protocol === "opaque" ? "" : transport.use;
  return `${policy.name} ${transport.protocol} ${use}`;
}

export class NaiveHandlespace {
  #rows: Row[] = [];
  /** The pools that there are, as they came. */
  #handles: string[] = [];
  readonly #self: number;

  constructor(self: number) {
    this.#self = self;
  }

  /** All rows in the order of a table: pools, then their elements, as they came. */
  rows(): Row[] {
    return this.#handles.flatMap((handle) => this.#pool(handle));
  }

  register(poolHandle: string, poolElement: PoolElement): boolean {
    const overall = this.overall(poolHandle);
    if (overall !== undefined && overall !== attributesOf(poolElement)) return false;
    this.merge(poolHandle, { ...poolElement, home: this.#self });
    this.#row(poolHandle, poolElement.identifier)!.selectable = true;
    return true;
  }

  merge(poolHandle: string, poolElement: PoolElement): void {
    const row = this.#row(poolHandle, poolElement.identifier);
    if (row !== undefined) row.poolElement = poolElement;
    else this.#rows.push({ poolHandle, poolElement, selectable: true });
    if (!this.#handles.includes(poolHandle)) this.#handles.push(poolHandle);
  }

  remove(poolHandle: string, identifier: number): void {
    const row = this.#row(poolHandle, identifier);
    this.#rows = this.#rows.filter((each) => each !== row);
    this.#handles = this.#handles.filter((handle) => this.#pool(handle).length > 0);
  }

  setSelectable(poolHandle: string, identifier: number, selectable: boolean): void {
    const row = this.#row(poolHandle, identifier);
    if (row !== undefined) row.selectable = selectable;
  }

  changeHome(poolHandle: string, identifier: number, home: number): void {
    const row = this.#row(poolHandle, identifier);
    if (row !== undefined) row.poolElement = { ...row.poolElement, home };
  }

  /** The attributes of the element with the lowest identifier (protocol decision 8). */
  overall(poolHandle: string): string | undefined {
    const elements = this.#pool(poolHandle).map((row) => row.poolElement);
    const lowest = elements.toSorted((a, b) => a.identifier - b.identifier)[0];
    return lowest && attributesOf(lowest);
  }

  /** Which elements of a pool an answer with all of them holds. */
  selectable(poolHandle: string): number[] {
    const overall = this.overall(poolHandle);
    return this.#pool(poolHandle)
      .filter(({ selectable, poolElement }) => selectable && attributesOf(poolElement) === overall)
      .map((row) => row.poolElement)
      .filter(({ policy }) => !("weight" in policy) || policy.weight > 0)
      .map((poolElement) => poolElement.identifier);
  }

  checksum(home: number): number {
    const blocks = this.#rows.filter((row) => row.poolElement.home === home)
      .flatMap(({ poolHandle, poolElement }) => peBlock(poolHandle, poolElement.identifier));
    return internetChecksum(blocks);
  }

  #pool(poolHandle: string): Row[] {
    return this.#rows.filter((row) => row.poolHandle === poolHandle);
  }

  #row(poolHandle: string, identifier: number): Row | undefined {
    return this.#pool(poolHandle).find((row) => row.poolElement.identifier === identifier);
  }
}
