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
import { EXIT, ExitError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";
import type { SharedValues } from "../../options.ts";
import { askObserver, enrpAddresses } from "../../registrars.ts";
import { addressesOf, portOf } from "../../views.ts";
import type { Finding, NamedTable, OwnTable } from "./compare.ts";
import {
  choosePool,
  isRejection,
  knownPools,
  type PoolOptions,
  SPEAKS_NOT,
  wantedPool,
} from "./pool_option.ts";

/** Error cause 0x9, Unknown Pool Handle (RFC 5354 §3.12): no table, or no such server there. */
const UNKNOWN = 0x9;
/** Error cause 0x6, Lack of resources: somebody else has asked that server just now. */
const BUSY = 0x6;
/** How long one that is busy is left alone at first, at most, and twice as long each time. */
const BUSY_PAUSE_MS = 100;

/** What was found. */
export interface Collection {
  readonly poolHandle: PoolHandle;
  readonly registrars: readonly NamedTable[];
  readonly servers: readonly BindingServer[];
  /** The own tables of those that answer. */
  readonly own: readonly OwnTable[];
  /** Identifiers of the DHCP servers that answer. */
  readonly heard: ReadonlySet<number>;
  /** Why others do not, of those that a registrar hears. */
  readonly silences: ReadonlyMap<number, string>;
  readonly lost: readonly Binding[];
  /** Registrars that do not answer, or keep no table. */
  readonly problems: readonly Finding[];
}

/** A registrar that is asked. */
interface Asked {
  /** Its identifier, if it is known before it answers. */
  readonly of?: string;
  readonly at: readonly SocketAddress[];
}

/** What comes together while all are asked. */
class Gathering {
  readonly registrars = new Map<string, NamedTable>();
  readonly servers = new Map<number, BindingServer>();
  readonly own = new Map<number, OwnTable>();
  readonly silences = new Map<number, string>();
  readonly lost: Binding[] = [];
  readonly problems: Finding[] = [];
}

/** Asks everybody once. */
export async function collect(
  context: Context,
  options: SharedValues & PoolOptions,
): Promise<Collection> {
  const api = await context.clientApi();
  const wanted = wantedPool(options, api);
  const { first, others, told } = await askObserver(context, options, async (observer, wait) => {
    const { registrar, peers } = await observer.peers(wait);
    const told = await knownPools(observer, wait);
    const others = peers.map(({ identifier, transport }): Asked => ({
      of: api.formatIdentifier(identifier),
      at: addressesOf(transport).map((host) => ({ host, port: Number(portOf(transport)) })),
    }));
    const of = api.formatIdentifier(registrar.identifier);
    return { first: { of, at: [registrar.address] }, others, told };
  });
  const asked = withGiven([first, ...others], enrpAddresses(context, options));
  const { known = [] } = told;
  const teller = api.formatIdentifier(told.registrar.identifier);
  const isKnown = wanted === undefined ? known.length > 0 : known.includes(wanted);
  const rest = isKnown ? [] : asked.filter(({ of }) => of !== teller);
  const all = [...new Set([...known, ...await allPools(context, options, rest)])].sort();
  if (all.length === 0 && told.known === undefined) {
    throw new ExitError(EXIT.unknownPool, `the registrar ${teller} ${SPEAKS_NOT}`);
  }
  const poolHandle = choosePool(all, wanted, "the registrars that answer keep");
  return await collectFrom(context, options, { api, poolHandle, asked });
}

/** One registrar may have no table where others have one; whoever is silent is told later. */
async function allPools(
  context: Context,
  options: SharedValues,
  asked: readonly Asked[],
): Promise<PoolHandle[]> {
  const pools = new Set<PoolHandle>();
  await withEach(context, options, asked, async (observer, _, wait) => {
    const { known = [] } = await knownPools(observer, wait()).catch(() => ({ known: [] }));
    for (const each of known) pools.add(each);
  });
  return [...pools];
}

/** Asks each registrar, by an observer of its own, within the time for one look. */
async function withEach(
  context: Context,
  options: SharedValues,
  asked: readonly Asked[],
  ask: (observer: Observer, asked: Asked, wait: Question["wait"]) => Promise<void>,
): Promise<void> {
  const api = await context.clientApi();
  const { transport } = await securedTransport(context, options);
  const deadline = context.world.now() + options.timeout;
  const wait = () => ({ timeoutMs: Math.max(1, deadline - context.world.now()) });
  await Promise.all(asked.map(async (each) => {
    const observer = new api.Observer({ registrars: each.at, ...(transport && { transport }) });
    try {
      await ask(observer, each, wait);
    } finally {
      void observer.close();
    }
  }));
}

/** Registrars that do not know each other, as when their link is cut, are asked when named. */
function withGiven(known: readonly Asked[], given: readonly SocketAddress[]): Asked[] {
  const seen = new Set(known.flatMap(({ at }) => at.map(formatAddress)));
  const more = given.length < 2 ? [] : given.filter((each) => !seen.has(formatAddress(each)));
  return [...known, ...more.map((each) => ({ at: [each] }))];
}

async function collectFrom(
  context: Context,
  options: SharedValues,
  { api, poolHandle, asked }: {
    readonly api: ClientApi;
    readonly poolHandle: PoolHandle;
    readonly asked: readonly Asked[];
  },
): Promise<Collection> {
  const pause = (milliseconds: number) => context.world.pause(milliseconds);
  const gathering = new Gathering();
  await withEach(context, options, asked, async (observer, { of, at }, wait) => {
    // Asked at the same time: who answers this and not the other lives, and cannot answer it.
    const alive = observer.peers(wait()).then(() => true, isRejection);
    try {
      await askRegistrar(observer, { api, poolHandle, wait, pause }, gathering);
    } catch (error) {
      const about = `registrar ${of ?? at.map(formatAddress).join(" ")}`;
      const where = of === undefined ? "" : `at ${at.map(formatAddress).join(" ")}: `;
      const why = isRejection(error) || !await alive ? whyNot(error) : SPEAKS_NOT;
      gathering.problems.push({ kind: "registrar", about, detail: `${where}${why}` });
    }
  });
  const { registrars, servers, own, silences, lost, problems } = gathering;
  const byName = (one: NamedTable, other: NamedTable) => one.of < other.of ? -1 : 1;
  return {
    ...{ poolHandle, lost, silences },
    problems: problems.sort((one, other) => one.about < other.about ? -1 : 1),
    heard: new Set(own.keys()),
    registrars: [...registrars.values()].sort(byName),
    servers: [...servers.values()].sort((one, other) => one.share - other.share),
    own: [...own.values()].sort(byName),
  };
}

function whyNot(error: unknown): string {
  return isUnknown(error) ? "keeps no bindings of this pool" : reasonOf(error);
}

function isUnknown(error: unknown): boolean {
  return hasCause(error, UNKNOWN);
}

function hasCause(error: unknown, cause: number): boolean {
  const { causes } = error as { readonly causes?: readonly { readonly code: number }[] };
  return causes?.some(({ code }) => code === cause) ?? false;
}

/** What is asked of each registrar. */
interface Question {
  readonly api: Pick<ClientApi, "formatIdentifier">;
  readonly poolHandle: PoolHandle;
  /** What is left of the time for one look. */
  readonly wait: () => { readonly timeoutMs: number };
  readonly pause: (milliseconds: number) => Promise<void>;
}

async function askRegistrar(
  observer: Observer,
  question: Question,
  gathering: Gathering,
): Promise<void> {
  const { registrar, servers, bindings, lost } = await observer.bindings(
    question.poolHandle,
    question.wait(),
  );
  const of = `registrar ${question.api.formatIdentifier(registrar.identifier)}`;
  if (gathering.registrars.has(of)) return;
  gathering.registrars.set(of, { of, bindings });
  gathering.lost.push(...lost);
  for (const each of servers) {
    const known = gathering.servers.get(each.identifier);
    if (known === undefined || isLater(each, known)) gathering.servers.set(each.identifier, each);
  }
  await Promise.all(servers.map((each) => askServer(observer, question, each, gathering)));
}

/** Where registrars differ, the later record is shown. docs/dhcp.md §3. */
function isLater(one: BindingServer, other: BindingServer): boolean {
  const isDown = ({ flags }: BindingServer) => Number(flags.includes("down"));
  const by = one.claim - other.claim || isDown(one) - isDown(other) || one.version - other.version;
  return by > 0;
}

/** A server answers through the registrar that it is connected to, and through no other. */
async function askServer(
  observer: Observer,
  question: Question,
  { identifier: server, name }: BindingServer,
  { own, silences }: Gathering,
): Promise<void> {
  try {
    const { bindings } = await askUntilFree(observer, question, server);
    own.set(server, { of: name, server, bindings });
  } catch (error) {
    if (isUnknown(error)) return;
    const why = "is connected, but does not tell its own table (in time, or it is asked just now)";
    silences.set(server, why);
  }
}

/** One question at a time goes to a server: two who look at once would see it silent. */
async function askUntilFree(
  observer: Observer,
  { poolHandle, wait, pause }: Question,
  server: number,
): ReturnType<Observer["bindings"]> {
  for (let longest = BUSY_PAUSE_MS;; longest *= 2) {
    try {
      return await observer.bindings(poolHandle, { ...wait(), server });
    } catch (error) {
      // Of two tables that are asked for page by page, the one that waits longer lets the other be.
      const milliseconds = longest * (0.5 + Math.random() / 2);
      if (!hasCause(error, BUSY) || milliseconds >= wait().timeoutMs) throw error;
      await pause(milliseconds);
    }
  }
}
