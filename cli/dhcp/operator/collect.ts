/** All tables of a pool: those of all registrars, and those of the DHCP servers themselves. */

import type {
  Binding,
  BindingServer,
  ClientApi,
  Observer,
  PoolHandle,
  SocketAddress,
} from "../../api.ts";
import { formatAddress } from "../../address.ts";
import { securedTransport } from "../../client_security.ts";
import type { Context } from "../../command.ts";
import { reasonOf } from "../../failure.ts";
import type { SharedValues } from "../../options.ts";
import { askObserver } from "../../registrars.ts";
import { endpointsOf } from "../../views.ts";
import type { Finding, NamedTable } from "./compare.ts";
import { poolOf } from "./pool_option.ts";

/** What was found. */
export interface Collection {
  readonly poolHandle: PoolHandle;
  readonly registrars: readonly NamedTable[];
  readonly servers: readonly BindingServer[];
  /** The own tables of those that answer. */
  readonly own: readonly NamedTable[];
  /** Identifiers of the DHCP servers that answer. */
  readonly heard: ReadonlySet<number>;
  readonly lost: readonly Binding[];
  /** Registrars that do not answer. */
  readonly problems: readonly Finding[];
}

/** A registrar that is asked. */
interface Asked {
  readonly of: string;
  readonly at: SocketAddress;
}

/** Asks everybody once. */
export async function collect(
  context: Context,
  options: SharedValues & { readonly pool: string | undefined },
): Promise<Collection> {
  const api = await context.clientApi();
  const { first, others, poolHandle } = await askObserver(
    context,
    options,
    async (observer, wait) => {
      const poolHandle = await poolOf(observer, wait, options, api);
      const { registrar, peers } = await observer.peers(wait);
      const others = peers.map(({ identifier, transport }) => ({
        of: api.formatIdentifier(identifier),
        at: addressOf(endpointsOf(transport)),
      }));
      const first = { of: api.formatIdentifier(registrar.identifier), at: registrar.address };
      return { first, others, poolHandle };
    },
  );
  return await collectFrom(context, options, api, poolHandle, [first, ...others]);
}

function addressOf(endpoint: string): SocketAddress {
  const colon = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, "");
  return { host, port: Number(endpoint.slice(colon + 1)) };
}

async function collectFrom(
  context: Context,
  options: SharedValues,
  api: ClientApi,
  poolHandle: PoolHandle,
  asked: readonly Asked[],
): Promise<Collection> {
  const { transport } = await securedTransport(context, options);
  const registrars: NamedTable[] = [];
  const problems: Finding[] = [];
  const lost: Binding[] = [];
  const servers = new Map<number, BindingServer>();
  const own = new Map<number, NamedTable>();
  await Promise.all(asked.map(async ({ of, at }) => {
    const observer = new api.Observer({ registrars: [at], ...(transport && { transport }) });
    try {
      const wait = { timeoutMs: options.timeout };
      const table = await observer.bindings(poolHandle, wait);
      registrars.push({ of: `registrar ${of}`, bindings: table.bindings });
      lost.push(...table.lost);
      for (const each of table.servers) servers.set(each.identifier, each);
      await askServers(observer, poolHandle, table.servers, wait, own);
    } catch (error) {
      const detail = `at ${formatAddress(at)}: ${reasonOf(error)}`;
      problems.push({ kind: "unreachable", about: `registrar ${of}`, detail });
    } finally {
      void observer.close();
    }
  }));
  const heard = new Set(own.keys());
  return {
    ...{ poolHandle, registrars, problems, lost, heard },
    servers: [...servers.values()].sort((one, other) => one.share - other.share),
    own: [...own.values()],
  };
}

/** A server answers through the registrar that it is connected to, and through no other. */
async function askServers(
  observer: Observer,
  poolHandle: PoolHandle,
  servers: readonly BindingServer[],
  wait: { readonly timeoutMs: number },
  own: Map<number, NamedTable>,
): Promise<void> {
  for (const { identifier: server, name } of servers) {
    try {
      const { bindings } = await observer.bindings(poolHandle, { ...wait, server });
      own.set(server, { of: name, bindings });
    } catch (error) {
      if ((error as Error).name !== "RequestRejected") throw error;
    }
  }
}
