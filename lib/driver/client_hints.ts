/** Discovery for a client, whose code is loaded with the first that asks for it. */

import type { HintCommand, Limits, ProtocolName, Random } from "../core/mod.ts";
import type { ClientDiscovering } from "./discovery.ts";
import type { DiscoverSettings } from "./multicast_settings.ts";

/** Registrars that announce themselves, as hints for a client's machine. */
export class ClientHints {
  private readonly opening: Promise<ClientDiscovering>;
  private discovering: ClientDiscovering | undefined;

  constructor(
    protocol: ProtocolName,
    settings: DiscoverSettings,
    parts: {
      readonly random: Random;
      readonly limits: Limits;
      readonly command: (command: HintCommand) => void;
    },
  ) {
    this.opening = import("./discovery.ts")
      .then(({ discover }) => discover(protocol, settings, parts))
      .then((discovering) => this.discovering = discovering);
    // Whoever asks for `ready` is told of it.
    this.opening.catch(() => {});
  }

  /**
   * Resolved when it listens.
   *
   * @throws {ListenFailed} if it cannot.
   */
  async ready(): Promise<void> {
    await this.opening;
  }

  /** What there is to say beside the registrars that were tried. */
  get remark(): string | undefined {
    return this.discovering?.hasHeard === true ? undefined : "no registrar announced itself";
  }

  async close(): Promise<void> {
    try {
      await (await this.opening).close();
    } catch { // It never listened.
    }
  }
}
