/** Each guide in docs/guides/ followed literally: every command line in it, on hosts of its own. */

import assert from "node:assert/strict";
import { whyNoNetwork } from "../cluster/network.ts";
import { hasProgram } from "./harness.ts";
import { Follower } from "./guides/follower.ts";

const missing = ["python3", "curl", "jq"].filter((name) => !hasProgram(name));
const why = missing.length > 0 ? `${missing.join(", ")} not found` : whyNoNetwork();
const ignore = why !== undefined;
const skipped = ignore ? ` (SKIPPED: ${why})` : "";

Deno.test({
  name: "docs/guides/get-started.md" + skipped,
  ignore,
  async fn() {
    await using follower = await Follower.make(["host"]);
    await follower.follow("docs/guides/get-started.md");
    const ports = await follower.ask("host", "rserpool resolve web --format '{port}' | sort");
    assert.equal(ports, "8081\n8082\n");
  },
});

Deno.test({
  name: "docs/guides/three-registrars.md" + skipped,
  ignore,
  async fn() {
    await using follower = await Follower.make(["r1", "r2", "r3", "web1", "desk"]);
    await follower.follow("docs/guides/three-registrars.md");
  },
});

Deno.test({
  name: "docs/guides/existing-service.md" + skipped,
  ignore,
  async fn() {
    await using follower = await Follower.make(["reg", "db1", "db2", "app"]);
    await follower.follow("docs/guides/existing-service.md");
    const hosts = "rserpool resolve web -r 192.0.2.1 --format '{host}' | sort | tr '\\n' ' '";
    assert.equal(await follower.ask("app", hosts), "10.77.0.2 10.77.0.3 ");
  },
});

Deno.test({
  name: "docs/guides/security-in-ten-lines.md" + skipped,
  ignore,
  async fn() {
    await using follower = await Follower.make(["host"]);
    await follower.follow("docs/guides/security-in-ten-lines.md");
  },
});

Deno.test({
  name: "docs/guides/replace-consul-or-keepalived.md" + skipped,
  ignore: ignore || !hasProgram("dig"),
  async fn() {
    await using follower = await Follower.make(["reg", "main", "spare", "app"]);
    await follower.follow("docs/guides/replace-consul-or-keepalived.md");
    await follower.interrupt("main");
    assert.equal(await follower.ask("app", "curl -sS http://127.0.0.1:8080/"), "spare\n");
  },
});

Deno.test({
  name: "docs/guides/dhcp.md" + skipped,
  // dnsmasq becomes another user.
  ignore: ignore || Deno.uid() !== 0 || !hasProgram("dnsmasq") || !hasProgram("udhcpc"),
  async fn() {
    await using follower = await Follower.make(["reg", "dhcp1", "dhcp2", "client"], {
      isRoot: true,
    });
    await follower.follow("docs/guides/dhcp.md");
    const again = "udhcpc -i eth0 -f -n -q -t 10 -s ./says.sh";
    const address = await follower.ask("client", "cat address");
    const leases = await follower.ask("dhcp2", "cut -d' ' -f3 dnsmasq.leases");
    assert.equal(leases, address);
    await follower.interrupt("dhcp1");
    assert.equal(await follower.ask("client", again), address);
    const down = "rserpool dhcp partner-down dhcp1 -r 192.0.2.1";
    assert.match(await follower.ask("reg", down), /its addresses are free in 10m, .*, for dhcp2/);
  },
});

for (const name of ["troubleshooting", "tuning"]) {
  Deno.test({
    name: `docs/guides/${name}.md` + skipped,
    ignore,
    async fn() {
      await using follower = await Follower.make(["host"]);
      await follower.follow(`docs/guides/${name}.md`);
    },
  });
}

Deno.test("every guide is followed, and every link in it leads somewhere", async () => {
  const guides = new URL("../../docs/guides/", import.meta.url);
  const tests = await Deno.readTextFile(new URL(import.meta.url));
  for await (const { name } of Deno.readDir(guides)) {
    const isFollowed = tests.includes(name) || tests.includes(`"${name.replace(".md", "")}"`);
    assert(isFollowed, `${name} is not followed`);
    const text = await Deno.readTextFile(new URL(name, guides));
    for (const [, link] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      await Deno.stat(new URL(link!, guides));
    }
  }
});
