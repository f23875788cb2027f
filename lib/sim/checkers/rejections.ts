/**
 * An element whose values are right is never rejected, whatever happens to it or to its registrar.
 */

import { causeName, type ErrorCause } from "../../wire/mod.ts";
import type { ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/** Listens to every event, in a cluster where all elements fit their pools. */
export class RejectionChecker implements ClusterWatcher {
  /**
   * Looks for a rejection.
   *
   * @throws {CheckFailed}
   */
  onEvent(member: string, event: { readonly type: string }): void {
    if (event.type !== "rejected") return;
    const { causes } = event as { readonly causes?: readonly ErrorCause[] };
    const names = (causes ?? []).map((cause) => causeName(cause.code)).join(", ");
    throw new CheckFailed("rejections", `${member} is rejected: ${names}`);
  }
}
