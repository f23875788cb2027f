/** Registrars that are peers of each other, each in a process of its own. */

import { Observer, type PoolElementValue } from "../mod.ts";
import { type Started, startRegistrar } from "./processes.ts";

const HOST = "127.0.0.1";
const POLL_MS = 20;

/** A registrar, and the port at which its peers and observers reach it. */
export interface Member extends Started {
  readonly enrpPort: number;
}

/**
 * Starts a registrar that is a peer of others. Its elements may register loopback addresses, though
 * it serves others than its own host's.
 */
export async function startMember(
  peers: readonly Member[],
  args: readonly string[] = [],
): Promise<Member> {
  const known = peers.flatMap(({ enrpPort }) => ["--peer", `${HOST}:${enrpPort}`]);
  const started = await startRegistrar([...known, "--address-check", "any", ...args]);
  return { ...started, enrpPort: started.enrpPort! };
}

/** Starts so many registrars, one after the other, and waits until each knows all others. */
export async function startCluster(size: number, args: readonly string[] = []): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < size) members.push(await startMember(members, args));
  for (const member of members) await untilAcquainted(member.enrpPort, size - 1);
  return members;
}

/** Waits until a registrar has an association with so many peers. */
async function untilAcquainted(enrpPort: number, peers: number): Promise<void> {
  await using observer = observe(enrpPort);
  for (;;) {
    const list = await observer.peers();
    if (list.peers.filter((each) => each.peerStatus?.state === "active").length >= peers) return;
    await pause(POLL_MS);
  }
}

/** Waits until a registrar lists so many elements. */
export async function untilListed(enrpPort: number, elements: number): Promise<void> {
  while ((await listed(enrpPort)).length < elements) await pause(10 * POLL_MS);
}

/** All elements, as a registrar lists them. */
export async function listed(enrpPort: number): Promise<PoolElementValue[]> {
  await using observer = observe(enrpPort);
  const { pools } = await observer.handleTable();
  return pools.flatMap(({ poolElements }) => poolElements);
}

/** Ends them at once: nobody waits for what they would hand over. */
export async function killAll(members: readonly { kill(): Promise<void> }[]): Promise<void> {
  for (const member of members) await member.kill();
}

/** Lets time pass. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function observe(enrpPort: number): Observer {
  return new Observer({ registrars: [{ host: HOST, port: enrpPort }] });
}
