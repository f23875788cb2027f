/** A lease without an end, in seconds. */

/** Seconds that stand for "for ever" in DHCP, in messages and in dnsmasq's calls. RFC 2131 §3.3. */
export const FOR_EVER = 0xffffffff;
