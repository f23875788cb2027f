/**
 * A pool element that is a user of another pool, too (RFC 5352 §3.9): each may call the other. It
 * echoes lines, with its own identifier in front. When a user is lost whose business card it has,
 * it goes on with the user's pool in the order of that card, and says what answered.
 *
 * Arguments: the registrar's HOST:PORT, its own pool, the other pool. It prints "registered ID"; at
 * SIGUSR2 it opens a session with the other pool, with its card, and prints "talks with ID" once
 * that has answered; "fails over to ID" when the session does; "went on with ID" as above.
 */

import {
  type BusinessCard,
  PoolElement,
  PoolUser,
  type ServedSession,
  type Session,
} from "../../../mod.ts";

const [registrar, own, other] = Deno.args;
const [host, port] = registrar!.split(":");
const registrars = [{ host: host!, port: Number(port) }];
const text = new TextDecoder();
const bytes = new TextEncoder();

function print(line: string): void {
  Deno.stdout.writeSync(bytes.encode(`${line}\n`));
}

const user = new PoolUser({ registrars });
const element = new PoolElement({
  registrars,
  poolHandle: own!,
  port: 0,
  use: 1,
  timingProfile: "fast",
});

async function echo(session: ServedSession): Promise<void> {
  try {
    for (;;) {
      const received = await session.receive();
      if (received === undefined) return;
      await session.send(bytes.encode(`${element.identifier}:${text.decode(received)}`));
    }
  } catch {
    if (session.businessCard !== undefined) await goOnWith(session.businessCard);
  }
}

/** BC2: "this preferred list will be used to guide the ASAP Endpoint". */
async function goOnWith({ poolHandle, poolElements }: BusinessCard): Promise<void> {
  const order = poolElements.map(({ identifier }) => identifier);
  await using session = await user.connect(poolHandle, { order });
  print(`went on with ${await hello(session)}`);
}

/** @returns the identifier of the element that answers. */
async function hello(session: Session): Promise<string> {
  await session.send(bytes.encode("hello\n"));
  let answer = "";
  while (!answer.endsWith("\n")) {
    const received = await session.receive();
    if (received === undefined) throw new Error("the session was ended");
    answer += text.decode(received.bytes);
  }
  return answer.split(":")[0]!;
}

async function callOther(): Promise<void> {
  const { poolElements } = await user.resolve(own!);
  const others = poolElements.filter(({ identifier }) => identifier !== element.identifier);
  const session = await user.connect(other!, {
    businessCard: { poolHandle: own!, poolElements: others },
    onFailover: ({ to }) => print(`fails over to ${to.identifier}`),
  });
  print(`talks with ${await hello(session)}`);
  // It is kept for as long as this process lives; a failover is noticed by waiting for more.
  await session.receive();
}

await element.serve(echo, { host: "127.0.0.1" });
await element.register();
print(`registered ${element.identifier}`);
Deno.addSignalListener("SIGUSR2", () => void callOther());
