/** A DHCP server as registrars see it: a pool element, and its bindings. */

import {
  type Binding,
  BindingElement,
  type BindingElementEvent,
  type BindingElementSettings,
  type BindingServer,
  PoolElement,
  type SocketAddress,
} from "../../mod.ts";
import { serverOf } from "../bindings/samples.ts";
import { toldServer } from "../../lib/bindings/mod.ts";
import { LIMIT } from "./secured.ts";

export const POOL = "dhcp/lan1";

/** The record of the server of a share. */
export function recordOf(identifier: number, change: Partial<BindingServer> = {}): BindingServer {
  return { ...toldServer(serverOf(identifier), 0), ...change };
}

type Of<Type> = Extract<BindingElementEvent, { type: Type }>;

/** A server of that pool. */
export class DhcpServer implements AsyncDisposable {
  readonly events: BindingElementEvent[] = [];
  readonly element: PoolElement;
  readonly bindings: BindingElement;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly identifier: number,
    registrars: readonly SocketAddress[],
    more: Partial<BindingElementSettings> = {},
  ) {
    const { transport } = more;
    const settings = { registrars, poolHandle: POOL, identifier, order: "given" } as const;
    this.element = new PoolElement({
      ...settings,
      port: 67,
      protocol: "udp",
      ...transport && { transport },
    });
    this.bindings = new BindingElement({
      ...settings,
      onEvent: (event) => {
        this.events.push(event);
        for (const look of [...this.waiting]) look();
      },
      ...more,
    });
  }

  /** Registers, and shares its bindings from then on. */
  async start(): Promise<void> {
    await this.element.register(LIMIT);
    await this.bindings.start();
    await this.first("synchronized");
  }

  publish(bindings: readonly Binding[], servers: readonly BindingServer[] = []): void {
    this.bindings.publish({ servers, bindings });
  }

  /** The first event of a type that fits, from the beginning or from the next one on. */
  first<const Type extends BindingElementEvent["type"]>(
    type: Type,
    fits: (event: Of<Type>) => boolean = () => true,
    from = 0,
  ): Promise<Of<Type>> {
    const { promise, resolve } = Promise.withResolvers<Of<Type>>();
    const look = () => {
      const ofType = this.events.slice(from).filter((each): each is Of<Type> => each.type === type);
      const found = ofType.find(fits);
      if (found === undefined) return;
      this.waiting.delete(look);
      resolve(found);
    };
    this.waiting.add(look);
    look();
    return promise;
  }

  /** It was told that an address is bound so. */
  async hears(address: string, counter: number): Promise<Binding> {
    const isIt = (each: Binding) => each.address === address && each.counter === counter;
    const { bindings } = await this.first("records", ({ bindings }) => bindings.some(isIt));
    return bindings.find(isIt)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bindings.close();
    await this.element.close();
  }
}
