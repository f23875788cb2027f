/** SIGHUP of a registrar: who is trusted and who may do what is read anew. */

import type { RegistrarSecurity } from "../api.ts";
import type { Context, Reread } from "../command.ts";
import { restartWords } from "../configuration/changes.ts";
import { UsageError } from "../exit.ts";
import { explain } from "../failure.ts";
import type { Narrator } from "../narrate.ts";
import type { SharedValues } from "../options.ts";
import type { RegistrarValues } from "./registrar_options.ts";
import { readSecurity } from "./registrar_security.ts";

/**
 * Has a registrar trust and allow others from now on; of one without security only what its HTTP
 * server has is read anew. The result is what else has changed.
 */
type Reload = (security: RegistrarSecurity | undefined) => Promise<readonly string[]>;

/** Reloads a registrar, one reload after the other. */
export class Reloading {
  private readonly context: Context;
  private readonly options: RegistrarValues & SharedValues;
  private readonly narrator: Narrator;
  /** What holds now; absent: the registrar is no secured one. */
  private security: RegistrarSecurity | undefined;
  private reloadRegistrar: Reload | undefined;
  private isAsked = false;
  private work: Promise<void> | undefined;

  constructor(
    context: Context,
    options: RegistrarValues & SharedValues,
    security: RegistrarSecurity | undefined,
    narrator: Narrator,
  ) {
    this.context = context;
    this.options = options;
    this.security = security;
    this.narrator = narrator;
  }

  /** It listens; whoever asked for a reload before gets it now. */
  begin(reload: Reload): void {
    this.reloadRegistrar = reload;
    if (this.isAsked) void this.reload();
  }

  /** Reads everything anew, once more if this is asked for meanwhile. Never rejects. */
  async reload(): Promise<void> {
    this.isAsked = true;
    if (this.reloadRegistrar === undefined) return;
    this.work ??= this.reloadAll(this.reloadRegistrar).finally(() => this.work = undefined);
    await this.work;
  }

  private async reloadAll(reload: Reload): Promise<void> {
    while (this.isAsked) {
      this.isAsked = false;
      await this.reloadOnce(reload);
    }
  }

  private async reloadOnce(reload: Reload): Promise<void> {
    const { log } = this.context;
    const { security: before, options: { httpCert, config } } = this;
    if (before === undefined && httpCert === undefined && config === undefined) {
      const message = "SIGHUP: there is nothing to reload, as security is off";
      return log.event("info", "reload-unneeded", {}, message);
    }
    try {
      const reread = await this.context.reread();
      const restart = this.restartWords(reread);
      const security = before && await this.securityOf(reread);
      let others: readonly string[] = [];
      const dropped = await this.narrator.countDropped(async () => {
        others = await reload(security);
      });
      this.security = security;
      const read = before && security ? changesOf(before, security) : [];
      const changes = [...read, ...others, ...restart];
      const what = changes.length === 0 ? "nothing has changed" : changes.join("; ");
      const counts = Object.entries(dropped).map(([name, count]) => ` ${name}=${count}`).join("");
      const message = `SIGHUP: read anew: ${what}${counts}`;
      log.event("notice", "reloaded", { changes, ...dropped }, message);
    } catch (error) {
      const message = `SIGHUP: nothing is changed: ${explain(error).message}`;
      log.event("error", "reload-failed", {}, message);
    }
  }

  /** What the file says otherwise than at the start, and a reload does not apply. */
  private restartWords({ configuration, changes }: Reread): string[] {
    const words = restartWords(changes);
    if (this.security !== undefined || configuration?.security === undefined) return words;
    return [...words, "security: needs a restart"];
  }

  private async securityOf({ configuration }: Reread): Promise<RegistrarSecurity> {
    const { context, options } = this;
    const section = configuration?.security;
    if (section !== undefined) {
      return await readSecurity(context, options, section, await context.api());
    }
    throw new UsageError(`${options.config} has no section security: any more`);
  }
}

/** What is other than before, in words. Identities are no secret, keys are. */
function changesOf(before: RegistrarSecurity, after: RegistrarSecurity): string[] {
  const changes: string[] = [];
  const compare = (what: string, of: (security: RegistrarSecurity) => unknown) => {
    if (JSON.stringify(of(before)) !== JSON.stringify(of(after))) changes.push(what);
  };
  compare("another --ca", ({ certificates }) => certificates?.ca.text);
  compare("another --cert", ({ certificates }) => certificates?.cert?.text);
  compare("another --key", ({ certificates }) => certificates?.key?.text);
  changes.push(...keyChanges(before, after));
  compare("other keys for peers", ({ psk }) => {
    return [...psk?.peers ?? []].map(([at, { identity, key }]) => [at, identity, key.toHex()]);
  });
  compare("other permissions", ({ permissions }) => permissions);
  compare("other rates", ({ rates }) => rates);
  compare("another allow-insecure-resolution", (security) => security.allowInsecureResolution);
  return changes;
}

/** The most identities that a line names. */
const MAX_NAMED = 5;

function keyChanges({ psk: before }: RegistrarSecurity, { psk: after }: RegistrarSecurity) {
  const [old, now] = [before, after].map((psk) => psk?.accepted ?? new Map<string, Uint8Array>());
  const added = [...now!.keys()].filter((identity) => !old!.has(identity));
  const removed = [...old!.keys()].filter((identity) => !now!.has(identity));
  const other = [...now!].filter(([identity, key]) => {
    const known = old!.get(identity);
    return known !== undefined && known.toHex() !== key.toHex();
  }).map(([identity]) => identity);
  const told = [["new key of", added], ["no key any more of", removed], ["other key of", other]];
  return (told as [string, string[]][]).filter(([, names]) => names.length > 0).map(
    ([what, names]) => `${what} ${named(names)}`,
  );
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => `"${name}"`).join(", ");
  const more = names.length - MAX_NAMED;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
