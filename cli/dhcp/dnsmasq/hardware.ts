/**
 * Hardware addresses of dnsmasq, which names the network's type before those that are not
 * Ethernet's (`20-` alone: InfiniBand, where clients tell no address), and those of bindings, which
 * are bytes and nothing else. docs/dhcp.md §4.
 */

import { MAX_HARDWARE_BYTES } from "./limits.ts";

const ETHERNET = 1;
const ETHERNET_BYTES = 6;
const TYPE = /^([0-9a-f]{2})-/;

/** The bytes of a binding: of what is no Ethernet address the type comes first. */
export function hardwareOfMac(mac: string): string {
  const type = TYPE.exec(mac)?.[1];
  const address = mac.replace(TYPE, "");
  const bytes = address === "" ? [] : address.split(":");
  const isEthernet = type === undefined || parseInt(type, 16) === ETHERNET;
  if (isEthernet && bytes.length === ETHERNET_BYTES) return address;
  const all = [type ?? "01", ...bytes].slice(0, MAX_HARDWARE_BYTES);
  // Six bytes are Ethernet's; no network is known that has five and a type.
  if (all.length === ETHERNET_BYTES) all.push("00", "00");
  return all.join(":");
}

/** What dnsmasq calls the hardware address of a binding. */
export function macOfHardware(hardware: string): string {
  const bytes = hardware.split(":");
  if (bytes.length === ETHERNET_BYTES) return hardware;
  const [type, ...rest] = bytes;
  return `${type}-${rest.join(":")}`;
}
