/** Multicast groups for tests that run beside each other. */

/** The address of the interface on which tests speak: no other host hears it. */
export const LOOPBACK = "127.0.0.1";

/** A group of 239/8 (RFC 2365) and a port, both random: any that others use would be heard. */
export function group(): { readonly host: string; readonly port: number } {
  const [a, b, c, port] = crypto.getRandomValues(new Uint16Array(4)) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const host = `239.${a & 0xff}.${b & 0xff}.${(c & 0x7f) + 1}`;
  return { host, port: 10_000 + port % 50_000 };
}
