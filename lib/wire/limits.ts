/** Limits of the encoding itself; those of the protocol's machines are in `core/limits.ts`. */

/** Longest Message Length, RFC 5354 §4: a 16-bit field. */
export const MAX_MESSAGE_LENGTH = 0xffff;

/** Longest Parameter Length, RFC 5354 §3: a 16-bit field. */
export const MAX_PARAMETER_LENGTH = 0xffff;

/** Longest message on the wire, in bytes: the longest length with its padding. */
export const MAX_MESSAGE_BYTES = 0x10000;

/** Bytes of a message's or parameter's header. RFC 5354 §3 and §4. */
export const HEADER_BYTES = 4;

/** Bytes of an offending TLV that an error cause carries (protocol decision 24). */
export const MAX_OFFENDING_TLV_BYTES = 256;

/** Skipped parameters of one message that are reported; a message may hold 16,000 of them. */
export const MAX_UNRECOGNIZED_REPORTED = 8;

/** DHCP servers of one pool: the draft's 2 to 16, and those that were replaced. docs/dhcp.md §7. */
export const MAX_BINDING_SERVERS = 32;

/** Bindings in one message of ours; a message of another's may have as many as fit. */
export const MAX_BINDINGS_PER_MESSAGE = 256;

/** Refused addresses that an answer names. */
export const MAX_REFUSED_BINDINGS = 256;
