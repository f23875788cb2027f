/** Round robin. RFC 5356 §4.1. */

import type { Selection } from "./selection.ts";

class Link<Item> {
  previous: Link<Item> = this;
  next: Link<Item> = this;

  constructor(readonly item: Item) {}
}

/**
 * RFC 5356 §4.1.2: a circular list with a head. An answer starts with the head, and each request
 * advances the head by one, however many items were returned. A new item is the last.
 */
export class RoundRobin<Item> implements Selection<Item> {
  #head: Link<Item> | undefined;
  #size = 0;

  add(item: Item): Link<Item> {
    const link = new Link(item);
    this.#size++;
    if (this.#head === undefined) {
      this.#head = link;
      return link;
    }
    link.next = this.#head;
    link.previous = this.#head.previous;
    link.previous.next = link;
    link.next.previous = link;
    return link;
  }

  update(): void {}

  remove(link: Link<Item>): void {
    this.#size--;
    link.previous.next = link.next;
    link.next.previous = link.previous;
    if (this.#head !== link) return;
    this.#head = this.#size === 0 ? undefined : link.next;
  }

  select(items: number): Item[] {
    const selected = this.list(items);
    if (selected.length > 0) this.#head = this.#head!.next;
    return selected;
  }

  list(items: number): Item[] {
    const listed: Item[] = [];
    let link = this.#head;
    for (let left = Math.min(items, this.#size); left > 0; left--) {
      listed.push(link!.item);
      link = link!.next;
    }
    return listed;
  }
}
