/** `dhcp partner-down`: an operator's word that a DHCP server is dead. docs/dhcp.md §3.5, §9.3. */

import type { BindingServer } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { shownSeconds } from "../dhcp/operator/binding_view.ts";
import { POOL_OPTION, poolOf } from "../dhcp/operator/pool_option.ts";
import { didYouMean } from "../did_you_mean.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { flag, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { askObserver } from "../registrars.ts";

const options = {
  ...POOL_OPTION,
  force: flag("--force", "although that server is still heard"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** Error cause 0x4, Non-unique PE Identifier (RFC 5354 §3.12.5): the server is heard. */
const HEARD = 0x4;

/** The command. */
export const command = defineCommand({
  arguments: [["<NAME>", "the name of the dead DHCP server"]],
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: `
Says that the server serves nobody any more, and will not before it hears a registrar. One full
lease time later its free addresses go to the server of the next share. If that is not true, two
clients can get one address: a server that is merely cut off from the registrars goes on serving.

It needs an identity that may operate; where nothing is secured, it is taken from the registrar's
own host only. A server that is still heard is refused with exit code 5. When it returns it takes
its share back.`,
  examples: [["rserpool dhcp partner-down dhcp2", "dhcp2 has burnt down"]],
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const name = nameOf(args as [string]);
  const api = await context.clientApi();
  const { server, registrar, heir } = await askObserver(
    context,
    options,
    async (observer, wait) => {
      const poolHandle = await poolOf(observer, wait, options, api);
      const { servers } = await observer.bindings(poolHandle, wait);
      checkNamed(servers, name);
      const { force } = options;
      context.log.info(`telling the registrar that ${name} serves nobody any more`);
      const told = await refused(observer.partnerDown(poolHandle, name, { ...wait, force }), name);
      return { ...told, heir: heirOf(servers, told.server.share) };
    },
  );
  const freeAt = new Date(Date.now() + server.freeIn * 1000);
  const view = {
    registrar: { identifier: api.formatIdentifier(registrar.identifier) },
    server: name,
    freeInSeconds: server.freeIn,
    freeAt: freeAt.toISOString(),
    heir: heir ?? null,
  };
  const when = server.freeIn === 0
    ? "its addresses are free"
    : `its addresses are free in ${shownSeconds(server.freeIn)}, at ${shownTime(freeAt)}`;
  const whose = heir === undefined ? ", and nobody is there to give them" : `, for ${heir}`;
  await context.stdout.printResult({
    json: () => view,
    lines: () => [view],
    table: () => ({ header: ["SERVER", "IS DOWN"], rows: [[name, `${when}${whose}`]] }),
    csv: () => ({
      header: ["server", "free_in_s", "heir"],
      rows: [[name, String(server.freeIn), heir ?? ""]],
    }),
  });
}

/** Nothing else is a name of a DHCP server. docs/dhcp.md §4. */
function nameOf([name]: readonly [string]): string {
  if (/^[A-Za-z0-9._-]{1,63}$/.test(name)) return name;
  const what = `"${name}" is no name of a DHCP server`;
  throw new UsageError(`${what}: it has up to 63 letters, digits, ".", "_" and "-"`);
}

/** One server must be meant: of two with one name a registrar would take the first. */
function checkNamed(servers: readonly BindingServer[], name: string): void {
  const named = servers.filter((each) => each.name === name);
  if (named.length === 0) {
    const names = servers.map((each) => each.name);
    const hint = didYouMean(name, names);
    const there = names.length === 0 ? "the pool has none" : `there are ${names.join(", ")}`;
    throw new ExitError(EXIT.rejected, `no DHCP server "${name}"${hint}; ${there}`);
  }
  const living = named.filter(({ flags }) => !flags.includes("down"));
  if (living.length < 2) return;
  const shares = living.map(({ share, shares }) => `${share}/${shares}`).join(" and ");
  const what = "start those that live with another --name first";
  throw new ExitError(
    EXIT.rejected,
    `the servers of shares ${shares} are all called ${name}: ${what}`,
  );
}

/** Whose share comes next, of those that are not down. */
export function heirOf(
  servers: readonly { name: string; share: number; shares: number; flags: readonly string[] }[],
  share: number,
): string | undefined {
  const living = servers.filter((each) => each.share !== share && !each.flags.includes("down"));
  const distance = ({ share: other, shares }: { share: number; shares: number }) =>
    (other - share + shares) % shares;
  return living.sort((one, other) => distance(one) - distance(other))[0]?.name;
}

/** By the clock of this host: the time, behind the day unless it is today. */
export function shownTime(at: Date, now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** A registrar's reason, in words: it stands in the cause. */
async function refused<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { causes = [] } = error as {
      causes?: readonly { code: number; information: Uint8Array }[];
    };
    const cause = causes.find(({ information }) => information.length > 0);
    if (cause === undefined) throw error;
    if (cause.code === HEARD) {
      const what = "stop it first, or say --force if it does not serve";
      const why = "heard by the registrar (Non-unique PE Identifier)";
      throw new ExitError(EXIT.rejected, `${name} is ${why}: ${what}`, { cause: error });
    }
    const why = new TextDecoder().decode(cause.information);
    const code = cause.code === 0xa ? EXIT.security : EXIT.rejected;
    throw new ExitError(code, `the registrar refuses: ${why}`, { cause: error });
  }
}
