/** Clients that are given several registrars, of which the first one is no good. */

import assert from "node:assert/strict";
import { asap } from "../../mod.ts";
import { Scratch } from "./harness.ts";

/** Half of an answer, in either protocol: a header that announces more than follows. */
const HALF = new Uint8Array([0x06, 0, 0, 0x40, 0, 9, 0, 7]);

/** What is at the first address, and what clients say of it. */
interface Bad {
  readonly name: string;
  /** What a connection gets; absent: nobody listens. */
  serve?(connection: Deno.TcpConn): Promise<void>;
  readonly said: (at: string) => RegExp;
  /** What an element says, if that is something else. */
  readonly saidByElement?: (at: string) => RegExp;
}

const BAD: readonly Bad[] = [
  { name: "nobody is there", said: (at) => new RegExp(`registrar ${at}: connection refused`) },
  {
    name: "it never answers",
    serve: () => Promise.resolve(),
    said: (at) => new RegExp(`no answer yet from ${at}; asking registrar [0-9.:]+, too`),
    saidByElement: (at) => new RegExp(`registrar ${at}: silent: connected, but no answer`),
  },
  {
    name: "it speaks another protocol",
    serve: (connection) => write(connection, new TextEncoder().encode("HTTP/1.1 400 No\r\n\r\n")),
    said: (at) => new RegExp(`registrar ${at}: answers garbage \\(.*HTTP`),
  },
  {
    name: "it dies in the middle of its answer",
    async serve(connection) {
      await connection.read(new Uint8Array(1_000));
      await write(connection, HALF);
      connection.close();
    },
    said: (at) => new RegExp(`registrar ${at}: closed the connection without an answer`),
  },
];

async function write(connection: Deno.TcpConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await connection.write(bytes);
}

/** A listener that is no registrar, until it is disposed of. */
class BadRegistrar implements AsyncDisposable {
  readonly at: string;
  private readonly connections: Deno.TcpConn[] = [];
  private readonly listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  private readonly ended: Promise<void>;

  constructor(private readonly bad: Bad) {
    this.at = `127.0.0.1:${(this.listener.addr as Deno.NetAddr).port}`;
    if (bad.serve === undefined) this.listener.close();
    this.ended = this.accept();
  }

  private async accept(): Promise<void> {
    if (this.bad.serve === undefined) return;
    for await (const connection of this.listener) {
      this.connections.push(connection);
      await this.bad.serve(connection).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.bad.serve !== undefined) this.listener.close();
    await this.ended;
    for (const connection of this.connections) {
      try {
        connection.close();
      } catch { // it was closed already
      }
    }
  }
}

for (const bad of BAD) {
  Deno.test(`the next registrar is asked when ${bad.name}, and -v says so`, async () => {
    await using scratch = await Scratch.make();
    const { at: good } = await scratch.registrar();
    await using first = new BadRegistrar(bad);
    const both = ["-r", first.at, "-r", good.asap];
    const element = ["web", "--port", "80", "--no-asap", "--check", "none", "--drain", "0s"];
    const patience = ["--t2-registration", "300ms", "-v"];
    const registered = scratch.serve("register", [...element, ...patience, ...both]);
    const { home } = await registered.ready();
    assert.equal(home, good.identifier);
    await registered.says((bad.saidByElement ?? bad.said)(first.at));

    const enrp = ["--enrp-registrar", first.at, "--enrp-registrar", good.enrp];
    const commands = [
      ["resolve", "web", ...both],
      ["peers", ...enrp],
      ["dump", ...enrp],
      ["status", ...enrp],
    ];
    for (const command of commands) {
      const { code, stdout, stderr } = await scratch.run([...command, "-v"]);
      assert.equal(code, 0, stderr);
      assert.notEqual(stdout, "");
      assert.match(stderr, bad.said(first.at), command[0]);
      const which = command[0] === "resolve" ? good.asap : good.enrp;
      assert.match(stderr, new RegExp(`registrar ${which} answered\\n$`), command[0]);
      const quiet = await scratch.run(command);
      assert.deepEqual([quiet.code, quiet.stderr], [0, ""], command[0]);
    }
    await registered.stop();
  });
}

Deno.test("a registrar whose half answer is a whole one to the codec would prove nothing", () => {
  assert(!asap.decode(HALF).ok);
});
