/** Why something failed, as a person reads it. */

/** The message of an error, without the number and the capital that the runtime puts around it. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/ \(os error [0-9]+\)/, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
