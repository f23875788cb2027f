/**
 * The sessions of a pool user, whose code is loaded with the first: whoever only resolves a pool
 * handle starts without it.
 */

import type { PoolHandle } from "../../wire/mod.ts";
import type { ConnectOptions, Session } from "./contract.ts";
import type { UserSessionParts } from "./user_parts.ts";
import type { AllSessions, ConnectAllOptions, UserSessions } from "./user_sessions.ts";

/** See `UserSessions`. */
export class LoadedSessions {
  private loading: Promise<UserSessions> | undefined;
  private sessions: UserSessions | undefined;
  private isClosed = false;

  constructor(private readonly parts: UserSessionParts) {}

  async connect(poolHandle: PoolHandle, options: ConnectOptions): Promise<Session> {
    const sessions = await this.load();
    return await sessions.connect(poolHandle, options);
  }

  async connectAll(poolHandle: PoolHandle, options: ConnectAllOptions): Promise<AllSessions> {
    const sessions = await this.load();
    return await sessions.connectAll(poolHandle, options);
  }

  /** Ends all at once. */
  close(): void {
    this.isClosed = true;
    this.sessions?.close();
  }

  private load(): Promise<UserSessions> {
    return this.loading ??= import("./user_sessions.ts").then(({ UserSessions }) => {
      const sessions = this.sessions = new UserSessions(this.parts);
      if (this.isClosed) sessions.close();
      return sessions;
    });
  }
}
