/** Pages of a handle table, put together. RFC 5353 §2.3 and §3.2.3. */

import type { EnrpMessage, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { TablePool } from "./contract.ts";

type TableResponse = Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_RESPONSE" }>;

/** A handle table on its way over one association. */
export class Download {
  /** Server identifier of the registrar, once it has sent a page. */
  identifier: number | undefined;
  /** Pool elements that came, counted as often as they came. */
  elements = 0;
  private readonly limits: Limits;
  private readonly ownChildrenOnly: boolean;
  private readonly table = new Map<PoolHandle, Map<number, PoolElement>>();

  constructor(limits: Limits, ownChildrenOnly: boolean) {
    this.limits = limits;
    this.ownChildrenOnly = ownChildrenOnly;
  }

  /** Each pool once, in the order of its first page. */
  get pools(): TablePool[] {
    return [...this.table].map(([poolHandle, elements]) => {
      return { poolHandle, poolElements: [...elements.values()] };
    });
  }

  /** Takes a page; why it is none, if it is none. */
  take(page: TableResponse): string | undefined {
    const { sender, pools, moreToSend } = page;
    if (this.identifier !== undefined && this.identifier !== sender) {
      return "a page of another registrar's handle table";
    }
    this.identifier = sender;
    let count = 0;
    for (const { poolHandle, poolElements } of pools) {
      count += poolElements.length;
      this.merge(poolHandle, poolElements);
    }
    this.elements += count;
    // Otherwise a table of empty pages, or one that starts over, would never end.
    if (moreToSend && count === 0) return "an empty page that announces more";
    const { maxElements, maxPools } = this.limits;
    if (this.elements > maxElements) return `more than ${maxElements} pool elements`;
    if (this.table.size > maxPools) return `more than ${maxPools} pools`;
    return undefined;
  }

  /** An element that comes again has changed meanwhile. */
  private merge(poolHandle: PoolHandle, poolElements: readonly PoolElement[]): void {
    for (const element of poolElements) {
      // rsplib's own-children downloads run on into other registrars' elements.
      if (this.ownChildrenOnly && element.home !== this.identifier) continue;
      const known = this.table.get(poolHandle) ?? new Map<number, PoolElement>();
      known.set(element.identifier, element);
      this.table.set(poolHandle, known);
    }
  }
}
