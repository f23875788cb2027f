/** docs/tcp-mapping.md §15: prefaces and frames, however they are cut. */

import assert from "node:assert/strict";
import {
  CONTROL_PPID,
  controlFrame,
  DATA_PPID,
  dataFrames,
  endFrame,
  frameHeader,
  MAX_FRAME_PAYLOAD_BYTES,
  MAX_MESSAGE_BYTES,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  type SessionPiece,
  SessionSplitter,
} from "../../lib/wire/mod.ts";

const MESSAGE = Uint8Array.of(0x0b, 0, 0, 4);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The pieces of a stream that comes in these chunks; pieces of data in a row are joined. */
function piecesOf(...chunks: readonly Uint8Array[]): SessionPiece[] {
  const splitter = new SessionSplitter();
  const pieces: SessionPiece[] = [];
  for (const chunk of chunks) {
    for (const piece of splitter.split(chunk)) {
      const last = pieces.at(-1);
      if (piece.kind === "data" && last?.kind === "data") {
        pieces[pieces.length - 1] = { kind: "data", bytes: joined([last.bytes, piece.bytes]) };
      } else pieces.push("bytes" in piece ? { ...piece, bytes: piece.bytes.slice() } : piece);
    }
  }
  return pieces;
}

/** The splitter of a session that has begun. */
function begun(): SessionSplitter {
  const splitter = new SessionSplitter();
  assert.deepEqual([...splitter.split(SESSION_PREFACE)], [{ kind: "preface", hasCookie: false }]);
  return splitter;
}

Deno.test("every cut of a stream gives the same", () => {
  const stream = joined([
    SESSION_PREFACE_WITH_COOKIE,
    controlFrame(MESSAGE),
    ...dataFrames(Uint8Array.of(1, 2, 3)),
    frameHeader(46, 2),
    Uint8Array.of(9, 9),
    frameHeader(46, 0),
    endFrame(),
    controlFrame(MESSAGE),
  ]);
  const wanted: SessionPiece[] = [
    { kind: "preface", hasCookie: true },
    { kind: "control", bytes: MESSAGE },
    { kind: "data", bytes: Uint8Array.of(1, 2, 3) },
    { kind: "end" },
    { kind: "control", bytes: MESSAGE },
  ];
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
      assert.deepEqual(piecesOf(...chunks), wanted, `cut at ${first} and ${second}`);
    }
  }
  assert.deepEqual(piecesOf(...Array.from(stream, (byte) => Uint8Array.of(byte))), wanted);
});

Deno.test("the layout of a frame is that of docs/tcp-mapping.md §15", () => {
  assert.deepEqual(controlFrame(MESSAGE), Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 4, 0x0b, 0, 0, 4));
  assert.deepEqual(endFrame(), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0));
  assert.deepEqual(
    [...SESSION_PREFACE.subarray(0, 8)],
    [..."RSerPool"].map((c) => c.charCodeAt(0)),
  );
  assert.deepEqual([...SESSION_PREFACE.subarray(8)], [1, 0, 0, 0]);
  assert.deepEqual([...SESSION_PREFACE_WITH_COOKIE.subarray(8)], [1, 1, 0, 0]);
});

Deno.test("data is cut into frames of MAX_FRAME_PAYLOAD_BYTES, of nothing there is none", () => {
  assert.deepEqual(dataFrames(new Uint8Array(0)), []);
  const pieces = dataFrames(new Uint8Array(MAX_FRAME_PAYLOAD_BYTES + 1));
  assert.deepEqual(pieces.map(({ length }) => length), [8, MAX_FRAME_PAYLOAD_BYTES, 8, 1]);
});

Deno.test("a payload of the longest length goes through, a longer one loses the stream", () => {
  for (const ppid of [DATA_PPID, 46]) {
    const longest = begun();
    assert.deepEqual([...longest.split(frameHeader(ppid, MAX_FRAME_PAYLOAD_BYTES))], []);
    const [garbage] = begun().split(frameHeader(ppid, MAX_FRAME_PAYLOAD_BYTES + 1));
    assert.equal(garbage?.kind, "garbage");
  }
});

Deno.test("a message of the longest length goes through, a longer one loses the stream", () => {
  const message = new Uint8Array(MAX_MESSAGE_BYTES).fill(5);
  assert.deepEqual([...begun().split(controlFrame(message))], [{
    kind: "control",
    bytes: message,
  }]);
  const [garbage] = begun().split(frameHeader(CONTROL_PPID, MAX_MESSAGE_BYTES + 1));
  assert.equal(garbage?.kind, "garbage");
});

Deno.test("lengths of 2^31 and more are no negative ones", () => {
  for (const length of [0x7fffffff, 0x80000000, 0xffffffff]) {
    const [garbage] = begun().split(frameHeader(DATA_PPID, length));
    assert.equal(garbage?.kind, "garbage");
  }
});

Deno.test("each wrong byte of the preface is told at once, and nothing after it", () => {
  for (let at = 0; at < 9; at++) {
    const splitter = new SessionSplitter();
    const wrong = SESSION_PREFACE.slice(0, at + 1);
    wrong[at]! ^= 0x20;
    assert.equal([...splitter.split(wrong)][0]?.kind, "garbage", `byte ${at}`);
    assert.deepEqual([...splitter.split(SESSION_PREFACE)], []);
    assert.equal(splitter.isPartial, false);
  }
});

Deno.test("isPartial: a preface, a header or a message is in the middle, data is not", () => {
  const splitter = new SessionSplitter();
  const after = (bytes: Uint8Array) => {
    [...splitter.split(bytes)];
    return splitter.isPartial;
  };
  assert.equal(splitter.isPartial, false);
  assert.equal(after(SESSION_PREFACE.slice(0, 5)), true);
  assert.equal(after(SESSION_PREFACE.slice(5)), false);
  assert.equal(after(frameHeader(DATA_PPID, 2).slice(0, 1)), true);
  assert.equal(after(frameHeader(DATA_PPID, 2).slice(1)), false);
  assert.equal(after(Uint8Array.of(1)), false);
  assert.equal(after(Uint8Array.of(1)), false);
  assert.equal(after(frameHeader(CONTROL_PPID, 4)), true);
  assert.equal(after(MESSAGE), false);
});

Deno.test("bytes of data are views into the chunk: nothing of them is held", () => {
  const splitter = begun();
  const chunk = joined([frameHeader(DATA_PPID, 100), new Uint8Array(50)]);
  const [piece] = splitter.split(chunk);
  assert(piece?.kind === "data");
  assert.equal(piece.bytes.buffer, chunk.buffer);
});
