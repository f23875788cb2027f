/** The packages, each put where a user would put it: on a machine that has nothing else. */

import assert from "node:assert/strict";
import { buildDeb } from "../../tools/package_deb.ts";
import { packNpm } from "../../tools/package_npm.ts";
import { ownArchitecture } from "../../tools/packages/runtime.ts";
import { ROOT_PATH, VERSION } from "../../tools/packages/version.ts";
import { hasProgram, Scratch } from "./harness.ts";
import { readContainerfile } from "./packages/containerfile.ts";
import { allowedCalls, callsOf } from "./packages/system_calls.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MIRROR = "http://deb.debian.org/debian";
/** The most exposure of a unit, in tenths; that of dnsmasq runs as root. */
const EXPOSURE: Readonly<Record<string, string>> = { "rserpool-dhcp@.service": "40" };

/** Runs a program to its end, with nothing of this environment. */
async function run(
  program: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = "/",
) {
  const command = new Deno.Command(program, {
    args,
    cwd,
    clearEnv: true,
    env: { PATH, ...env },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Whether packages can be fetched here. */
async function reaches(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

/** What a new administrator does in a root with nothing in it but Debian's minimum. */
const LIFE = `set -ex
dpkg -i /tmp/old.deb
test "$(rserpool --version)" = "rserpool ${VERSION}"
test ! -e /usr/bin/deno
env=$(sed -n 's/^Environment=//p' /usr/lib/systemd/system/rserpool-registrar.service)
env -i PATH=/usr/bin:/bin "$env" setpriv --reuid 64000 --clear-groups rserpool --version
echo '# mine' >>/etc/rserpool/registrar.yaml
rserpool registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file /tmp/ready &
pid=$!
until test -e /tmp/ready; do sleep 0.1; done
rserpool status --enrp-registrar "$(sed 's/.*"enrp":."\\([^"]*\\)".*/\\1/' /tmp/ready)"
asap=$(sed 's/.*"asap":."\\([^"]*\\)".*/\\1/' /tmp/ready)
rserpool register web --port 80 --check none -r "$asap" -q &
element=$!
rserpool resolve web --wait 30s -r "$asap"
kill $element; wait $element
dpkg -i --force-confdef --force-confold /tmp/new.deb
grep -q mine /etc/rserpool/registrar.yaml
kill $pid; wait $pid
dpkg -r rserpool
test -e /etc/rserpool/registrar.yaml
test ! -e /usr/bin/rserpool
dpkg -P rserpool
left=$(find / -xdev -name '*rserpool*' | grep -Ev '^/(tmp|proc|root/[.]cache)/' || true)
test -z "$left"
`;

/** The container: not root, healthy on its usual ports, and it ends in order. */
const CONTAINER = `set -ex
ip link set lo up
chroot --userspec="$USER_OF_IT" "$ROOT" $COMMAND &
pid=$!
for try in $(seq 100); do chroot "$ROOT" $HEALTHCHECK && break; sleep 0.1; done
chroot "$ROOT" $HEALTHCHECK
test "$(stat -c %u /proc/$pid)" != 0
kill $pid; wait $pid
`;

async function carryOut(root: string, deb: string): Promise<void> {
  const text = await Deno.readTextFile(`${ROOT_PATH}packaging/Containerfile`);
  const { copies, runs, user, healthcheck, command } = readContainerfile(text);
  const [[from, to]] = copies as [readonly [string, string]];
  const name = from.replace("${TARGETARCH}", ownArchitecture()).replace("*", VERSION);
  assert.equal(name, `dist/rserpool_${VERSION}_${ownArchitecture()}.deb`);
  await Deno.rename(deb, `${root}${to}`);
  for (const line of runs) {
    const { code, stderr } = await run("chroot", [root, "sh", "-c", line]);
    assert.equal(code, 0, stderr);
  }
  const ran = await run("unshare", ["--net", "sh", "-c", CONTAINER], {
    ROOT: root,
    USER_OF_IT: user,
    COMMAND: command.join(" "),
    HEALTHCHECK: healthcheck.join(" "),
  });
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
}

/** How a file of the package is listed that everybody can read, and its owner alone changes. */
const FOR_EVERYBODY = /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) root\/root /;

const noRoot = Deno.uid() !== 0 || !hasProgram("debootstrap") || !hasProgram("dpkg-deb")
  ? "no debootstrap, or not root"
  : await reaches(`${MIRROR}/dists/bookworm/Release`)
  ? undefined
  : "Debian's archive cannot be reached";

Deno.test({
  name: "the .deb lives and goes on a bare Debian, and in it the container does what it says" +
    (noRoot === undefined ? "" : ` (SKIPPED: ${noRoot})`),
  ignore: noRoot !== undefined,
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    const root = `${folder}/root`;
    const options = { architecture: ownArchitecture(), output: folder, isSmall: false };
    const made = await run("debootstrap", ["--variant=minbase", "bookworm", root, MIRROR]);
    assert.equal(made.code, 0, made.stdout + made.stderr);
    await Deno.rename(await buildDeb(options), `${root}/tmp/old.deb`);
    await Deno.rename(await buildDeb({ ...options, version: "99" }), `${root}/tmp/new.deb`);
    await Deno.writeTextFile(`${root}/tmp/life.sh`, LIFE);
    const lived = await run("chroot", [root, "sh", "/tmp/life.sh"]);
    assert.equal(lived.code, 0, lived.stdout + lived.stderr);
    await carryOut(root, `${root}/tmp/old.deb`);
  },
});

Deno.test({
  name: "lintian finds no error in the .deb" +
    (hasProgram("lintian") ? "" : " (SKIPPED: no lintian)"),
  ignore: !hasProgram("lintian"),
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    const deb = await buildDeb({
      architecture: ownArchitecture(),
      output: folder,
      isSmall: false,
    });
    const { stdout } = await run(
      "lintian",
      ["--fail-on", "none", "--tag-display-limit", "0", deb],
      {
        HOME: folder,
      },
    );
    assert.deepEqual(stdout.split("\n").filter((line) => line.startsWith("E:")), []);
    const { stdout: files } = await run("dpkg-deb", ["--contents", deb]);
    const others = files.trim().split("\n").filter((line) => !FOR_EVERYBODY.test(line));
    assert.deepEqual(others, []);
  },
});

/** Runs a command on a terminal, presses Ctrl-C once a file exists, and prints its exit code. */
const CTRL_C = `
import os, pty, sys, threading, time
pid, fd = pty.fork()
if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
def drain():
    try:
        while os.read(fd, 4096): pass
    except OSError: pass
threading.Thread(target=drain, daemon=True).start()
while not os.path.exists(sys.argv[1]): time.sleep(0.05)
os.write(fd, b"\\x03")
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const npm = new Deno.Command("sh", { args: ["-c", "command -v npm"] }).outputSync();
const npmFolder = new TextDecoder().decode(npm.stdout).trim().replace(/\/npm$/, "");
const noNpm = npmFolder === ""
  ? "no npm"
  : await reaches("https://registry.npmjs.org/deno")
  ? undefined
  : "the npm registry cannot be reached";

Deno.test({
  name: "the npm package runs by npx and installed, on a machine without Deno" +
    (noNpm === undefined ? "" : ` (SKIPPED: ${noNpm})`),
  ignore: noNpm !== undefined,
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    const archive = await packNpm(folder);
    const nearby = `./${archive.split("/").at(-1)}`;
    const inherited = Object.entries(Deno.env.toObject()).filter(([name]) =>
      /^(https?_proxy|no_proxy|npm_config_registry|NODE_EXTRA_CA_CERTS)$/i.test(name)
    );
    const env = {
      ...Object.fromEntries(inherited),
      PATH: `${npmFolder}:/usr/bin:/bin`,
      HOME: folder,
      npm_config_cache: `${folder}/cache`,
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    };
    assert.notEqual((await run("sh", ["-c", "command -v deno"], env)).code, 0);
    const version = await run("npx", ["-y", nearby, "--version"], env, folder);
    assert.equal(version.stdout, `rserpool ${VERSION}\n`, version.stderr);
    const installed = await run(
      "npm",
      ["install", "-g", "--prefix", `${folder}/npm`, archive],
      env,
    );
    assert.equal(installed.code, 0, installed.stderr);
    const rserpool = `${folder}/npm/bin/rserpool`;
    // A registrar's exit code, and the signal that ends it, are those of the launcher.
    const refused = await run("sh", ["-c", `"${rserpool}" resolve web -r 127.0.0.1:1`], env);
    assert.equal(refused.code, 4, refused.stderr);
    const line = `"${rserpool}" registrar --asap 127.0.0.1:0 --enrp 127.0.0.1:0 --ready-file ready &
pid=$!; until test -e ready; do sleep 0.1; done; kill $pid; wait $pid`;
    const stopped = await run("sh", ["-c", `cd ${folder}; ${line}`], env);
    assert.equal(stopped.code, 0, stopped.stderr);
    if (!hasProgram("python3")) return;
    await Deno.remove(`${folder}/ready`).catch(() => {});
    const registrar = ["registrar", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
    const onTerminal = ["-c", CTRL_C, "ready", rserpool, ...registrar, "--ready-file", "ready"];
    const interrupted = await run("python3", onTerminal, env, folder);
    assert.equal(interrupted.stdout, "0\n", interrupted.stderr);
  },
});

Deno.test("deno publish would publish the library, and nothing that is not of it", async () => {
  const args = ["publish", "--dry-run", "--allow-dirty", "--allow-slow-types"];
  const env = { ...Deno.env.toObject(), NO_COLOR: "1" };
  const { code, stdout, stderr } = await run(Deno.execPath(), args, env, ROOT_PATH);
  const all = stdout + stderr;
  assert.equal(code, 0, all);
  assert.match(all, /mod\.ts/);
  assert.match(all, /lib\/core\/registrar\/registrar\.ts/);
  assert.doesNotMatch(all, /tests\/|dist\/|bench\/|tools\//);
});

Deno.test("docs/install.md has each unit, and each task that makes a package", async () => {
  const text = await Deno.readTextFile(`${ROOT_PATH}docs/install.md`);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT_PATH}deno.json`));
  for (const [, task] of text.matchAll(/deno task ([a-z:]+)/g)) assert(task! in tasks, task);
  const units = await Array.fromAsync(Deno.readDir(`${ROOT_PATH}packaging/systemd`));
  const written = [...text.matchAll(/^\| `(rserpool-[^`]+)` \|/gm)].map(([, unit]) => unit!);
  const there = written.map((unit) => unit.replace(/@.*(?=\.)/, "@"));
  const wanted = units.map(({ name }) => name).filter((name) => name.startsWith("rserpool-"));
  assert.deepEqual(there.toSorted(), wanted.toSorted());
  for (const [, path] of text.matchAll(/ (dist\/rserpool\S*[0-9]\S*)/g)) {
    assert.match(path!, new RegExp(`^dist/rserpool[-_]${VERSION.replaceAll(".", "[.]")}`));
  }
});

Deno.test({
  name: "the units are what systemd understands, and shut off what they do not need",
  ignore: !hasProgram("systemd-analyze"),
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    for await (const { name } of Deno.readDir(`${ROOT_PATH}packaging/systemd`)) {
      if (!name.endsWith(".service")) continue;
      const unit = `${folder}/${name}`;
      const text = await Deno.readTextFile(`${ROOT_PATH}packaging/systemd/${name}`);
      await Deno.writeTextFile(unit, text.replace("/usr/bin/rserpool", "/bin/true"));
      if (name === "rserpool-registrar.service") {
        await Deno.mkdir(`${unit}.d`);
        await Deno.copyFile(`${ROOT_PATH}packaging/systemd/secured.conf`, `${unit}.d/secured.conf`);
      }
      const verified = await run("systemd-analyze", ["verify", "--man=no", unit]);
      assert.deepEqual([verified.code, verified.stdout + verified.stderr], [0, ""], name);
      const socket = unit.replace(/service$/, "socket");
      const from = `${ROOT_PATH}packaging/systemd/${name.replace(/service$/, "socket")}`;
      if (await Deno.stat(from).catch(() => undefined)) {
        await Deno.copyFile(from, socket);
        const { code, stdout, stderr } = await run("systemd-analyze", [
          "verify",
          "--man=no",
          socket,
        ]);
        assert.deepEqual([code, stdout + stderr], [0, ""], socket);
      }
      const threshold = `--threshold=${EXPOSURE[name] ?? "20"}`;
      const args = ["security", "--offline=true", threshold, "--no-pager", unit];
      const shut = await run("systemd-analyze", args);
      assert.equal(shut.code, 0, shut.stdout);
    }
  },
});

const noTrace = !hasProgram("strace") || !hasProgram("systemd-analyze");

Deno.test({
  name: "a registrar asks the system for nothing that its unit refuses" +
    (noTrace ? " (SKIPPED: no strace or no systemd-analyze)" : ""),
  ignore: noTrace,
  async fn() {
    await using scratch = await Scratch.make();
    const { folder } = scratch;
    const unit = await Deno.readTextFile(
      `${ROOT_PATH}packaging/systemd/rserpool-registrar.service`,
    );
    const allowed = allowedCalls(unit);
    const rserpool = `${ROOT_PATH}dist/rserpool`;
    const listeners = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    const ready = `${folder}/ready`;
    const args = ["-f", "-o", `${folder}/calls`, rserpool, "registrar", ...listeners, "-v"]
      .concat("--ready-file", ready);
    const traced = scratch.spawn("strace", args, {}, "traced");
    await traced.says(/serves ASAP on/);
    Deno.kill(JSON.parse(await Deno.readTextFile(ready)).pid, "SIGTERM");
    await traced.ended;
    const refused = callsOf(await Deno.readTextFile(`${folder}/calls`)).difference(allowed);
    // SQLite gives files of the super-user to whom their folder belongs; a service is none.
    refused.delete("fchown");
    assert.deepEqual([...refused], []);
  },
});
