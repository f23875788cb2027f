/** Blocks of PEM (RFC 7468) in a text that may have more. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** The blocks of one label, each with its first and last line. */
export function blocksOf(text: string, label: string): string[] {
  return [...text.matchAll(BLOCK)].filter((match) => match[1] === label).map(([block]) => block);
}

/** A text without some of its blocks, one line end behind each other. */
export function withoutBlocks(text: string, unwanted: (block: string) => boolean): string {
  const rest = text.replace(BLOCK, (block) => unwanted(block) ? "" : block);
  return `${rest.replace(/\n{3,}/g, "\n\n").trim()}\n`;
}
