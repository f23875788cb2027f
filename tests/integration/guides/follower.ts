/** Follows a guide literally, in a network of its own, from an empty folder on each host. */

import assert from "node:assert/strict";
import { Network } from "../../cluster/network.ts";
import { type Running, Scratch, untilFolder } from "../harness.ts";
import { type Block, blocksOf, exportsOf, scriptOf } from "./guide.ts";

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);

/** Gives long-running commands a ready file, to know when a reader would read on. */
const WRAPPER = `#!/bin/sh
case "$*" in *--ready-file*|*--help*|*--print-config*) exec "$BUILT" "$@";; esac
case "$1 $2" in
  "registrar "*|"register "*|"proxy "*|"dns "*) command=$1; shift;;
  "dhcp run") command="dhcp run"; shift 2;;
  *) exec "$BUILT" "$@";;
esac
exec "$BUILT" $command --ready-file "$READY" "$@"
`;

/** What is tested elsewhere, with the packages themselves: here only that the names are right. */
const SYSTEMCTL = `#!/bin/sh
for word in "$@"; do
  case "$word" in
    rserpool*)
      name=$(echo "$word" | sed 's/@[^.]*/@/; s/\\.service$//').service
      test -f "$ROOT/packaging/systemd/$name" || { echo "no unit $name" >&2; exit 5; };;
  esac
done
`;

/** Between hosts, which are folders beside each other here. */
const SCP = `#!/bin/sh
for last in "$@"; do :; done
while [ $# -gt 1 ]; do cp "$1" "../\${last%%:*}/\${last#*:}"; shift; done
`;

/** The addresses of the hosts in guides, RFC 5737, and the first part of those in the network. */
const WRITTEN = /\b192\.0\.2\./g;
const REAL = "10.77.0.";

/** Follows the guides. */
export class Follower implements AsyncDisposable {
  private readonly exported = new Map<string, string>();
  private readonly running: Running[] = [];
  private readonly stays = new Map<string, Running>();
  private count = 0;

  private constructor(
    readonly scratch: Scratch,
    private readonly network: Network,
    private readonly hosts: readonly string[],
  ) {}

  /** Of the hosts, the first has the address 192.0.2.1, and so on. */
  static async make(hosts: readonly string[], how: { isRoot?: boolean } = {}): Promise<Follower> {
    const scratch = await Scratch.make();
    const { folder } = scratch;
    const put = async (name: string, text: string) => {
      await Deno.remove(`${folder}/bin/${name}`).catch(() => {});
      await Deno.writeTextFile(`${folder}/bin/${name}`, text, { mode: 0o755 });
    };
    await put("rserpool", WRAPPER);
    await put("systemctl", SYSTEMCTL);
    await put("scp", SCP);
    await put("sudo", '#!/bin/sh\nexec "$@"\n');
    for (const host of hosts) await Deno.mkdir(`${folder}/${host}`);
    return new Follower(scratch, await Network.make(hosts, how), hosts);
  }

  /** Types all blocks of a guide, as its reader would. */
  async follow(guide: string): Promise<void> {
    const text = await Deno.readTextFile(`${ROOT}${guide}`);
    for (const block of blocksOf(text)) await this.type(guide, block);
  }

  /** Ends what runs in a terminal, as Ctrl-C does. */
  async interrupt(terminal: string): Promise<void> {
    await this.stays.get(terminal)!.stop("SIGINT");
  }

  /** Runs a line on a host, and returns what it prints. */
  async ask(host: string, line: string): Promise<string> {
    const { code, stdout, stderr } = await this.start(host, line, "ask").running.ended;
    assert.equal(code, 0, `${line}:\n${stderr}`);
    return stdout;
  }

  private async type(guide: string, block: Block): Promise<void> {
    const { terminal = "", line, stays, saysReady } = block;
    // A host may have several terminals: `app` and `app-proxy`.
    const [name] = terminal.split("-");
    const host = this.hosts.includes(name!) ? name! : this.hosts[0]!;
    const before = this.exported.get(terminal) ?? "";
    this.exported.set(terminal, before + exportsOf(block));
    const { running, ready } = this.start(host, before + scriptOf(block), `line${line}`);
    this.running.push(running);
    if (!stays) {
      const { code, stdout, stderr } = await running.ended;
      const others = this.running.filter((each) => each !== running).map((each) => each.stderr);
      const all = [stdout, stderr, ...others].join("\n--\n");
      return assert.equal(code, 0, `${guide}:${line} ends with ${code}:\n${all}`);
    }
    this.stays.set(terminal, running);
    if (!saysReady) return;
    await untilFolder(`${this.scratch.folder}/run`, `${guide}:${line} being ready`, () => {
      assert(running.isRunning, `${guide}:${line} has ended:\n${running.stderr}`);
      return exists(ready) || undefined;
    });
  }

  private start(host: string, script: string, label: string) {
    const { folder } = this.scratch;
    const ready = `${folder}/run/guide${++this.count}.ready`;
    const text = `set -e\n${script}`.replaceAll(WRITTEN, REAL);
    const { within } = this.network.host(host);
    const cwd = `${folder}/${host}`;
    const env = {
      BUILT: `${ROOT}dist/rserpool`,
      READY: ready,
      ROOT,
      STATE_DIRECTORY: `${cwd}/state`,
    };
    return {
      running: this.scratch.spawn("bash", ["-c", text], { within, cwd, env }, label),
      ready,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scratch[Symbol.asyncDispose]();
    await this.network[Symbol.asyncDispose]();
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
