/** `report-unreachable POOL ID`: tells a registrar that an element is gone. RFC 5352 §3.5. */

import { formatAddress } from "../address.ts";
import type {
  Api,
  ErrorCause,
  PoolElementValue,
  PoolUser,
  PoolUserEvent,
  Resolution,
} from "../api.ts";
import { answered, refusalHint } from "../answer.ts";
import { securedTransport } from "../client_security.ts";
import { type Context, defineCommand } from "../command.ts";
import { ALL_ITEMS, notInPool, userOnce, type Wanted } from "../connect/chosen_element.ts";
import { NotReached, NotSpoken, placeOf, reachElement } from "../connect/dial_element.ts";
import { discoverSettings } from "../discovery_options.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { parseIdentifier } from "../identifier.ts";
import { flag, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { asapAddresses } from "../registrars.ts";

/** Of --timeout the element gets this part, so that there is time left to report it. */
const DIAL_SHARE = 0.5;
/** Rejected due to security considerations. RFC 5354 §3.12. */
const SECURITY_CAUSE = 0xa;

const options = {
  force: flag("--force", "report it without trying to reach it; the registrar logs that"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [
    ["<POOL>", "the pool handle"],
    ["<ID>", "the pool element's identifier, as resolve prints it"],
  ],
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle"],
  notes: `
The pool element is connected to first, for at most half of --timeout. If that works, nothing is
reported (exit code 7). One that is reached by udp cannot be tried, and needs --force, as does one
that the registrar does not list (otherwise exit code 3).

Exit code 0 means: sent, and the registrar is alive and did not refuse it. There is no answer to a
report (RFC 5352 §3.5). The registrar asks the pool element, and removes it if it does not answer,
or once more than MAX-BAD-PE-REPORT others have reported it, too. A report with --force has no more
power than others, and stands in the log of the registrar with who sent it. Whoever may resolve a
pool at a secured registrar may report its elements, with or without --force.`,
  examples: [
    ["rserpool report-unreachable web 0x5562e917", "report it if it cannot be connected to"],
    ["rserpool report-unreachable --force dns 0x5562e917", "report it, whether it can or not"],
  ],
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const { log, stdout } = context;
  const identifier = identifierOf(args[1]!);
  const registrars = asapAddresses(context, options);
  const where = { registrars, ...discoverSettings(context, options) };
  const api = await context.api();
  const poolHandle = parsePoolArgument(args[0]!, api, options.maxHandleBytes);
  const secured = await securedTransport(context, options);
  const reporter = new Reporter(context, options, api, { ...where, poolHandle, secured });
  try {
    if (options.force) await reporter.prove();
    else {
      const element = await reporter.find(identifier);
      log.info(await whyUnreachable(api, element, options.timeout * DIAL_SHARE));
    }
    const registrar = await reporter.report(identifier, options.force);
    const name = api.formatIdentifier(identifier);
    stdout.print(
      `sent to ${registrar}: pool element ${name} of pool "${poolHandle}" is unreachable` +
        `${options.force ? " (not tried)" : ""}; the registrar decides whether it is removed\n`,
    );
  } finally {
    await reporter.close();
  }
}

/** Why an element cannot be reached; an error if it can, or if nobody can know. */
async function whyUnreachable(
  api: Api,
  element: PoolElementValue,
  timeoutMs: number,
): Promise<string> {
  const name = `pool element ${api.formatIdentifier(element.identifier)} at ${placeOf(element)}`;
  try {
    const connection = await reachElement(api, element, timeoutMs);
    connection.abort();
  } catch (error) {
    if (error instanceof NotReached) return `cannot connect to ${name}: ${error.message}`;
    if (!(error instanceof NotSpoken)) throw error;
    throw new ExitError(
      EXIT.world,
      `${name} cannot be tried: ${error.message}; nothing is reported (--force reports it)`,
    );
  }
  throw new ExitError(
    EXIT.wrong,
    `${name} can be connected to: nothing is reported (--force reports it)`,
  );
}

function identifierOf(text: string): number {
  try {
    return parseIdentifier(text);
  } catch (error) {
    throw new UsageError(`ID: ${(error as Error).message}`);
  }
}

/** Asks a registrar about an element, and tells it. */
class Reporter {
  private readonly api: Api;
  private readonly wanted: Wanted;
  private readonly user: PoolUser;
  private readonly left: () => number;
  private registrar = "";
  private isSent = false;
  private refusals: readonly ErrorCause[] = [];

  constructor(context: Context, options: SharedValues, api: Api, wanted: Wanted) {
    const end = context.world.now() + options.timeout;
    this.api = api;
    this.wanted = wanted;
    this.left = () => Math.max(1, end - context.world.now());
    this.user = userOnce(context, options, api, wanted, (event) => this.hear(event));
  }

  /** The element; exit code 3 if its pool does not have it. */
  async find(identifier: number): Promise<PoolElementValue> {
    const { api, wanted: { poolHandle } } = this;
    const { poolElements } = await this.resolve();
    const element = poolElements.find((each) => each.identifier === identifier);
    if (element !== undefined) return element;
    throw notInPool(api, poolHandle, identifier, poolElements.length);
  }

  /** Asks about the pool, known or not: whoever answers is a registrar, and has read all before. */
  async prove(): Promise<void> {
    this.user.purge(this.wanted.poolHandle);
    try {
      await this.resolve();
    } catch (error) {
      if (!(error instanceof ExitError) || error.code !== EXIT.unknownPool) throw error;
    }
  }

  /** Sends the report; the result is where to. */
  async report(identifier: number, isForced: boolean): Promise<string> {
    const { user, wanted: { poolHandle } } = this;
    user.reportUnreachable(poolHandle, identifier, { isForced });
    const wasSent = this.isSent;
    await this.prove();
    // A registrar that was lost meanwhile got it when the next one had answered the question.
    if (!wasSent) await this.prove();
    if (!this.isSent) throw new ExitError(EXIT.noRegistrar, "the report could not be sent");
    this.requireGranted();
    return this.registrar;
  }

  async close(): Promise<void> {
    await this.user.close();
  }

  private async resolve(): Promise<Resolution> {
    const { user, wanted: { poolHandle, secured } } = this;
    const asked = user.resolve(poolHandle, { timeoutMs: this.left(), items: ALL_ITEMS });
    return await answered(asked, "ASAP", secured);
  }

  private requireGranted(): void {
    const { api, refusals, wanted: { secured } } = this;
    if (refusals.length === 0) return;
    const names = refusals.map(({ code }) => api.causeName(code)).join(", ");
    const isSecurity = refusals.some(({ code }) => code === SECURITY_CAUSE);
    throw new ExitError(
      isSecurity ? EXIT.security : EXIT.rejected,
      `the registrar refused the report: ${names}${isSecurity ? refusalHint(secured) : ""}`,
    );
  }

  private hear(event: PoolUserEvent): void {
    if (event.type === "home-adopted") this.registrar = formatAddress(event.registrar);
    else if (event.type === "unreachable-reported") this.isSent = true;
    else if (event.type === "error-received" && this.isSent) this.refusals = event.causes;
  }
}
