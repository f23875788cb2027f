/** An authority in a folder of a test's own, and command lines about it. */

import assert from "node:assert/strict";
import type { Ran } from "../fake_world.ts";
import { runReally } from "../real_files.ts";

/** An authority's folder, which is gone when the test is over. */
export class TestAuthority {
  readonly dir: string;

  private constructor(readonly folder: string) {
    this.dir = `${folder}/ca`;
  }

  /** A folder without an authority. */
  static async folder(): Promise<TestAuthority> {
    return new TestAuthority(await Deno.makeTempDir({ prefix: "certs-" }));
  }

  /** A folder with an authority. */
  static async make(): Promise<TestAuthority> {
    const authority = await TestAuthority.folder();
    await authority.ok("init");
    return authority;
  }

  /** Runs `certs …`; a string is split at its blanks. */
  run(line: string | readonly string[]): Promise<Ran> {
    const words = typeof line === "string" ? line.split(" ") : line;
    return runReally(["certs", ...words], { RSERPOOL_CA_DIR: this.dir });
  }

  /** Runs what must succeed, and gives its standard output. */
  async ok(line: string | readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    assert.equal(code, 0, `${line}: ${stderr}`);
    return stdout;
  }

  /** Runs what must succeed, and gives its result. */
  // deno-lint-ignore no-explicit-any -- a test looks at what it knows
  async json(line: string): Promise<any> {
    return JSON.parse(await this.ok(`${line} -o json`));
  }

  /** The text of a file of the authority. */
  read(file: string): Promise<string> {
    return Deno.readTextFile(`${this.dir}/${file}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
