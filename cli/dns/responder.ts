/** From the bytes of a query to those of its answer; never throws. */

import type { Log } from "../log.ts";
import type { DnsCounts } from "./counts.ts";
import { DNS_LIMITS } from "./limits.ts";
import type { PoolViews } from "./pool_views.ts";
import { type Query, RCODE, readQuery } from "./query.ts";
import { udpBytes, writeReply, writeWrong } from "./reply.ts";
import type { PoolView, Zone } from "./zone.ts";

/** What answers. */
export interface ResponderParts {
  readonly zone: Zone;
  readonly views: Pick<PoolViews, "view">;
  /** What is answered is counted there. */
  readonly counts?: DnsCounts | undefined;
  readonly log: Pick<Log, "event">;
}

/** How a query came. */
export type Way = "udp" | "tcp";

/** Bytes to send, none if a message is not answered; at once if nobody has to be asked. */
export type Answer = Uint8Array | undefined;

/** Answers queries about one zone. */
export class Responder {
  private readonly parts: ResponderParts;

  constructor(parts: ResponderParts) {
    this.parts = parts;
  }

  /** The answer to a message. */
  respond(message: Uint8Array, way: Way): Answer | Promise<Answer> {
    const answer = this.answer(message, way);
    const { counts } = this.parts;
    return counts === undefined ? answer : counts.count(way, answer);
  }

  private answer(message: Uint8Array, way: Way): Answer | Promise<Answer> {
    const read = readQuery(message);
    if (read.kind === "dropped") return undefined;
    if (read.kind === "wrong") return writeWrong(read);
    const { query } = read;
    const { zone, views } = this.parts;
    try {
      const poolHandle = zone.poolOf(query);
      if (poolHandle === undefined) return this.write(query, { kind: "unknown" }, way);
      const view = views.view(poolHandle);
      if (!(view instanceof Promise)) return this.write(query, view, way);
      return view.then((view) => this.write(query, view, way))
        .catch((error) => this.failed(query, error));
    } catch (error) {
      return this.failed(query, error);
    }
  }

  private write(query: Query, view: PoolView, way: Way): Uint8Array {
    const { zone } = this.parts;
    const maxBytes = way === "udp" ? udpBytes(query) : DNS_LIMITS.maxTcpBytes;
    return writeReply(query, zone.answer(query, view), { maxBytes, zoneLabels: zone.size });
  }

  /** One question that shows a defect here must not be the end of the others. */
  private failed({ id, flags }: Query, error: unknown): Uint8Array {
    const message = `a question could not be answered: ${error}`;
    this.parts.log.event("error", "question-failed", { error: String(error) }, message);
    return writeWrong({ kind: "wrong", id, flags, rcode: RCODE.SERVFAIL });
  }
}
