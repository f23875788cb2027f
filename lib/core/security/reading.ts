/** What somebody may read of a registrar's knowledge, by whatever way: what an observer may. */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Message } from "../machine.ts";
import { authorize, mayRead, type Party, rightsOf } from "./authorize.ts";
import type { Permissions } from "./permissions.ts";

/** What somebody may read. */
export interface ReadingRights {
  /** Why it may not read the handle table; `undefined`: it may, of the pools that it may read. */
  readonly tableRefusal: string | undefined;
  /** Why it may not read the list of peers and all else; `undefined`: it may. */
  readonly operatorRefusal: string | undefined;
  /** Whether it may resolve a pool, and see it in the handle table. */
  mayRead(poolHandle: PoolHandle): boolean;
}

const AS_OBSERVER = { sender: 0, receiver: 0, ownChildrenOnly: false } as const;

/** What somebody may read, as if it had asked as an observer. RFC 5355 §2.15. */
export function readingRights(permissions: Permissions, party: Party): ReadingRights {
  const rights = rightsOf(permissions, party);
  const refusal = (type: "ENRP_HANDLE_TABLE_REQUEST" | "ENRP_LIST_REQUEST") =>
    authorize(rights, { ...AS_OBSERVER, type } as Message);
  return {
    tableRefusal: refusal("ENRP_HANDLE_TABLE_REQUEST"),
    operatorRefusal: refusal("ENRP_LIST_REQUEST"),
    mayRead: (poolHandle) => mayRead(rights, poolHandle),
  };
}
