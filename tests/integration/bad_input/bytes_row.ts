/** Rows of the table that are bytes on the wire: the protocol's answer, and the logged reason. */
import assert from "node:assert/strict";
import { asap, causeName, enrp, type ErrorCause, MessageSplitter } from "../../../mod.ts";
import type { Row } from "./row.ts";
import { addressOf, type Stage } from "./stage.ts";

type ProtocolName = "ASAP" | "ENRP";

/** What a registrar is sent and what it must answer. */
export interface BytesRow {
  readonly input: string;
  readonly protocol: ProtocolName;
  readonly bytes: () => Uint8Array;
  /**
   * The messages that come back, each as its type and the names of its causes, then `closed` if the
   * registrar ends the connection. Otherwise a good request after the bad bytes must be answered.
   */
  readonly answer: readonly string[];
  /** What the registrar's log says of it. */
  readonly logged?: RegExp;
}

/** A request that a registrar answers whatever came before, unless it closed the connection. */
const GOOD_REQUEST: Readonly<Record<ProtocolName, Uint8Array>> = {
  ASAP: asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "bystander",
  }),
  ENRP: enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 }),
};
const GOOD_ANSWER: Readonly<Record<ProtocolName, string>> = {
  ASAP: "ASAP_HANDLE_RESOLUTION_RESPONSE bystander",
  ENRP: "ENRP_LIST_RESPONSE",
};

function named(bytes: Uint8Array, protocol: ProtocolName): string {
  const decoded = protocol === "ASAP" ? asap.decode(bytes) : enrp.decode(bytes);
  assert.ok(decoded.ok, `the answer is no message: ${decoded.ok || decoded.detail}`);
  const message = decoded.message as { type: string; causes?: ErrorCause[]; poolHandle?: string };
  const causes = message.causes?.map(({ code }) => causeName(code)).join(", ");
  if (causes) return `${message.type}: ${causes}`;
  const isOfBystander = message.poolHandle === "bystander";
  return isOfBystander ? `${message.type} bystander` : message.type;
}

/** Yields what comes back on a connection, then `closed`. */
export async function* answers(
  connection: Deno.TcpConn,
  protocol: ProtocolName,
): AsyncGenerator<string> {
  const splitter = new MessageSplitter();
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer).catch((error) => {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    });
    if (count === null) return yield "closed";
    for (const split of splitter.split(buffer.subarray(0, count))) {
      assert.equal(split.kind, "message");
      if (split.kind === "message") yield named(split.bytes, protocol);
    }
  }
}

/** Writes all of it; that the other side has had enough is no failure here. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  try {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await connection.write(rest));
    }
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    if (error instanceof Deno.errors.ConnectionReset) return;
    throw error;
  }
}

/** Sends bad bytes and then a good request, and collects what comes back before its answer. */
async function exchange(
  at: string,
  protocol: ProtocolName,
  bytes: Uint8Array,
  isFollowed: boolean,
): Promise<string[]> {
  const { host, port } = addressOf(at);
  using connection = await Deno.connect({ hostname: host, port });
  const written = (async () => {
    await writeAll(connection, bytes);
    if (isFollowed) await writeAll(connection, GOOD_REQUEST[protocol]);
  })();
  const collected: string[] = [];
  for await (const answer of answers(connection, protocol)) {
    if (isFollowed && answer === GOOD_ANSWER[protocol]) break;
    collected.push(answer);
    if (answer === "closed") break;
  }
  await written;
  return collected;
}

/** A row of the table from what a registrar is sent. */
export function bytesRow(row: BytesRow): Row {
  return {
    input: `on the ${row.protocol} port: ${row.input}`,
    answer: row.answer.join(", ") || "nothing, and the next request is answered",
    async check(stage: Stage): Promise<void> {
      const at = row.protocol === "ASAP" ? stage.registrar.at.asap : stage.registrar.at.enrp;
      const logBefore = stage.registrar.stderr.length;
      const isFollowed = row.answer.at(-1) !== "closed";
      const exchanged = exchange(at, row.protocol, row.bytes(), isFollowed);
      // Others are served while it goes on, too.
      await stage.nothingElseIsLost();
      assert.deepEqual(await exchanged, row.answer);
      if (row.logged) await stage.registrar.says(row.logged, logBefore);
    },
  };
}
