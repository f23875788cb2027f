/** What several registrars tell, as one: and where they tell different things. Pure. */

import { changeLines } from "../watch/change_lines.ts";
import { changesBetween } from "../watch/changes.ts";
import type { PoolElementView } from "../views.ts";
import type { Snapshot } from "./snapshot.ts";

/** A registrar that is asked. */
export interface Source {
  /** The address at which it is asked. */
  readonly label: string;
  /** What it told last. */
  readonly snapshot?: Snapshot | undefined;
  /** Since when it does not answer. */
  readonly awaySince?: number | undefined;
  /** Why it does not. */
  readonly reason?: string | undefined;
}

/** A pool element, and who knows it. */
export interface MergedElement {
  readonly key: string;
  readonly poolHandle: string;
  readonly view: PoolElementView;
  /** A bit for each of the registrars of {@linkcode Merged}. */
  readonly knownTo: number;
}

/** A pool, and who knows it. */
export interface MergedPool {
  readonly poolHandle: string;
  readonly policies: readonly string[];
  readonly elements: readonly MergedElement[];
  /** Pool elements that not all registrars know. */
  readonly doubtful: number;
}

/** The handlespace, as those see it that answer. */
export interface Merged {
  /** Identifiers of those that have told it, in the order in which they are asked. */
  readonly registrars: readonly string[];
  /** Whether nobody answers, so that this is what was told before. */
  readonly isOld: boolean;
  readonly pools: ReadonlyMap<string, MergedPool>;
  readonly elements: readonly MergedElement[];
}

/** Nothing was told. */
export const NOTHING: Merged = { registrars: [], isOld: false, pools: new Map(), elements: [] };

/** Puts together what those have told that answer; if nobody does, what was told last. */
export function merge(sources: readonly Source[]): Merged {
  const told = sources.filter(({ snapshot }) => snapshot !== undefined);
  const answering = told.filter(({ awaySince }) => awaySince === undefined);
  const isOld = answering.length === 0;
  const snapshots = (isOld ? told : answering).map(({ snapshot }) => snapshot!);
  if (snapshots.length === 0) return NOTHING;
  const building = new Map<string, Building>();
  snapshots.forEach((snapshot, index) => add(building, snapshot, 1 << index));
  const all = (1 << snapshots.length) - 1;
  const pools = [...building].map(([poolHandle, { policies, elements }]) => {
    const merged = [...elements.values()];
    const doubtful = merged.filter(({ knownTo }) => knownTo !== all).length;
    return { poolHandle, policies: [...policies], elements: merged, doubtful };
  });
  return {
    registrars: snapshots.map(({ identifier }) => identifier),
    isOld: isOld && snapshots.length > 0,
    pools: new Map(pools.map((pool) => [pool.poolHandle, pool])),
    elements: pools.flatMap(({ elements }) => elements),
  };
}

interface Building {
  readonly policies: Set<string>;
  readonly elements: Map<string, MergedElement>;
}

function add(building: Map<string, Building>, { pools }: Snapshot, bit: number): void {
  for (const { poolHandle, policy, poolElements } of pools) {
    let pool = building.get(poolHandle);
    if (pool === undefined) {
      building.set(poolHandle, pool = { policies: new Set(), elements: new Map() });
    }
    if (policy !== "") pool.policies.add(policy);
    for (const view of poolElements) {
      const known = pool.elements.get(view.identifier);
      const knownTo = (known?.knownTo ?? 0) | bit;
      const key = `${poolHandle} ${view.identifier}`;
      const merged = { key, poolHandle, view: known?.view ?? view, knownTo };
      pool.elements.set(view.identifier, merged);
    }
  }
}

/** The registrars that do not know what others know: none, if all do. */
export function unawareOf({ knownTo }: MergedElement, { registrars }: Merged): string[] {
  return registrars.filter((_, index) => (knownTo & (1 << index)) === 0);
}

/**
 * What has changed between two tellings, a line each.
 *
 * An element has gone when no registrar that answers knows it any more; that nobody answers is no
 * change of the handlespace.
 */
export function handlespaceChanges(before: Merged, after: Merged): string[] {
  if (before.registrars.length === 0 || after.isOld) return [];
  const handles = new Set([...before.pools.keys(), ...after.pools.keys()]);
  return [...handles].flatMap((poolHandle) => {
    const [old, new_] = [before, after].map(({ pools }) => pools.get(poolHandle)?.elements ?? []);
    const changes = changesBetween(old!.map(viewOf), new_!.map(viewOf));
    return changeLines(poolHandle, changes, old!.length);
  });
}

/** What has changed in how one registrar sees its peers, a line each. */
export function peerChanges(before: Snapshot | undefined, after: Snapshot): string[] {
  if (before === undefined || before.identifier !== after.identifier) return [];
  const old = new Map(before.peers.map((peer) => [peer.identifier, peer.state ?? "known"]));
  const new_ = new Map(after.peers.map((peer) => [peer.identifier, peer.state ?? "known"]));
  const gone = [...old.keys()].filter((identifier) => !new_.has(identifier));
  return [
    ...gone.map((identifier) => `peer ${identifier} went`),
    ...[...new_].filter(([identifier, state]) => old.get(identifier) !== state)
      .map(([identifier, state]) => `peer ${identifier} is ${state}`),
  ];
}

function viewOf({ view }: MergedElement): PoolElementView {
  return view;
}
