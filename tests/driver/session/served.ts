/** Elements that serve, without a registrar, and what they tell. */

import {
  PoolElement,
  type PoolElementSettings,
  type ServedSession,
  type ServeEvent,
} from "../../../mod.ts";

export const HOST = "127.0.0.1";
/** A key of cookies. */
export const KEY = new Uint8Array(32).fill(7);
export const LIMIT = { timeoutMs: 5_000 } as const;

/** An element without a registrar: serving does not need one. */
export function elementOf(settings: Partial<PoolElementSettings> = {}): PoolElement {
  return new PoolElement({
    registrars: [{ host: HOST, port: 1 }],
    poolHandle: "count",
    port: 0,
    addresses: [HOST],
    use: "data+control",
    identifier: 0x17,
    ...settings,
  });
}

/** Counts the bytes that come, gives the count away in a cookie, and answers with it. */
export async function counting(session: ServedSession): Promise<void> {
  let count = session.state?.[0] ?? 0;
  for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
    count += bytes.length;
    await session.sendState(Uint8Array.of(count));
    await session.send(new TextEncoder().encode(`${count};`));
  }
}

/** Sends back what comes. */
export async function echoing(session: ServedSession): Promise<void> {
  for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
    await session.send(bytes);
  }
}

/** Keeps what an element tells of its sessions, and waits for it. */
export class Told {
  readonly all: ServeEvent[] = [];
  private readonly waiting = new Set<() => void>();

  readonly onEvent = (event: ServeEvent): void => {
    this.all.push(event);
    for (const look of [...this.waiting]) look();
  };

  /** The first of a type, from the beginning, or the one after so many. */
  first<T extends ServeEvent["type"]>(
    type: T,
    after = 0,
  ): Promise<ServeEvent & { readonly type: T }> {
    const { promise, resolve } = Promise.withResolvers<ServeEvent & { readonly type: T }>();
    const look = () => {
      const found = this.all.filter((each) => each.type === type)[after];
      if (found === undefined) return;
      this.waiting.delete(look);
      resolve(found as ServeEvent & { readonly type: T });
    };
    this.waiting.add(look);
    look();
    return promise;
  }
}
