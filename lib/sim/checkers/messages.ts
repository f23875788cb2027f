/**
 * Whatever a machine sends is a message of its protocol, within every limit that it was given, and
 * nobody's queue is longer than it may be.
 */

import type { Limits } from "../../core/mod.ts";
import { encodeMessage } from "../../core/mod.ts";
import { ALL_ITEMS, MAX_MESSAGE_BYTES, policyType } from "../../wire/mod.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/** Listens to every message of a member. */
export class MessageChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly limits: Limits;
  private checkedMessages = 0;
  /** What users asked for last, by who asks whom. */
  private readonly asked = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.limits = cluster.limits;
  }

  /** How many messages were looked at. */
  get checked(): number {
    return this.checkedMessages;
  }

  /**
   * Looks at every message of a member.
   *
   * @throws {CheckFailed}
   */
  onDelivery(delivery: Delivery): void {
    const { bytes, message, from, to } = delivery;
    if (message.type === "ASAP_HANDLE_RESOLUTION") this.noteRequest(delivery);
    if (!this.cluster.isMember(from)) return;
    this.checkedMessages++;
    if (bytes.length > MAX_MESSAGE_BYTES) {
      fail(`${from} sends ${to} ${message.type} of ${bytes.length} bytes`);
    }
    if (!areSame(encodeMessage(message), bytes)) {
      fail(`${from} sends ${to} ${message.type} that encodes to other bytes`);
    }
    if (message.type === "ASAP_HANDLE_RESOLUTION_RESPONSE") this.checkAnswer(delivery);
    if (message.type === "ENRP_HANDLE_TABLE_RESPONSE") this.checkPage(delivery);
  }

  /**
   * Looks at what is queued at every member; to be called now and then.
   *
   * @throws {CheckFailed}
   */
  checkQueues(): void {
    const { registrars, elements, users } = this.cluster;
    for (const member of [...registrars, ...elements, ...users]) {
      const { queuedBytes, associations, name } = member;
      if (queuedBytes > this.limits.maxQueuedBytes * Math.max(1, associations)) {
        fail(`${name} has ${queuedBytes} bytes queued on ${associations} associations`);
      }
    }
  }

  private noteRequest({ message, from, to }: Delivery): void {
    if (message.type !== "ASAP_HANDLE_RESOLUTION") return;
    const key = `${to} ${from} ${message.poolHandle}`;
    const items = message.items === undefined ? this.limits.defaultItems : message.items;
    this.asked.set(key, Math.max(items, this.asked.get(key) ?? 0));
  }

  private checkAnswer({ message, from, to }: Delivery): void {
    if (message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") return;
    const { poolElements, poolHandle, policy } = message;
    const asked = this.asked.get(`${from} ${to} ${poolHandle}`);
    // What a stranger asked for may have been put together from pieces.
    if (asked === undefined && this.cluster.isMember(to)) {
      fail(`${from} answers ${to}, who did not ask for ${poolHandle}`);
    }
    // A subscriber is told the whole pool (protocol decision 22).
    const most = asked === undefined || message.automaticUpdates ? ALL_ITEMS : asked;
    if (most !== ALL_ITEMS && poolElements.length > most) {
      fail(`${from} gives ${to} ${poolElements.length} elements, who asked for ${asked}`);
    }
    const identifiers = new Set(poolElements.map((each) => each.identifier));
    if (identifiers.size !== poolElements.length) fail(`${from} gives ${to} an element twice`);
    const types = new Set(poolElements.map((each) => policyType(each.policy)));
    if (policy !== undefined) types.add(policyType(policy));
    if (types.size > 1) fail(`${from} gives ${to} ${poolHandle} with several policies`);
  }

  private checkPage({ message, from, bytes }: Delivery): void {
    if (message.type !== "ENRP_HANDLE_TABLE_RESPONSE") return;
    const elements = message.pools.reduce((sum, pool) => sum + pool.poolElements.length, 0);
    const { tablePageBytes, tablePageElements } = this.limits;
    if (elements > tablePageElements || bytes.length > tablePageBytes) {
      fail(`${from} sends a page of ${elements} elements and ${bytes.length} bytes`);
    }
  }
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function fail(finding: string): never {
  throw new CheckFailed("messages", finding);
}
