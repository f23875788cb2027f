/** JSON of what may be long, in pieces: making all of it at once would stop everything else. */

import { printableJson } from "../printable.ts";

/**
 * The text of a value as `JSON.stringify` writes it, and the end of its line, in pieces of a length
 * or little more. An iterable that is no array is written as an array, and so is one below the keys
 * of an object or the items of such an iterable.
 */
export function* jsonPieces(value: unknown, length: number): Generator<string> {
  let piece = "";
  for (const token of tokensOf(value)) {
    piece += token;
    if (piece.length < length) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}\n`;
}

function* tokensOf(value: unknown): Generator<string> {
  if (isSequence(value)) yield* sequenceTokens(value);
  else if (isRecord(value) && Object.values(value).some(isLong)) yield* recordTokens(value);
  else yield value === undefined ? "null" : printableJson(value);
}

function* sequenceTokens(items: Iterable<unknown>): Generator<string> {
  let mark = "[";
  for (const item of items) {
    yield mark;
    yield* tokensOf(item);
    mark = ",";
  }
  yield mark === "[" ? "[]" : "]";
}

function* recordTokens(record: Readonly<Record<string, unknown>>): Generator<string> {
  let mark = "{";
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined) continue;
    yield `${mark}${printableJson(key)}:`;
    yield* tokensOf(value);
    mark = ",";
  }
  yield mark === "{" ? "{}" : "}";
}

function isLong(value: unknown): boolean {
  return isSequence(value) || (isRecord(value) && Object.values(value).some(isLong));
}

function isSequence(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Symbol.iterator in value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
