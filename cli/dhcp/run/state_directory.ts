/** The state directory of a DHCP server: who it is, and that one process at a time is it. */

import { EXIT, ExitError, UsageError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";
import { ignoreMissing, replaceFile } from "../dnsmasq/replaced_file.ts";
import { type Moment, readSnapshot, snapshotText } from "./snapshot.ts";
import type { SavedBindingAgent } from "../../api.ts";

/** Below it, each pool has a directory of its own, if none is named. */
const DEFAULT_PARENT = "/var/lib/rserpool/dhcp";
const PRIVATE = 0o700;
/** Rights of everyone but the owner. */
const OTHERS = 0o077;
const FILES = { lock: "lock", identity: "identity", snapshot: "bindings" } as const;
const MAX_IDENTITY_BYTES = 4_096;
/** A whole range of bindings, each with the longest client identifier. */
const MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024;
/** Locally administered, one station. IEEE 802 §8.2. */
const LOCAL_STATION = 0x02;

/** Who a DHCP server is, from its first start on. */
export interface Identity {
  /** PE identifier, and the name of its record. */
  readonly identifier: number;
  /** Hardware address of placeholders: nobody else may know it. */
  readonly placeholder: string;
}

/** The directory of a pool, if none is named. */
export function defaultDirectory(pool: string, env: (name: string) => string | undefined): string {
  // systemd sets it, to several with colons between where a unit asks for that.
  const given = env("STATE_DIRECTORY")?.split(":")[0];
  if (given !== undefined && given !== "") return given;
  const safe = [...new TextEncoder().encode(pool)].map((byte) => {
    const char = String.fromCharCode(byte);
    if (char === "/") return ",";
    return /[A-Za-z0-9._-]/.test(char) ? char : `+${byte.toString(16).padStart(2, "0")}`;
  });
  return `${DEFAULT_PARENT}/${safe.join("").replace(/^\./, "+2e")}`;
}

/** A state directory that is ours until it is closed, or this process ends. */
export class StateDirectory implements Disposable {
  private constructor(readonly path: string, private readonly lock: Deno.FsFile) {}

  /**
   * Makes it if it is not there.
   *
   * @throws {ExitError} exit 1 if it cannot be used, or another process does; exit 2 if others than
   * its owner can read it, or it is another user's.
   */
  static async open(path: string): Promise<StateDirectory> {
    try {
      await Deno.mkdir(path, { recursive: true, mode: PRIVATE });
      const { mode, uid } = await Deno.stat(path);
      refuseAnothers(path, uid);
      refuseShared(path, mode);
      // dnsmasq and its hook are somewhere else: a path of theirs begins at the root.
      const whole = await Deno.realPath(path);
      const lock = await Deno.open(`${path}/${FILES.lock}`, {
        write: true,
        create: true,
        mode: 0o600,
      });
      if (await lock.tryLock(true)) return new StateDirectory(whole, lock);
      lock.close();
    } catch (error) {
      if (error instanceof ExitError) throw error;
      throw new ExitError(EXIT.world, `cannot use ${path}: ${reasonOf(error)}`, { cause: error });
    }
    throw new ExitError(EXIT.world, `another rserpool dhcp run uses the state directory ${path}`);
  }

  /**
   * Who this server is: as at its first start.
   *
   * @throws {ExitError} exit 2 if the directory is that of another pool, or the file is damaged.
   */
  async identity(pool: string): Promise<Identity> {
    const path = `${this.path}/${FILES.identity}`;
    const text = await readUpTo(path, MAX_IDENTITY_BYTES);
    if (text !== undefined) return identityOf(text, pool, path);
    const made = newIdentity();
    await replaceFile(path, `${JSON.stringify({ poolHandle: pool, ...made })}\n`);
    return made;
  }

  /**
   * What its agent knew when it was saved last.
   *
   * @throws {ExitError} exit 1 if the file is damaged.
   */
  async load(moment: Moment): Promise<SavedBindingAgent | undefined> {
    const path = `${this.path}/${FILES.snapshot}`;
    const text = await readUpTo(path, MAX_SNAPSHOT_BYTES);
    if (text === undefined) return undefined;
    try {
      return readSnapshot(text, moment);
    } catch (error) {
      throw new ExitError(
        EXIT.world,
        `${path} is damaged: ${reasonOf(error)}; with a registrar at hand remove it: what others ` +
          "know of the bindings comes from there",
        { cause: error },
      );
    }
  }

  /** Saves what its agent knows; it is on the disk when this resolves. */
  async save(agent: SavedBindingAgent, moment: Moment): Promise<void> {
    await replaceFile(`${this.path}/${FILES.snapshot}`, snapshotText(agent, moment));
  }

  [Symbol.dispose](): void {
    this.lock.close();
  }
}

/** Whoever owns it could put another program in the place of the hook, which runs as this user. */
function refuseAnothers(path: string, owner: number | null): void {
  const user = Deno.uid();
  if (owner === null || user === null || owner === user) return;
  throw new UsageError(
    `the state directory ${path} belongs to user ${owner}, not to user ${user}, who runs this`,
  );
}

/** It says who has which address, and which placeholders keep addresses from being given. */
function refuseShared(path: string, mode: number | null): void {
  if (mode === null || (mode & OTHERS) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new UsageError(
    `the state directory ${path} has mode ${octal}: others than its owner have access; do ` +
      `chmod 700 ${path} (in a unit of systemd StateDirectoryMode=0700)`,
  );
}

async function readUpTo(path: string, limit: number): Promise<string | undefined> {
  try {
    const stat = await Deno.stat(path).catch(ignoreMissing);
    if (stat === undefined) return undefined;
    if (stat.size > limit) throw new Error(`it has more than ${limit} bytes`);
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ExitError(EXIT.world, `cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function identityOf(text: string, pool: string, path: string): Identity {
  let known: Record<string, unknown>;
  try {
    known = JSON.parse(text);
  } catch {
    known = {};
  }
  const { poolHandle, identifier, placeholder } = known ?? {};
  const isWhole = Number.isInteger(identifier) && (identifier as number) > 0 &&
    (identifier as number) <= 0xffffffff && typeof placeholder === "string" &&
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(placeholder);
  if (!isWhole) {
    throw new UsageError(
      `${path} is damaged: without it this server would be another one; ` +
        "restore it, or free its share with rserpool dhcp partner-down and remove the directory",
    );
  }
  if (poolHandle !== pool) {
    throw new UsageError(
      `${path} is that of pool ${String(poolHandle)}, not of ${pool}: ` +
        "each pool needs a --state of its own",
    );
  }
  return { identifier: identifier as number, placeholder: placeholder as string };
}

function newIdentity(): Identity {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const identifier = new DataView(random.buffer).getUint32(0) || 1;
  const hardware = random.subarray(4);
  hardware[0] = (hardware[0]! & 0xfc) | LOCAL_STATION;
  const placeholder = [...hardware].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  return { identifier, placeholder };
}
