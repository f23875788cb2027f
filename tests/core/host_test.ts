/** The host around a machine: what is sent to many is encoded once. */
import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  Host,
  type Input,
  type Machine,
  type Message,
  type Output,
} from "../../lib/core/mod.ts";
import { asap } from "../../lib/wire/mod.ts";

type Command = readonly { readonly association: Association; readonly message: Message }[];

/** Sends what it is told to send. */
class Speaker implements Machine<Command, never> {
  private readonly outputs: Output<never>[] = [];

  handle(input: Input<Command>): void {
    if (input.type !== "command") return;
    for (const each of input.command) this.outputs.push({ type: "send", ...each });
  }

  poll(): Output<never> | undefined {
    return this.outputs.shift();
  }

  deadline(): undefined {}
}

function hostWith(associations: number): Host<Command, never> {
  const host = new Host(new Speaker(), DEFAULT_LIMITS);
  const end = { host: "192.0.2.1", port: 1 };
  for (let i = 0; i < associations; i++) host.accept("ASAP", { remote: end, local: end }, 0);
  return host;
}

function written(host: Host<Command, never>): Uint8Array[] {
  const bytes: Uint8Array[] = [];
  for (let output = host.poll(); output !== undefined; output = host.poll()) {
    if (output.type === "write") bytes.push(output.bytes);
  }
  return bytes;
}

const answer = (poolHandle: string): Message => ({
  type: "ASAP_HANDLE_RESOLUTION",
  dynamicUpdates: true,
  poolHandle,
});

Deno.test("one message to several associations has one encoding", () => {
  const host = hostWith(3);
  const message = answer("web");
  host.command([2, 4, 6].map((association) => ({ association, message })), 0);
  const [first, second, third, ...more] = written(host);
  assert.deepEqual(more, []);
  assert.equal(first, second);
  assert.equal(first, third);
  assert.deepEqual(first, asap.encode(message as Parameters<typeof asap.encode>[0]));
});

Deno.test("equal messages that are two, and others in between, are encoded each as it is", () => {
  const host = hostWith(2);
  const [web, mail] = [answer("web"), answer("mail")];
  host.command([
    { association: 2, message: web },
    { association: 2, message: mail },
    { association: 4, message: web },
    { association: 4, message: answer("web") },
  ], 0);
  const hex = written(host).map((bytes) => new TextDecoder().decode(bytes.subarray(8)));
  assert.deepEqual(hex, ["web\0", "mail", "web\0", "web\0"]);
});

Deno.test("a message that its machine changes before it sends it again is encoded again", () => {
  const host = hostWith(1);
  const message = { ...answer("web") } as { type: string; poolHandle: string };
  host.command([{ association: 2, message: message as Message }], 0);
  message.poolHandle = "mail";
  host.command([{ association: 2, message: message as Message }], 0);
  const text = written(host).map((bytes) => new TextDecoder().decode(bytes.subarray(8)));
  assert.deepEqual(text, ["web\0", "mail"]);
});
