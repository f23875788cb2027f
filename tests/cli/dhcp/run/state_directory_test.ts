import assert from "node:assert/strict";
import { defaultDirectory, StateDirectory } from "../../../../cli/dhcp/run/state_directory.ts";

const AT = { wall: 1_700_000_000_000, now: 1_000, boot: "b1" };
const SAVED = {
  servers: [],
  bindings: [],
  clock: 3,
  confirmedClaim: 1,
  isReturning: false,
  contactAgoMs: undefined,
  savedAgoMs: 0,
};

async function inDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(`${path}/state`);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("each pool has a directory of its own, whatever it is called", () => {
  const none = () => undefined;
  assert.equal(defaultDirectory("dhcp/lan1", none), "/var/lib/rserpool/dhcp/dhcp,lan1");
  assert.equal(defaultDirectory("dhcp,lan1", none), "/var/lib/rserpool/dhcp/dhcp+2clan1");
  assert.equal(defaultDirectory("../x y", none), "/var/lib/rserpool/dhcp/+2e.,x+20y");
  assert.equal(defaultDirectory("lan", () => "/var/lib/a:/var/lib/b"), "/var/lib/a");
});

Deno.test("a server is the same one at each start, and only one process is it", async () => {
  await inDirectory(async (path) => {
    let identity;
    {
      using directory = await StateDirectory.open(path);
      identity = await directory.identity("dhcp/lan1");
      assert.match(identity.placeholder, /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
      await assert.rejects(StateDirectory.open(path), {
        code: 1,
        message: `another rserpool dhcp run uses the state directory ${path}`,
      });
      assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
    }
    using directory = await StateDirectory.open(path);
    assert.deepEqual(await directory.identity("dhcp/lan1"), identity);
    await assert.rejects(directory.identity("dhcp/lan2"), {
      code: 2,
      message: /identity is that of pool dhcp\/lan1, not of dhcp\/lan2/,
    });
  });
});

Deno.test("a path from where one is serves as well as a whole one", async () => {
  await inDirectory(async (path) => {
    const up = Deno.cwd().replaceAll(/[^/]+/g, "..").slice(1);
    using directory = await StateDirectory.open(`${up}${path}`);
    assert.equal(directory.path, path);
  });
});

Deno.test("what was saved is there again; what is damaged is named", async () => {
  await inDirectory(async (path) => {
    using directory = await StateDirectory.open(path);
    assert.equal(await directory.load(AT), undefined);
    await directory.save(SAVED, AT);
    assert.deepEqual(await directory.load({ ...AT, now: 3_000 }), { ...SAVED, savedAgoMs: 2_000 });
    assert.equal((await Deno.stat(`${path}/bindings`)).mode! & 0o777, 0o600);
    await Deno.writeTextFile(`${path}/bindings`, '{"format":1,');
    await assert.rejects(directory.load(AT), {
      code: 1,
      message: new RegExp(`^${path}/bindings is damaged: it is torn`),
    });
    await Deno.writeTextFile(`${path}/identity`, "{}");
    await assert.rejects(directory.identity("p"), { code: 2, message: /identity is damaged/ });
  });
});

Deno.test("MAX_IDENTITY_BYTES, MAX_SNAPSHOT_BYTES: a file that is longer is not read", async () => {
  await inDirectory(async (path) => {
    using directory = await StateDirectory.open(path);
    await directory.save(SAVED, AT);
    // A hole, so that it takes no room on the disk.
    await Deno.truncate(`${path}/bindings`, 64 * 1024 * 1024 + 1);
    await assert.rejects(directory.load(AT), {
      code: 1,
      message: `cannot read ${path}/bindings: it has more than 67108864 bytes`,
    });
    await Deno.writeTextFile(`${path}/identity`, " ".repeat(4_097));
    await assert.rejects(directory.identity("dhcp/lan1"), {
      code: 1,
      message: `cannot read ${path}/identity: it has more than 4096 bytes`,
    });
  });
});

Deno.test({
  name: "a directory of another user is refused (needs root)",
  ignore: Deno.uid() !== 0,
  fn: () =>
    inDirectory(async (path) => {
      await Deno.mkdir(path, { mode: 0o700 });
      await Deno.chown(path, 65_534, 65_534);
      await assert.rejects(StateDirectory.open(path), {
        code: 2,
        message: /belongs to user 65534, not to user 0, who runs this$/,
      });
    }),
});

Deno.test("a directory that others can read is refused", async () => {
  await inDirectory(async (path) => {
    await Deno.mkdir(path);
    await Deno.chmod(path, 0o755);
    await assert.rejects(StateDirectory.open(path), {
      code: 2,
      message: /has mode 0755: others than its owner have access; do chmod 700/,
    });
  });
});
