/** What of a user's dnsmasq configuration would break what servers rely on in one another. */

import { FOR_EVER } from "../for_ever.ts";
import type { DnsmasqOption, OptionsFound } from "./arguments.ts";
import {
  type AddressRange,
  type DhcpRange,
  isWithin,
  numberOf,
  parseHost,
  parseRange,
  sizeOf,
} from "./dhcp_range.ts";
import { MIN_LEASE_SECONDS } from "./limits.ts";

/** What was found in a configuration. */
export interface DnsmasqCheck {
  /** One line each; with any, dnsmasq must not be started. */
  readonly refusals: readonly string[];
  /** One line each: what works, but not well. */
  readonly warnings: readonly string[];
  readonly isAuthoritative: boolean;
  /** Longest lease that it grants in the range, in seconds; 0xffffffff: one that never ends. */
  readonly leaseSeconds: number;
  /** Value for `--dhcp-lease-max`; `undefined` if the user's own one will do. */
  readonly leaseMax: number | undefined;
}

/** dnsmasq's own limit of leases: so many are left for what is not in the range. */
const SPARE_LEASES = 1000;

/** Checks a configuration against the range that servers share. */
export function checkDnsmasq(found: OptionsFound, range: AddressRange): DnsmasqCheck {
  const refusals = [...found.problems];
  const ranges: (DhcpRange & { where: string })[] = [];
  for (const { value = "", where } of named(found, "dhcp-range")) {
    const parsed = parseRange(value);
    if (typeof parsed === "string") refusals.push(`${where}: ${parsed}`);
    else if (parsed !== undefined) ranges.push({ ...parsed, where });
  }
  const own = ranges.find((some) => isSame(some, range));
  refusals.push(...rangeRefusals(ranges, own, range));
  const hosts = named(found, "dhcp-host").map(({ value = "", where }) => ({
    ...parseHost(value),
    where,
  }));
  for (const { addresses, where } of hosts) {
    for (const address of addresses.filter((address) => isWithin(address, range))) {
      refusals.push(
        `${where}: dhcp-host gives ${address}, which is in --range: other servers would give it, ` +
          "too; take one outside of it",
      );
    }
  }
  for (const option of found.options) refusals.push(...optionRefusal(option));
  const leaseMax = ranges.reduce((sum, some) => sum + sizeOf(some), SPARE_LEASES + hosts.length);
  const givenMax = named(found, "dhcp-lease-max");
  for (const { value, where } of givenMax) {
    if (!(Number(value) >= leaseMax)) {
      refusals.push(
        `${where}: dhcp-lease-max=${value} is too low: dnsmasq ends when it is reached; ` +
          `leave it out, or say at least ${leaseMax}`,
      );
    }
  }
  return {
    refusals,
    warnings: warningsOf(found),
    isAuthoritative: named(found, "dhcp-authoritative").length > 0,
    leaseSeconds: Math.max(own?.lease ?? 0, ...hosts.map(({ lease }) => lease ?? 0)),
    leaseMax: givenMax.length > 0 ? undefined : leaseMax,
  };
}

function named({ options }: OptionsFound, name: string): DnsmasqOption[] {
  return options.filter((option) => option.name === name);
}

function isSame(a: AddressRange, b: AddressRange): boolean {
  return a.first === b.first && a.last === b.last;
}

function* rangeRefusals(
  ranges: readonly (DhcpRange & { where: string })[],
  own: DhcpRange | undefined,
  range: AddressRange,
): Generator<string> {
  const wanted = `--range ${range.first}-${range.last}`;
  if (own === undefined) {
    const given = ranges.map(({ first, last }) => `${first},${last}`).join(" and ");
    yield given === ""
      ? `dnsmasq has no dhcp-range for ${wanted}`
      : `dnsmasq's dhcp-range ${given} is not ${wanted}: they must be the same`;
  }
  for (const other of ranges) {
    const { first, last, lease, where } = other;
    if (other === own) {
      if (lease < MIN_LEASE_SECONDS) {
        yield `${where}: dhcp-range has a lease time of ${lease} s: at least ` +
          `${MIN_LEASE_SECONDS} s, dnsmasq grants no shorter ones`;
      }
      continue;
    }
    const isApart = numberOf(last) < numberOf(range.first) ||
      numberOf(first) > numberOf(range.last);
    if (!isApart && own !== undefined) {
      yield `${where}: dhcp-range ${first},${last} overlaps ${wanted}`;
    }
  }
}

function optionRefusal({ name, value, where }: DnsmasqOption): string[] {
  const why = REFUSED[name];
  if (why === undefined) return [];
  if (name === "dhcp-scriptuser" && value === "root") return [];
  if (name === "enable-dbus" && value === undefined) return [];
  return [`${where}: ${name} ${why}`];
}

const REFUSED: Readonly<Record<string, string>> = {
  "bootp-dynamic": "gives leases that never end, of which no server could ever take over the share",
  "conf-script": "makes a configuration that cannot be checked",
  "dhcp-leasefile": "cannot be used: rserpool keeps the leases",
  "dhcp-script": "cannot be used: rserpool needs it for its own",
  "dhcp-scriptuser": "must be root: rserpool's script writes into its state directory",
  "enable-dbus": "must not have a name: rserpool calls dnsmasq by its usual one",
  "no-daemon":
    "must not be given: dnsmasq writes no pid file then; it stays in the foreground anyway",
  "no-ping": "must not be given: the ping finds an address that somebody uses without a lease",
  "pid-file": "cannot be used: rserpool keeps its own",
};

function warningsOf(found: OptionsFound): string[] {
  const warnings: string[] = [];
  for (const { where } of named(found, "dhcp-rapid-commit")) {
    warnings.push(`${where}: with dhcp-rapid-commit each server binds an address for a new client`);
  }
  for (const { value = "", where } of named(found, "dhcp-host")) {
    if (parseHost(value).lease !== FOR_EVER) continue;
    warnings.push(`${where}: dhcp-host gives a lease that never ends`);
  }
  return warnings;
}
