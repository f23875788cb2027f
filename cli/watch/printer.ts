/** What `watch` prints: lines for eyes, or whole answers for programs. */

import type { ClientApi, PoolUpdate } from "../api.ts";
import { resultOf } from "../commands/resolve_result.ts";
import type { Output, Result } from "../output.ts";
import { printableJson } from "../printable.ts";
import { Views } from "../views.ts";
import { changeLines, sizeLine } from "./change_lines.ts";
import { changesBetween } from "./changes.ts";

/** Prints answers one after the other, or all at once. */
export class Printer {
  private readonly stdout: Output;
  private readonly api: ClientApi;
  private readonly views: Views;
  private readonly now: () => Date;
  private isFirst = true;
  /** One answer is printed after the other, also where that takes a module to be loaded. */
  printing: Promise<void> = Promise.resolve();

  constructor(stdout: Output, api: ClientApi, now: () => Date = () => new Date()) {
    this.stdout = stdout;
    this.api = api;
    this.views = new Views(api);
    this.now = now;
  }

  /** Prints an answer; for eyes, what it has changed. `isNew`: the pool has come while watching. */
  tell(update: PoolUpdate, before: PoolUpdate | undefined, isNew: boolean): Promise<void> {
    if (this.stdout.settings.output === "table") {
      this.tellLines(update, before, isNew);
      return Promise.resolve();
    }
    return this.printing = this.printing.then(() => this.print(update));
  }

  /** Prints the present answers, of `--once`. */
  async printAll(updates: readonly PoolUpdate[]): Promise<void> {
    if (this.stdout.settings.output !== "table") {
      for (const update of updates) await this.print(update);
      return;
    }
    const table = () => this.views.elementTable(updates);
    await this.stdout.printResult({ table } as Result);
  }

  private tellLines(update: PoolUpdate, before: PoolUpdate | undefined, isNew: boolean): void {
    const { poolHandle, poolElements } = update;
    const time = this.now().toISOString();
    const print = (line: string) => this.stdout.print(`${time} ${line}\n`);
    if (before === undefined && !isNew) return print(sizeLine(poolHandle, poolElements.length));
    const views = ({ poolElements }: PoolUpdate) =>
      poolElements.map((each) => this.views.poolElement(each, { asapTransport: false }));
    const old = before === undefined ? [] : views(before);
    changeLines(poolHandle, changesBetween(old, views(update)), old.length).forEach(print);
  }

  private async print(update: PoolUpdate): Promise<void> {
    const { stdout } = this;
    const result = resultOf(this.api, update);
    const { output } = stdout.settings;
    if (output === "json" || output === "ndjson") {
      return stdout.print(`${printableJson(result.json())}\n`);
    }
    if (!this.isFirst) stdout.print(output === "yaml" ? "---\n" : "\n");
    this.isFirst = false;
    await stdout.printResult(result);
  }
}
