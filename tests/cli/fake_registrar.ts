/** A registrar that only says what was asked of it. */

import type {
  ListeningRegistrar,
  Registrar,
  RegistrarEvent,
  RegistrarSecurity,
  RegistrarSettings,
} from "../../cli/api.ts";
import { FAST_REGISTRAR_TIMING, REGISTRAR_TIMING } from "../../lib/core/mod.ts";
import type { Given } from "./fake_world.ts";

/** A registrar that serves until it is stopped. */
export class FakeRegistrar {
  readonly settings: RegistrarSettings[] = [];
  readonly started: Promise<void>;
  stopped = 0;
  /** Whether a start waits for mentors, for ever. */
  seeksMentors = false;
  /** Where else it turns out to listen. */
  listening: Partial<Pick<Registrar, "asapTls" | "enrpTls" | "asapPsk" | "enrpPsk">> = {};
  /** What happens before it has started. */
  starting: () => void = () => {};
  /** What is wrong with its certificates. */
  warnings: string[] = [];
  /** How long a stop takes. */
  stopping = () => Promise.resolve();
  /** What it was reloaded with. */
  readonly reloaded: RegistrarSecurity[] = [];
  /** What it shows of itself. */
  view: ListeningRegistrar["view"] = () => {
    throw new Error("this test has no view of the registrar");
  };
  /** What it counts. */
  traffic: ListeningRegistrar["traffic"] = () => {
    throw new Error("this test has no traffic of the registrar");
  };
  /** What a reload does. */
  reloading: () => void = () => {};
  private readonly resolveStarted: () => void;

  constructor(private readonly failure?: Error) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.started = promise;
    this.resolveStarted = resolve;
  }

  readonly api = {
    REGISTRAR_TIMING,
    FAST_REGISTRAR_TIMING,
    certificateWarnings: () => Promise.resolve(this.warnings),
    Registrar: {
      start: async ({ onListening, ...settings }: RegistrarSettings) => {
        this.settings.push(settings);
        if (this.failure !== undefined) throw this.failure;
        this.starting();
        const reload = (security: RegistrarSecurity) => {
          this.reloading();
          this.reloaded.push(security);
          return Promise.resolve();
        };
        onListening?.({ reload, view: this.view, traffic: this.traffic });
        if (this.seeksMentors) {
          await new Promise((_, reject) => {
            settings.signal!.onabort = () => reject(settings.signal!.reason);
          });
        }
        this.resolveStarted();
        return {
          identifier: 0x00c0ffee,
          asap: [{ host: "127.0.0.1", port: 40001 }, { host: "::1", port: 40003 }],
          enrp: [{ host: "127.0.0.1", port: 40002 }],
          asapTls: [],
          enrpTls: [],
          asapPsk: [],
          enrpPsk: [],
          ...this.listening,
          finished: new Promise(() => {}),
          reload,
          stop: () => this.stopping().then(() => this.stopped++),
        };
      },
    },
  } as unknown as Given["api"];

  tell(event: RegistrarEvent): void {
    this.settings[0]!.onEvent!(event);
  }
}
