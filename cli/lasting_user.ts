/** The pool user of a command that runs until it is stopped: secured, reloaded, narrated. */

import { formatAddress } from "./address.ts";
import type { Api, PoolUser, PoolUserEvent, PoolUserSettings } from "./api.ts";
import { AttemptLog } from "./attempt_log.ts";
import { type Secured, securedTransport } from "./client_security.ts";
import type { Context } from "./command.ts";
import { tellRestarts } from "./configuration/changes.ts";
import { reloadAtHangUp } from "./hang_up.ts";
import type { Log } from "./log.ts";
import { eventFields } from "./narrate.ts";
import type { ValuesOf } from "./option.ts";
import type { SharedValues } from "./options.ts";
import { staggerMs } from "./registrars.ts";
import { givenTimers, USER_TIMERS } from "./timer_options.ts";

/** A registrar that is back is found within this; RETRAN-MAX would have a person wait for long. */
const LONGEST_PAUSE_MS = 5_000;

/** Options of a command that is a pool user for as long as it runs. */
export type LastingUserOptions = SharedValues & ValuesOf<typeof USER_TIMERS>;

/** A pool user, and what it was made of. */
export interface LastingUser extends AsyncDisposable {
  readonly user: PoolUser;
  readonly api: Api;
  /** Words for what fails, see `answered`. */
  readonly secured: Secured;
}

/** Where registrars are, and what differs from command to command. */
export type LastingUserSettings =
  & Pick<PoolUserSettings, "registrars" | "discover">
  & Pick<PoolUserSettings, "timing">
  & {
    /**
     * Whether it is a service: it warns when no registrar answers at the start, as nothing else
     * tells of it, and goes on when its terminal is closed.
     */
    readonly isService?: boolean;
  };

/**
 * A pool user that hunts for ever, tells what happens between answers, and takes its certificates
 * and keys anew at SIGHUP. Disposing of it ends all of that.
 */
export async function lastingUser(
  context: Context,
  options: LastingUserOptions,
  { registrars, discover, timing, isService = false }: LastingUserSettings,
): Promise<LastingUser> {
  const { log, world } = context;
  const { timeout: timeoutMs, maxHandleBytes } = options;
  const api = await context.api();
  const secured = await securedTransport(context, options);
  const { transport, reload: reloadSecurity } = secured;
  const reload = async () => {
    await reloadSecurity?.();
    if (options.config !== undefined) await tellRestarts(context);
  };
  const stopReloading = isService
    ? world.onSignal("SIGHUP", () => void reload())
    : reloadSecurity && reloadAtHangUp(world, reload);
  const user = new api.PoolUser({
    registrars,
    discover,
    ...(transport && { transport }),
    staggerMs: staggerMs(registrars, timeoutMs),
    timing: { retranMaxMs: LONGEST_PAUSE_MS, ...givenTimers(USER_TIMERS, options), ...timing },
    limits: { maxHandleBytes },
    onEvent: narrator(log, api, isService),
  });
  const close = async () => {
    stopReloading?.();
    await user.close();
  };
  return { user, api, secured, [Symbol.asyncDispose]: close };
}

/** What happens between the answers: with `-v` all, else that what was told may be outdated. */
function narrator(log: Log, api: Api, isService: boolean): (event: PoolUserEvent) => void {
  const attempts = new AttemptLog(log, api.describeAttempt);
  let isFound = false;
  let isMissed = false;
  return (event) => {
    if (event.type === "home-adopted") {
      attempts.settle();
      const registrar = formatAddress(event.registrar);
      const level = isMissed ? "notice" : "info";
      log.event(level, event.type, { registrar }, `registrar ${registrar} answers`);
      isFound = true;
      isMissed = false;
    } else if (event.type === "home-lost") {
      const { registrar: address, reason, detail } = event;
      const words = `lost the registrar: ${api.describeAttempt({ address, reason, detail })}`;
      log.event("info", event.type, () => eventFields(event, api), words);
    } else if (event.type === "hunt-failure") {
      const attempts = event.attempts.map(api.describeAttempt);
      // Before the first answer nothing is outdated, and --timeout may end it with these words.
      const isTold = isFound || isService;
      const words = `no registrar answers, trying on: ${attempts.join("; ")}`;
      log.event(isTold && !isMissed ? "warning" : "info", event.type, { attempts }, words);
      isMissed = isTold;
    } else if (!attempts.tell(event)) {
      log.event("debug", event.type, () => eventFields(event, api));
    }
  };
}
