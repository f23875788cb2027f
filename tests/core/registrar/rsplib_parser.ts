/**
 * What rsplib's parser of ENRP takes, read byte by byte and without lib/wire: parameters in one
 * order, none that it does not know, every address, policy and transport one of its own. Each rule
 * was seen when a registrar of rsplib 3.4.4 refused a message, or read in its source.
 */

/** A message that rsplib takes, as far as it matters here. */
export interface Taken {
  readonly type: number;
  readonly flags: number;
  readonly sender: number;
  readonly receiver: number;
  /** Server Transports: "identifier port address…". */
  readonly servers: readonly string[];
  readonly elements: readonly TakenElement[];
  readonly target?: number;
  readonly action?: number;
  readonly checksum?: number;
}

/** A pool element that rsplib takes. */
export interface TakenElement {
  readonly pool: string;
  readonly identifier: number;
  readonly home: number;
  readonly lifeMs: number;
  /** "type port address…". */
  readonly user: string;
  readonly policy: number;
  readonly asap: string;
}

/** Whether each transport has addresses of one family: it takes both, and we send it one. */
export function isOfOneFamily({ servers, elements }: Taken): boolean {
  const transports = [...servers, ...elements.flatMap(({ user, asap }) => [user, asap])];
  return transports.every((each) => !(each.includes(":") && each.includes(".")));
}

/** Why rsplib would refuse a message. */
export class Refusal extends Error {}

const [POOL_HANDLE, POOL_ELEMENT, SERVER, ERROR, CHECKSUM, POLICY] = [9, 10, 11, 12, 15, 8];
const [IPV4, IPV6, SCTP, TCP, UDP] = [1, 2, 4, 5, 6];
const MAX_TABLE_BYTES = 1400;
const MAX_TABLE_ELEMENTS = 128;

/** Bytes behind the Policy Type. RFC 5356, and rsplib's own. */
const POLICY_BYTES: ReadonlyMap<number, number> = new Map([
  ...[[1, 0], [2, 4], [3, 0], [4, 4], [5, 4]] as const,
  ...[[0x40000001, 4], [0x40000002, 8], [0x40000003, 8], [0x40000004, 4]] as const,
  ...[0xb0001001, 0xb0001002, 0xb0001003, 0xb0001004].map((type) => [type, 8] as const),
  ...[[0xb0002001, 12], [0xb0002002, 12], [0xb0002003, 16]] as const,
]);

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Refusal(what);
}

/** A place in the bytes, and where they end. */
class Reader {
  constructor(
    readonly view: DataView,
    public at: number,
    readonly end: number,
  ) {}

  take(bytes: number): number {
    demand(this.at + bytes <= this.end, "it ends too early");
    const at = this.at;
    this.at += bytes;
    return at;
  }

  u8 = () => this.view.getUint8(this.take(1));
  u16 = () => this.view.getUint16(this.take(2));
  u32 = () => this.view.getUint32(this.take(4));
  i32 = () => this.view.getInt32(this.take(4));

  get isOver(): boolean {
    return this.at >= this.end;
  }

  next(): number {
    return this.isOver ? 0 : this.view.getUint16(this.at);
  }

  /** A parameter of that type: its padding must be there, and all of its value be used. */
  parameter<T>(type: number, read: (inside: Reader) => T): T {
    const at = this.at;
    const [found, length] = [this.u16(), this.u16()];
    demand(found === type, `parameter ${found} where ${type} must be`);
    demand(length >= 4, "a parameter is shorter than its header");
    const inside = new Reader(this.view, this.at, at + length);
    this.at = at;
    this.take(Math.ceil(length / 4) * 4);
    const value = read(inside);
    demand(inside.isOver, `parameter ${type} has something behind it`);
    return value;
  }
}

/** Reads a message as rsplib does. Throws a {@linkcode Refusal}. */
export function take(bytes: Uint8Array): Taken {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new Reader(view, 0, bytes.length);
  const [type, flags, length] = [reader.u8(), reader.u8(), reader.u16()];
  demand(Math.ceil(length / 4) * 4 === bytes.length, "Message Length is not the packet's");
  const [sender, receiver] = [reader.u32(), reader.u32()];
  demand(sender !== 0, "nobody sent it");
  const body = readBody(type, flags, reader, bytes.length);
  demand(reader.isOver, "something stands behind the last parameter");
  return { type, flags, sender, receiver, servers: [], elements: [], ...body };
}

