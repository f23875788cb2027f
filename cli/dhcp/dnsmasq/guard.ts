/**
 * Who ends dnsmasq when its agent was killed and could not: a dnsmasq alone does not know when its
 * share was given to others, nor hold an address whose lease has ended. docs/dhcp.md §8.2.
 *
 * The system's own means for it, PR_SET_PDEATHSIG, is lost when dnsmasq changes its user.
 */

/** It waits for a word from us. Where the pipe ends without one, we have. */
const SCRIPT = `read -r word && exit 0
tr '\\0' '\\n' <"/proc/$1/cmdline" | grep -qxF -e "--dhcp-script=$2" && kill -TERM "$1"
exit 0`;

/** A small process that outlives us by a moment. */
export class Guard {
  private readonly child: Deno.ChildProcess;

  /** Guards a dnsmasq, known by its process and its hook. */
  constructor(pid: number, hook: string) {
    this.child = new Deno.Command("sh", {
      args: ["-c", SCRIPT, "sh", String(pid), hook],
      // A signal to our process group is not for it.
      detached: true,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** It is not needed any more. */
  async release(): Promise<void> {
    try {
      const writer = this.child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("released\n"));
      await writer.close();
    } catch {
      // Somebody else has ended it.
    }
    await this.child.status;
  }
}
