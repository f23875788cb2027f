/**
 * Random DHCP servers, clients and troubles under virtual time: never two clients on one address.
 * A failure prints the seed; `STORM_SEED=n deno test -A tests/bindings/agent/storm_test.ts` replays
 * it.
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { toldServer } from "../../../lib/bindings/mod.ts";
import { Lan, LEASE, type Site } from "./lan.ts";

const SEEDS = 1000;
const STEPS = 120;
/** Leases of one client that begin within two seconds are one to an agent. */
const STEP_MS = 2_500;
const ADDRESSES = 8;
const CLIENTS = 6;

interface StormClient {
  readonly hardware: string;
  address: string | undefined;
  /** Until when it believes that the address is its own. */
  until: number;
}

class Storm {
  readonly lan: Lan;
  readonly clients: StormClient[] = [];
  readonly log: string[] = [];
  private readonly random: (n: number) => number;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.random = (n) => random.below(n);
    this.lan = new Lan(2 + this.random(2), ADDRESSES);
    for (let n = 1; n <= CLIENTS; n++) {
      this.clients.push({ hardware: `02:00:00:00:01:0${n}`, address: undefined, until: 0 });
    }
    this.lan.start();
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) {
      this.step();
      this.check();
      if (this.random(2) === 0) this.lan.settle();
      else this.lan.stir(() => this.random(3) > 0);
      this.check();
    }
  }

  /** Everybody is there and hears each other: all know the same in the end. */
  heal(): void {
    for (const site of this.lan.sites) {
      site.isConnected = true;
      if (site.isAlive) site.synchronize();
      else site.restart();
      this.lan.settle();
    }
    this.lan.pass(3 * LEASE);
    this.check();
    const tables = this.lan.sites.map(({ agent }) =>
      JSON.stringify([...agent.bindings(this.lan.now)].map(({ remaining: _, ...each }) => each))
    );
    for (const table of tables) assert.equal(table, tables[0]);
    const withheld = this.lan.sites.filter(({ agent }) => !agent.maySpend);
    const records = JSON.stringify(withheld.map(({ agent }) => agent.servers), null, 1);
    assert(withheld.length === 0, `all have their share again: ${records}`);
    for (const client of this.clients) {
      client.address = undefined;
      client.until = 0;
    }
    this.lan.pass(3 * LEASE);
    const free = this.lan.sites.flatMap(({ dhcp }) =>
      this.addresses().filter((address) => !dhcp.leases.has(address))
    );
    assert.deepEqual(free.sort(), this.addresses(), "each is free at one, and at one only");
  }

  private step(): void {
    const site = this.pick(this.lan.sites);
    const client = this.pick(this.clients);
    this.lan.now += STEP_MS;
    if (site.isAlive) site.dhcp.prune(this.lan.now);
    const deeds: readonly [weight: number, deed: () => void][] = [
      [4, () => this.ask(client, site)],
      [4, () => this.renew(client, site)],
      [1, () => this.release(client, site)],
      [3, () => this.pass(this.random(LEASE))],
      [3, () => this.toggleLink(site)],
      [1, () => site.isAlive ? this.kill(site) : this.restart(site)],
      [1, () => this.declareDown(site)],
    ];
    let draw = this.random(deeds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, deed] of deeds) if ((draw -= weight) < 0) return deed();
  }

  /** A client that has no address, or has moved, gets one of those that are free at a server. */
  private ask(client: StormClient, site: Site): void {
    if (!site.isRunning || !site.isAlive || this.holds(client)) return;
    const known = this.addresses().find((address) =>
      site.dhcp.leases.get(address)?.client.hardware === client.hardware
    );
    const free = this.addresses().filter((address) => site.dhcp.isOffered(address, this.lan.now));
    const address = known ?? (free.length > 0 ? this.pick(free) : undefined);
    if (address === undefined) return;
    assert(site.dhcp.grant({ hardware: client.hardware }, address, this.lan.now));
    client.address = address;
    client.until = this.lan.now + LEASE * 1000;
    this.log.push(`${client.hardware} gets ${address} at ${site.options.name}`);
  }

  private renew(client: StormClient, site: Site): void {
    const { address } = client;
    if (!site.isAlive || !site.isRunning || address === undefined || !this.holds(client)) return;
    const known = site.dhcp.leases.get(address);
    if (known?.client.hardware === client.hardware) {
      site.dhcp.grant({ hardware: client.hardware }, address, this.lan.now);
      client.until = this.lan.now + LEASE * 1000;
      this.log.push(`${client.hardware} renews ${address} at ${site.options.name}`);
    } else if (known !== undefined || !site.isConnected) {
      // NAK: it does not use the address any more.
      client.address = undefined;
      this.log.push(`${client.hardware} must give ${address} up at ${site.options.name}`);
    }
  }

  private release(client: StormClient, site: Site): void {
    const { address } = client;
    if (!site.isAlive || !site.isRunning || address === undefined || !this.holds(client)) return;
    const isKnown = site.dhcp.leases.get(address)?.client.hardware === client.hardware;
    if (isKnown) site.dhcp.delete(address, this.lan.now);
    client.address = undefined;
    this.log.push(`${client.hardware} releases ${address} at ${site.options.name}`);
  }

  private pass(seconds: number): void {
    this.log.push(`${seconds} s pass`);
    this.lan.pass(seconds);
  }

  private toggleLink(site: Site): void {
    site.isConnected = !site.isConnected;
    this.log.push(`${site.options.name} ${site.isConnected ? "is connected" : "is cut off"}`);
    if (site.isConnected && site.isAlive) site.synchronize();
  }

  private kill(site: Site): void {
    this.log.push(`${site.options.name} dies`);
    site.kill();
  }

  /** An operator who has said that it is down starts it where it hears a registrar. */
  private restart(site: Site): void {
    const isDown = this.lan.registrar.servers.get(site.options.self)?.flags.includes("down");
    if (isDown === true) site.isConnected = true;
    this.log.push(`${site.options.name} returns`);
    site.restart();
  }

  /** An operator's word, which is true: it is dead. */
  private declareDown(site: Site): void {
    if (site.isAlive) return;
    const { registrar, now } = this.lan;
    const record = registrar.servers.get(site.options.self);
    if (record === undefined || record.flags.includes("down")) return;
    const told = toldServer({ ...record, version: record.version + 1, flags: ["down"] }, now);
    this.log.push(`${site.options.name} is declared down`);
    this.lan.publish(site, [{ ...told, freeIn: LEASE }], []);
  }

  private check(): void {
    const users = new Map<string, string>();
    for (const client of this.clients.filter((each) => this.holds(each))) {
      const other = users.get(client.address!);
      assert(other === undefined, `${client.address} is ${other}'s and ${client.hardware}'s`);
      users.set(client.address!, client.hardware);
    }
  }

  private holds({ address, until }: StormClient): boolean {
    return address !== undefined && until > this.lan.now;
  }

  private addresses(): string[] {
    return Array.from({ length: ADDRESSES }, (_, at) => `10.0.0.${at + 1}`);
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)]!;
  }
}

const given = Deno.env.get("STORM_SEED");
const seeds = given === undefined
  ? Array.from({ length: SEEDS }, (_, at) => at + 1)
  : [Number(given)];

Deno.test("whatever fails, no address is two clients', and all is as it was in the end", () => {
  for (const seed of seeds) {
    const storm = new Storm(seed);
    try {
      storm.run();
      storm.heal();
    } catch (error) {
      const story = storm.log.slice(-40).join("\n");
      throw new Error(`STORM_SEED=${seed}\n${story}\n${(error as Error).message}`);
    }
  }
});
