/** What an agent knows, as a text on the disk. Whatever stands there is read without trust. */

import type { Binding, BindingServer, SavedBindingAgent } from "../../api.ts";
import { isAddress } from "../dnsmasq/lease.ts";

/** When it was written, by both clocks. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Which start of the machine it was. */
  readonly boot: string;
  /** Milliseconds since then. */
  readonly now: number;
}

/** A text that holds no agent: what is wrong with it. */
export class BadSnapshot extends Error {
  override readonly name = "BadSnapshot";
}

const FORMAT = 1;
/** Counters have 48 bits, all other numbers fewer. */
const MAX_NUMBER = 2 ** 48;
const STATES = allOf<Binding["state"]>({ BOUND: 1, EXPIRED: 1, BINDABLE: 1, UNAVAILABLE: 1 });
const TRANSACTIONS = allOf<Binding["transaction"]>({
  EXPIRATION: 1,
  RELEASE: 1,
  RENEWING: 1,
  "INIT-REBOOT": 1,
  REBINDING: 1,
  SELECTING: 1,
  DECLARATION: 1,
});
const FLAGS = allOf<BindingServer["flags"][number]>({ down: 1, authoritative: 1, withheld: 1 });
const COLON_HEX = /^[0-9a-f]{2}(:[0-9a-f]{2}){0,254}$/;
const PLAIN = /^[A-Za-z0-9._-]{1,63}$/;

/** A name of the protocol that is missing would refuse a sound state: it does not type-check. */
function allOf<Name extends string>(names: Readonly<Record<Name, 1>>): readonly string[] {
  return Object.keys(names);
}

/** The text of what an agent knows. */
export function snapshotText(agent: SavedBindingAgent, moment: Moment): string {
  return `${JSON.stringify({ format: FORMAT, ...moment, agent })}\n`;
}

/**
 * What an agent knew. How long ago that was, says the clock that nobody can set; if the machine was
 * started anew meanwhile, it is the time of the day, which may be wrong then: leases rather last
 * too long, and how long ago a registrar was heard is not known.
 *
 * @throws {BadSnapshot} if the text holds none.
 */
export function readSnapshot(text: string, moment: Moment): SavedBindingAgent {
  const whole = record(parsed(text), "it");
  if (whole.format !== FORMAT) throw new BadSnapshot(`its format is not ${FORMAT}`);
  const agent = record(whole.agent, "agent");
  const { contactAgoMs } = agent;
  const wall = finite(whole.wall, "wall");
  const isSameStart = whole.boot === moment.boot;
  const passed = isSameStart ? moment.now - finite(whole.now, "now") : moment.wall - wall;
  const contact = contactAgoMs === undefined ? undefined : finite(contactAgoMs, "contactAgoMs");
  return {
    servers: list(agent.servers, "servers").map(serverOf),
    bindings: list(agent.bindings, "bindings").map(bindingOf),
    clock: integer(agent.clock, "clock"),
    confirmedClaim: integer(agent.confirmedClaim, "confirmedClaim"),
    isReturning: agent.isReturning === true,
    contactAgoMs: isSameStart ? contact : undefined,
    // Somebody may have set the clock back.
    savedAgoMs: Math.max(0, passed),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadSnapshot("it is torn: it is not whole JSON");
  }
}

function serverOf(value: unknown, at: number): BindingServer {
  const where = `servers[${at}]`;
  const given = record(value, where);
  const number = (key: string) => integer(given[key], `${where}.${key}`);
  const flags = list(given.flags, `${where}.flags`);
  if (!flags.every((flag) => FLAGS.includes(flag as string))) wrong(`${where}.flags`);
  const acknowledgements = list(given.acknowledgements, `${where}.acknowledgements`);
  return {
    identifier: number("identifier"),
    version: number("version"),
    claim: number("claim"),
    first: address(given.first, `${where}.first`),
    last: address(given.last, `${where}.last`),
    share: number("share"),
    shares: number("shares"),
    lease: number("lease"),
    freeIn: number("freeIn"),
    flags: flags as BindingServer["flags"],
    name: text(given.name, PLAIN, `${where}.name`),
    acknowledgements: acknowledgements.map((each) => {
      const { server, claim } = record(each, `${where}.acknowledgements`);
      const path = `${where}.acknowledgements`;
      return { server: integer(server, path), claim: integer(claim, path) };
    }),
  };
}

function bindingOf(value: unknown, at: number): Binding {
  const where = `bindings[${at}]`;
  const given = record(value, where);
  const number = (key: string) => integer(given[key], `${where}.${key}`);
  const optional = (key: string, pattern: RegExp) =>
    given[key] === undefined ? undefined : text(given[key], pattern, `${where}.${key}`);
  if (!STATES.includes(given.state as string)) wrong(`${where}.state`);
  if (!TRANSACTIONS.includes(given.transaction as string)) wrong(`${where}.transaction`);
  const acknowledged = given.acknowledgedBy === undefined
    ? undefined
    : list(given.acknowledgedBy, `${where}.acknowledgedBy`);
  return {
    address: address(given.address, `${where}.address`),
    state: given.state as Binding["state"],
    transaction: given.transaction as Binding["transaction"],
    counter: number("counter"),
    server: number("server"),
    lease: number("lease"),
    remaining: number("remaining"),
    hardware: optional("hardware", COLON_HEX),
    clientId: optional("clientId", COLON_HEX),
    host: optional("host", PLAIN),
    acknowledgedBy: acknowledged?.map((each) => integer(each, `${where}.acknowledgedBy`)),
  };
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(what);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : wrong(what);
}

function integer(value: unknown, what: string): number {
  const isOne = Number.isInteger(value) && value as number >= 0 && value as number <= MAX_NUMBER;
  return isOne ? value as number : wrong(what);
}

function finite(value: unknown, what: string): number {
  return typeof value === "number" && Number.isFinite(value) ? value : wrong(what);
}

function address(value: unknown, what: string): string {
  return typeof value === "string" && isAddress(value) ? value : wrong(what);
}

function text(value: unknown, pattern: RegExp, what: string): string {
  return typeof value === "string" && pattern.test(value) ? value : wrong(what);
}

function wrong(what: string): never {
  throw new BadSnapshot(`${what} is not what an agent writes`);
}