function readBody(type: number, flags: number, reader: Reader, bytes: number): Partial<Taken> {
  switch (type) {
    case 1: {
      const checksum = reader.parameter(CHECKSUM, (inside) => inside.u16());
      return { checksum, servers: [server(reader)] };
    }
    case 2:
    case 5:
      return {};
    case 3:
      return (flags & 1) === 1 ? {} : table(reader, bytes);
    case 4: {
      const action = reader.u16();
      demand(reader.u16() === 0, "reserved bits are set");
      return { action, elements: [element(reader, handle(reader))] };
    }
    case 6: {
      if ((flags & 1) === 1) return {};
      const servers: string[] = [];
      while (!reader.isOver) servers.push(server(reader));
      return { servers };
    }
    case 7:
    case 8:
    case 9:
      return { target: reader.u32() };
    case 10:
      reader.parameter(ERROR, (inside) => inside.take(inside.end - inside.at));
      return {};
  }
  throw new Refusal(`message type ${type} is unknown`);
}

function table(reader: Reader, bytes: number): Partial<Taken> {
  demand(bytes <= MAX_TABLE_BYTES, `a table of ${bytes} bytes`);
  const elements: TakenElement[] = [];
  while (!reader.isOver) {
    const pool = handle(reader);
    demand(reader.next() === POOL_ELEMENT, "a pool has no element");
    const first = element(reader, pool);
    elements.push(first);
    while (reader.next() === POOL_ELEMENT) {
      const other = element(reader, pool);
      const isAlike = other.policy === first.policy && kindOf(other.user) === kindOf(first.user);
      demand(isAlike, "an element is not like the others of its pool");
      elements.push(other);
    }
  }
  demand(elements.length <= MAX_TABLE_ELEMENTS, `a table of ${elements.length} elements`);
  return { elements };
}

/** Transport type and use. */
function kindOf(transport: string): string {
  return transport.split(" ").slice(0, 2).join(" ");
}

function handle(reader: Reader): string {
  return reader.parameter(POOL_HANDLE, (inside) => {
    const bytes = inside.end - inside.at;
    demand(bytes >= 1 && bytes <= 32, `a pool handle of ${bytes} bytes`);
    const at = inside.take(bytes);
    return new TextDecoder().decode(new Uint8Array(inside.view.buffer, at, bytes));
  });
}

function server(reader: Reader): string {
  return reader.parameter(SERVER, (inside) => {
    const identifier = inside.u32();
    const [kind, , ...rest] = transport(inside, [SCTP, TCP]).split(" ");
    // TCP would be taken, too; SCTP is what it means.
    demand(kind === String(SCTP), "a Server Transport is not of SCTP type");
    return [`0x${identifier.toString(16)}`, ...rest].join(" ");
  });
}

function element(reader: Reader, pool: string): TakenElement {
  return reader.parameter(POOL_ELEMENT, (inside) => {
    const [identifier, home, lifeMs] = [inside.u32(), inside.u32(), inside.i32()];
    demand(identifier !== 0, "PE identifier 0");
    demand(home !== 0, "an element has no home");
    const user = transport(inside, [SCTP, TCP, UDP]);
    const policy = inside.parameter(POLICY, (policyInside) => {
      const type = policyInside.u32();
      const bytes = POLICY_BYTES.get(type);
      demand(bytes !== undefined, `policy type ${type} is unknown`);
      policyInside.take(bytes);
      return type;
    });
    const asap = transport(inside, [SCTP]);
    demand(asap.split(" ")[2] !== "0", "an ASAP Transport has port 0");
    return { pool, identifier, home, lifeMs, user, policy, asap };
  });
}

/** A transport as "type use port address…". */
function transport(reader: Reader, types: readonly number[]): string {
  const type = reader.next();
  demand(types.includes(type), `transport type ${type}`);
  return reader.parameter(type, (inside) => {
    const [port, use] = [inside.u16(), inside.u16()];
    const addresses: string[] = [];
    while (!inside.isOver) {
      const each = address(inside);
      if (each !== undefined) addresses.push(each);
    }
    demand(addresses.length >= 1, "a transport has no address that it keeps");
    demand(type === SCTP || addresses.length === 1, "several addresses of one that has one");
    demand(addresses.length <= 32, "more addresses than it keeps");
    return [type, use, port, ...addresses].join(" ");
  });
}

/** An address; unspecified, loopback and link-local ones are dropped. */
function address(reader: Reader): string | undefined {
  const type = reader.next();
  demand(type === IPV4 || type === IPV6, `an address of type ${type}`);
  return reader.parameter(type, (inside) => {
    if (type === IPV6) {
      const groups = Array.from({ length: 8 }, () => inside.u16());
      const isReachable = (groups[0]! & 0xffc0) !== 0xfe80 &&
        (groups.slice(0, 7).some((each) => each !== 0) || groups[7]! > 1);
      if (!isReachable) return undefined;
      return groups.map((each) => each.toString(16)).join(":");
    }
    const [a, b, c, d] = [inside.u8(), inside.u8(), inside.u8(), inside.u8()];
    const isDropped = a === 127 || (a === 169 && b === 254) || a + b + c + d === 0;
    return isDropped ? undefined : [a, b, c, d].join(".");
  });
}
