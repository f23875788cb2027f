/** Limits of a DHCP pool's table; those of one message are in `wire/limits.ts`. docs/dhcp.md §7. */

/** Addresses in the range of one DHCP pool: as many as there may be bindings in its table. */
export const MAX_RANGE_ADDRESSES = 16_384;

/** Shares into which a range may be divided: the draft has 2 to 16 servers. */
export const MAX_SHARES = 16;

/** Clients that had to give an address up, and are remembered until their lease has ended. */
export const MAX_LOST_BINDINGS = 64;

/**
 * Counters, claims and versions that are taken from others are below it: half of what a message can
 * carry, so that what comes next can always be told, whatever somebody has made up.
 */
export const MAX_TAKEN_COUNTER = 2 ** 47;
