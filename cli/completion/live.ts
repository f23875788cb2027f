/** What registrars know, for completions: asked for a moment, and silent whenever it fails. */

import type { ClientApi } from "../api.ts";
import { securedTransport } from "../client_security.ts";
import type { Context } from "../command.ts";
import { discoverSettings } from "../discovery_options.ts";
import { Log } from "../log.ts";
import type { SharedValues } from "../options.ts";
import { Output } from "../output.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { asapAddresses, askObserver, staggerMs } from "../registrars.ts";
import { namedConfiguration, resolveShared } from "../resolved.ts";
import { endpointsOf } from "../views.ts";
import type { World } from "../world.ts";
import type { Candidate } from "./candidate.ts";
import type { Line } from "./line.ts";
import type { Live } from "./values.ts";

/** How long a person who has pressed TAB is kept waiting for registrars. */
export const LIVE_TIMEOUT_MS = 500;
const HEX_PREFIX = "hex:";

/** Asks the registrars that a line, its environment and its configuration file name. */
export class LiveNames implements Live {
  private readonly world: World;
  private readonly line: Line;

  constructor(world: World, line: Line) {
    this.world = world;
    this.line = line;
  }

  pools(): Promise<readonly Candidate[]> {
    return this.inTime(async (context, options, api) => {
      const { pools } = await askObserver(
        context,
        options,
        (observer, how) => observer.handleTable(how),
      );
      return pools.map(({ poolHandle, poolElements }) => {
        const shown = poolElements[0]?.policy;
        const name = shown === undefined ? "" : `${api.policyName(shown)}, `;
        const { length } = poolElements;
        const meaning = `${name}${length} pool element${length === 1 ? "" : "s"}`;
        return this.handle(poolHandle, meaning, api);
      });
    });
  }

  elements(): Promise<readonly Candidate[]> {
    const [written] = this.line.args;
    if (written === undefined) return Promise.resolve([]);
    return this.inTime(async (context, options, api) => {
      const { maxHandleBytes, timeout: timeoutMs } = options;
      const poolHandle = parsePoolArgument(written, api, maxHandleBytes);
      const registrars = asapAddresses(context, options);
      const { transport } = await securedTransport(context, options);
      const user = new api.PoolUser({
        registrars,
        ...discoverSettings(context, options),
        ...(transport && { transport }),
        staggerMs: staggerMs(registrars, timeoutMs),
        once: true,
        timing: { t1EnrpRequestMs: timeoutMs },
        limits: { maxHandleBytes },
      });
      try {
        const { poolElements } = await user.resolve(poolHandle, { timeoutMs });
        return poolElements.map(({ identifier, transport }) => {
          return { text: api.formatIdentifier(identifier), meaning: endpointsOf(transport) };
        });
      } finally {
        void user.close();
      }
    });
  }

  /** A handle that looks like an option is written by its bytes, unless it stands behind `--`. */
  private handle(poolHandle: string, meaning: string, api: ClientApi): Candidate {
    if (!poolHandle.startsWith("-") || this.line.isBehindDashes) {
      return { text: poolHandle, meaning };
    }
    const bytes = new TextEncoder().encode(poolHandle);
    const { length } = bytes;
    if (length !== api.poolHandleLength(poolHandle)) return { text: poolHandle, meaning };
    return { text: HEX_PREFIX + bytes.toHex(), meaning: `${poolHandle}: ${meaning}` };
  }

  /** What it brings in time; nothing if it brings nothing, for whatever reason. */
  private async inTime(
    ask: (
      context: Context,
      options: SharedValues,
      api: ClientApi,
    ) => Promise<readonly Candidate[]>,
  ): Promise<readonly Candidate[]> {
    const late = this.world.pause(LIVE_TIMEOUT_MS).then(() => []);
    try {
      return await Promise.race([late, this.asked(ask)]);
    } catch {
      return [];
    }
  }

  private async asked(ask: Parameters<LiveNames["inTime"]>[0]): Promise<readonly Candidate[]> {
    const { world, line: { command } } = this;
    if (command === undefined) return [];
    const { given } = this.line;
    const configuration = await namedConfiguration(given, world);
    // Whoever uses a registrar can also look at it.
    const { values, origins } = resolveShared([...command.uses, "question"], {
      given,
      env: (name) => world.env(name),
      configuration,
    });
    const options = values as SharedValues;
    const context: Context = {
      world,
      configuration,
      stdout: new Output(world.stdout),
      log: new Log(() => {}),
      signal: new AbortController().signal,
      api: () => world.loadApi(),
      clientApi: () => world.loadClientApi(),
      sourceOf: (key) => origins[key]?.source ?? "default",
      argumentsBeforeDashes: undefined,
      reread: () => Promise.resolve({ configuration, changes: [] }),
    };
    const timeout = Math.min(options.timeout, LIVE_TIMEOUT_MS);
    return await ask(context, { ...options, timeout }, await context.clientApi());
  }
}
