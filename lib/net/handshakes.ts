/** Who may begin a TLS handshake: it costs us more than it costs who asks. RFC 5355 §2.1, §3. */

/** Limits of the handshakes of those who connect. */
export interface HandshakeLimits {
  /** A handshake that takes longer is given up; milliseconds. */
  readonly handshakeMs: number;
  /** At once, of all addresses. */
  readonly handshakesAtOnce: number;
  /** At once, of one address: nobody who holds handshakes open keeps all others out. */
  readonly handshakesAtOncePerAddress: number;
  /** Of one address, in the long run. */
  readonly handshakesPerSecond: number;
  /** How many seconds' worth one address may ask for at once. */
  readonly burstSeconds: number;
}

/** The limits that hold when none are given. */
export const DEFAULT_HANDSHAKE_LIMITS: HandshakeLimits = {
  handshakeMs: 10_000,
  handshakesAtOnce: 256,
  handshakesAtOncePerAddress: 64,
  handshakesPerSecond: 50,
  burstSeconds: 5,
};

/** Whether a handshake may begin; one that may is to call `leave` when it is over. */
export type Admission =
  | { readonly isAdmitted: true; readonly leave: () => void }
  | { readonly isAdmitted: false; readonly why: string };

/** Addresses that are counted; a flood from more of them must not cost more memory. */
const ADDRESSES_MAX = 4096;

interface Allowance {
  /** Handshakes that the address may still begin. */
  count: number;
  /** When `count` was right. */
  atMs: number;
}

/** Counts the handshakes of all listeners of a transport. */
export class HandshakeGate {
  readonly limits: HandshakeLimits;
  readonly #now: () => number;
  /** In the order of last use, the longest unused first. */
  readonly #allowances = new Map<string, Allowance>();
  /** Handshakes that are going on, by network. */
  readonly #going = new Map<string, number>();
  #atOnce = 0;

  /** `now` gives milliseconds that never go back. */
  constructor(limits: Partial<HandshakeLimits> = {}, now: () => number = () => performance.now()) {
    this.limits = { ...DEFAULT_HANDSHAKE_LIMITS, ...limits };
    this.#now = now;
  }

  /** Handshakes that are going on. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** Asks for one who has connected, from an address or a network that is counted as one. */
  enter(network: string): Admission {
    const { handshakesAtOnce, handshakesAtOncePerAddress, handshakesPerSecond } = this.limits;
    if (this.#atOnce >= handshakesAtOnce) {
      return { isAdmitted: false, why: `more than ${handshakesAtOnce} TLS handshakes at once` };
    }
    const going = this.#going.get(network) ?? 0;
    if (going >= handshakesAtOncePerAddress) {
      return {
        isAdmitted: false,
        why: `more than ${handshakesAtOncePerAddress} TLS handshakes of one address at once`,
      };
    }
    if (!this.#takeOne(network)) {
      return {
        isAdmitted: false,
        why: `more than ${handshakesPerSecond} TLS handshakes a second of one address`,
      };
    }
    this.#begin(network);
    let isOver = false;
    const leave = () => {
      if (isOver) return;
      isOver = true;
      this.#end(network);
    };
    return { isAdmitted: true, leave };
  }

  #begin(network: string): void {
    this.#atOnce += 1;
    this.#going.set(network, (this.#going.get(network) ?? 0) + 1);
  }

  #end(network: string): void {
    this.#atOnce -= 1;
    const left = this.#going.get(network)! - 1;
    if (left > 0) this.#going.set(network, left);
    else this.#going.delete(network);
  }

  #takeOne(network: string): boolean {
    const { handshakesPerSecond, burstSeconds } = this.limits;
    const most = Math.max(1, handshakesPerSecond * burstSeconds);
    const now = this.#now();
    const known = this.#allowances.get(network) ?? { count: most, atMs: now };
    const grown = known.count + ((now - known.atMs) / 1000) * handshakesPerSecond;
    const count = Math.min(most, grown);
    const isEnough = count >= 1;
    this.#allowances.delete(network);
    this.#allowances.set(network, { count: isEnough ? count - 1 : count, atMs: now });
    if (this.#allowances.size > ADDRESSES_MAX) this.#forgetOldest();
    return isEnough;
  }

  #forgetOldest(): void {
    for (const network of this.#allowances.keys()) {
      this.#allowances.delete(network);
      return;
    }
  }
}
