/** Who may read what over TLS: as at the registrar itself. docs/security.md. */

import type { Api, Permissions, ServerCertificates, ServerCredentials } from "../api.ts";
import type { Asker } from "./shown.ts";

/** What a guard is made of, at the start and at each reload. */
export interface GuardSettings {
  readonly certificates: ServerCertificates;
  /** Absent: whoever gets here may read everything. */
  readonly permissions?: Permissions | undefined;
}

type Socket = Parameters<ServerCredentials["judge"]>[0];

/** What a listener over TLS shows of itself, and whom it lets read. */
export class Guard {
  private readonly api: Api;
  private credentials: ServerCredentials;
  private settings: GuardSettings;

  private constructor(api: Api, credentials: ServerCredentials, settings: GuardSettings) {
    this.api = api;
    this.credentials = credentials;
    this.settings = settings;
  }

  /** @throws {CredentialsInvalid} when the certificates cannot be used. */
  static async load(api: Api, settings: GuardSettings): Promise<Guard> {
    return new Guard(api, await api.serverCredentials(settings.certificates), settings);
  }

  /** For `SNICallback` of `node:tls`. */
  get secureContext(): ServerCredentials["secureContext"] {
    return this.credentials.secureContext;
  }

  /** Whether clients are asked for a certificate. */
  get asksWho(): boolean {
    return this.settings.permissions !== undefined;
  }

  /** Shows and believes what another one does from now on. */
  become(other: Guard): void {
    this.credentials = other.credentials;
    this.settings = other.settings;
  }

  /** What another one shows that this one does not, in words; whom it believes others tell. */
  changesTo({ settings: { certificates: after } }: Guard): string[] {
    const { certificates: before } = this.settings;
    const changes: string[] = [];
    if (after.cert.text !== before.cert.text) changes.push("another certificate for HTTP");
    if (after.key.text !== before.key.text) changes.push("another key for HTTP");
    return changes;
  }

  /** What the other side may read; as text: why nothing but health. */
  judge(socket: Socket): Asker | string {
    const { permissions } = this.settings;
    if (permissions === undefined) return { operates: true, mayRead: () => true };
    const verdict = this.credentials.judge(socket);
    if ("why" in verdict) return `your certificate is not believed: ${verdict.why}`;
    const { kind, name, isRegistrar } = verdict.secured;
    const party = { security: kind, identity: name, isRegistrar };
    const { operatorRefusal, tableRefusal, mayRead } = this.api.readingRights(permissions, party);
    if (operatorRefusal === undefined) return { operates: true, mayRead };
    return tableRefusal ?? { operates: false, mayRead };
  }
}
