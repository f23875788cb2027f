/** Why a resolution failed, as what the API throws. */

import type { PoolUserEvent } from "../core/mod.ts";
import { RegistrarUnreachable, ResolutionRejected, UnknownPoolHandle } from "./errors.ts";

/** The error for the event `failed`; `remark` says what else there is to say of the registrars. */
export function resolutionFailure(
  event: PoolUserEvent & { type: "failed" },
  remark: string | undefined,
): Error {
  switch (event.why) {
    case "unknown-pool-handle":
      return new UnknownPoolHandle(event.poolHandle);
    case "rejected":
      return new ResolutionRejected(event.poolHandle, event.causes);
    case "no-registrar":
      return new RegistrarUnreachable(event.attempts, remark);
    case "too-many-requests":
      return new RangeError("Cannot resolve: too many resolutions are open");
    case "stopped":
      return new DOMException("The pool user was closed", "AbortError");
  }
}
