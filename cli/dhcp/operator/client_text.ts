/** Who a client is, in one text. */

import type { Binding } from "../../api.ts";

/** Its hardware address, as people know it; a client without one by its identifier. */
export function clientOf({ hardware, clientId }: Pick<Binding, "hardware" | "clientId">): string {
  return hardware ?? (clientId === undefined ? "nobody" : `client ${clientId}`);
}
