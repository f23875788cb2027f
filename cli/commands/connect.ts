/** `connect POOL`: standard input and output to a pool element. RFC 5351 §4, RFC 3237 §2.3. */

import { type Context, defineCommand } from "../command.ts";
import { securedTransport } from "../client_security.ts";
import { Chooser, type Connected } from "../connect/chosen_element.ts";
import { type Passed, Relay } from "../connect/relay.ts";
import { discoverSettings } from "../discovery_options.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { parseIdentifier } from "../identifier.ts";
import { flag, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { asapAddresses } from "../registrars.ts";

/** An element that has held a connection for so long, or sent anything, is not a failed one. */
const SETTLED_MS = 1_000;

const options = {
  to: value(
    "--to <ID>",
    "this pool element, instead of one that the policy chooses",
    parseIdentifier,
  ),
  failover: flag(
    "--failover",
    "when the element is lost, go on with another one: bytes may be lost",
  ),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [["<POOL>", "the pool handle"]],
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle"],
  notes: `
An element that cannot be connected to is reported to the registrar, and the next one is tried,
within --timeout. After the first byte there is no next one: an element that is lost is exit code 1.
The end of standard input is passed on, and what the element still sends is printed until it ends;
then the exit code is 0. An element that ends before standard input does is lost, too: the
connections of a process that was killed are closed in the same way as those of one that has done.
Whether an answer was whole, only the protocol that is spoken can tell.

With --failover a lost element is left for another one, to which goes what comes from standard input
from then on. Nothing is sent twice; what was on its way is lost, and stderr says how much was
passed. An element that is lost after the end of standard input is still exit code 1.

The security options are for registrars. The connection to an element is TCP, as the service speaks
it; elements over udp are refused (exit code 1). Of transport use data+control the data is passed.`,
  examples: [
    ["rserpool connect redis", "talk to an element, as with nc"],
    ["printf 'PING\\r\\n' | rserpool connect redis", "ask one question"],
    ["rserpool connect --to 0x5562e917 redis", "talk to this element"],
    ["rserpool connect logs --failover <events", "go on with another element when one dies"],
  ],
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const { log, stdout, world } = context;
  if (options.to !== undefined && options.failover) {
    throw new UsageError("--to and --failover exclude each other: --to names the only element");
  }
  const where = {
    registrars: asapAddresses(context, options),
    ...discoverSettings(context, options),
  };
  const api = await context.api();
  const poolHandle = parsePoolArgument(args[0]!, api, options.maxHandleBytes);
  const secured = await securedTransport(context, options);
  const wanted = { ...where, poolHandle, identifier: options.to, secured };
  const chooser = new Chooser(context, options, api, wanted);
  const relay = new Relay(world, stdout);
  try {
    let connected = await chooser.next();
    log.notice(`connected to ${connected.name}`);
    for (;;) {
      const begun = world.now();
      const passed = await relay.pass(connected.connection);
      log.info(`${passed.sent} bytes sent, ${passed.received} bytes received`);
      if (passed.loss === undefined) return;
      if (passed.received > 0 || world.now() - begun >= SETTLED_MS) chooser.forgive();
      connected = await failover(context, options, chooser, connected, passed);
    }
  } finally {
    await chooser.settled;
  }
}

/** The next element after one was lost, if one may be taken. */
async function failover(
  { log }: Context,
  { failover }: Options,
  chooser: Chooser,
  { element, name }: Connected,
  { sent, received, loss, inputEnded }: Passed,
): Promise<Connected> {
  const words = `pool element ${name} ${loss}`;
  const passed = `${sent} bytes had been sent to it, ${received} bytes received`;
  const fail = (why = "") => new ExitError(EXIT.world, `${words}: ${passed}${why}`);
  if (!failover) throw fail();
  if (inputEnded) throw fail(", and the input has ended: nothing can be sent again");
  if (chooser.hasLost(element)) throw fail("; it was lost before, and no other is left");
  chooser.lose(element);
  log.warning(`${words}: ${passed}`);
  const next = await chooser.next();
  log.warning(
    `failed over from ${name} to ${next.name}: to the first ${sent} bytes had been sent, ` +
      `${received} bytes received, and what was on its way is lost`,
  );
  return next;
}
