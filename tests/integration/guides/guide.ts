/** A guide as a reader follows it: blocks of shell, each in a terminal, one after the other. */

/** Commands that run until they are stopped, unless an option makes them end. */
const STAYS =
  /^rserpool (regist(rar|er)|proxy|dns|dhcp run|watch|monitor)\b(?!.*--(once|help|print-config))/m;
/** Commands of those that say when they are ready. */
const IS_READY = /^rserpool (registrar|register|proxy|dns|dhcp run)\b/m;

/** What is typed into one terminal at once. */
export interface Block {
  /** Where: a number, or the name of a host; absent: the terminal that is free. */
  readonly terminal: string | undefined;
  readonly text: string;
  /** Where it stands in the guide. */
  readonly line: number;
  /** Whether its last command runs on. */
  readonly stays: boolean;
  /** Whether that says when it is ready. */
  readonly saysReady: boolean;
}

/** The blocks of a guide, in order. The first line may say where: `# 2: a server`, `# r1: …`. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const found of markdown.matchAll(/^```sh\n([^]*?)^```$/gm)) {
    const text = found[1]!;
    const line = markdown.slice(0, found.index).split("\n").length + 1;
    const [, terminal] = /^# ([a-z0-9-]+)[:,]/.exec(text) ?? [];
    const joined = text.replaceAll("\\\n", " ");
    const stays = STAYS.test(joined);
    blocks.push({ terminal, text, line, stays, saysReady: stays && IS_READY.test(joined) });
  }
  return blocks;
}

/**
 * The block as a script that ends at the first command that fails. A comment at the end of a line
 * that names an exit code is what that line must come to.
 */
export function scriptOf({ text }: Block): string {
  return text.replaceAll(
    /^(?! *#)(.*\S) +# .*exit code (\d+).*$/gm,
    (_, command, code) => `{ code=0; ${command} || code=$?; test $code = ${code}; }`,
  );
}

/** What holds for whatever is typed into that terminal afterwards. */
export function exportsOf({ text }: Block): string {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.filter((line) => /^(export|cd) /.test(line)).map((line) => `${line}\n`).join("");
}
