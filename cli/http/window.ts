/** `?limit=` and `?offset=`: a part of something long. */

import { printable } from "../printable.ts";
import { BadQuestion } from "./shown.ts";

/** Which part. */
export interface Window {
  readonly offset: number;
  /** Infinity: all that follow. */
  readonly limit: number;
}

/** @throws {BadQuestion} if one of both is no number. */
export function windowOf(parameters: URLSearchParams): Window {
  return {
    offset: numberOf(parameters, "offset", 0),
    limit: numberOf(parameters, "limit", Infinity),
  };
}

function numberOf(parameters: URLSearchParams, name: string, otherwise: number): number {
  const written = parameters.get(name);
  if (written === null) return otherwise;
  if (/^[0-9]{1,15}$/.test(written)) return Number(written);
  throw new BadQuestion(`${name}: "${printable(written)}" is not a whole number`);
}
