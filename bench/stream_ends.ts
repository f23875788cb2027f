/**
 * Both ends of long streams, in one process: a source that sends as many MiB as it is asked for,
 * and a reader. Prints the source's port; a line `PORT MIB` has it read through that port and
 * prints the seconds; a line `PORT -N` opens N connections more, sends one byte each way on them,
 * and prints how many there are.
 *
 * `deno run -A bench/stream_ends.ts`
 */

const PIECE = new Uint8Array(256 * 1024).fill(1);
const MIB = 1024 * 1024;

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

/** The first byte says how many MiB; 0 is for a connection that stays. */
async function serve(connection: Deno.TcpConn): Promise<void> {
  const wanted = new Uint8Array(2);
  try {
    if (await connection.read(wanted) === null) return;
    const mib = wanted[0]! * 256 + wanted[1]!;
    if (mib === 0) return await writeAll(connection, wanted.subarray(0, 1));
    for (let left = mib * MIB; left > 0; left -= PIECE.length) await writeAll(connection, PIECE);
    connection.close();
  } catch { // The reader has gone.
  }
}

async function accept(listener: Deno.TcpListener): Promise<void> {
  for await (const connection of listener) void serve(connection);
}

async function open(port: number, mib: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new Uint8Array([mib >> 8, mib & 255]));
  return connection;
}

/** Seconds in which so much is read. */
async function download(port: number, mib: number): Promise<number> {
  const buffer = new Uint8Array(256 * 1024);
  const begin = performance.now();
  using connection = await open(port, mib);
  let left = mib * MIB;
  for (let count = await connection.read(buffer); count !== null;) {
    left -= count;
    count = await connection.read(buffer);
  }
  if (left !== 0) throw new Error(`${left} bytes are missing`);
  return (performance.now() - begin) / 1000;
}

const idle: Deno.TcpConn[] = [];
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
void accept(listener);
const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const line of lines) {
  const [port, amount] = line.trim().split(" ").map(Number) as [number, number];
  if (amount > 0) {
    console.log(await download(port, amount));
    continue;
  }
  for (let count = -amount; count > 0; count--) {
    const connection = await open(port, 0);
    await connection.read(new Uint8Array(1));
    idle.push(connection);
  }
  console.log(idle.length);
}
for (const connection of idle) connection.close();
listener.close();
