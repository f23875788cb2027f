/** A secured registrar in a process of its own, and the credentials of those who come to it. */

import { asap, type AsapMessage, type PoolElement } from "../lib/wire/mod.ts";
import { Exchange } from "./exchange.ts";
import { BUILT, type Started, startRegistrar } from "./processes.ts";
import { dialAs, type Shown } from "./secured_dial.ts";

/** Elements in the pool `web`, and so in each answer. */
const ELEMENTS = 3;
/** A benchmark is to find what a registrar can, not what it allows. */
const NO_LIMITS = `{registrations-per-second: 1000000, resolutions-per-second: 1000000,
    reports-per-second: 1000000, connections-per-second: 1000000, handshakes-per-second: 1000000}`;

/** Credentials of everybody, made by the built file. */
export class Credentials {
  private constructor(
    private readonly directory: string,
    /** The registrar's own, as an echo has them, too. */
    readonly registrar: { readonly ca: string; readonly cert: string; readonly key: string },
    /** A pool user's that shows nothing. */
    readonly anonymous: Shown & { kind: "certificate" },
    /** A pool user's certificate, which allows nothing but to resolve. */
    readonly user: Shown & { kind: "certificate" },
    /** A pool element's certificate. */
    readonly element: Shown & { kind: "certificate" },
    /** A key that may do both. */
    readonly key: Shown & { kind: "psk" },
  ) {}

  static async make(): Promise<Credentials> {
    const directory = await Deno.makeTempDir({ prefix: "rserpool-bench-" });
    const dir = ["--dir", `${directory}/ca`];
    await rserpool("certs", "init", ...dir);
    const who = ["r1.example.org", "--address", "127.0.0.1"];
    await rserpool("certs", "issue", "registrar", ...who, ...dir);
    await rserpool("certs", "issue", "user", "u1.example.org", ...dir);
    await rserpool("certs", "issue", "element", "web-1.example.org", ...dir);
    await rserpool("psk", "generate", "web-1", "--file", `${directory}/keys.psk`);
    const read = (name: string) => Deno.readTextFile(`${directory}/${name}`);
    const ca = await read("ca/ca.crt");
    const issued = async (name: string) => ({
      kind: "certificate" as const,
      ca,
      cert: await read(`ca/${name}.crt`),
      key: await read(`ca/${name}.key`),
    });
    const [identity, key] = (await read("keys.psk")).trim().split(":");
    return new Credentials(
      directory,
      await issued("r1.example.org"),
      { kind: "certificate", ca },
      await issued("u1.example.org"),
      await issued("web-1.example.org"),
      { kind: "psk", identity: identity!, key: key! },
    );
  }

  /** Starts a registrar, with the rates that hold by default or without limits. */
  async start(rates: "usual rates" | "no limits"): Promise<Started> {
    const config = `${this.directory}/${rates.replace(" ", "-")}.yaml`;
    await Deno.writeTextFile(
      config,
      `security:
  read: everyone
  psk-keys: keys.psk
  identities:
    - {certificate: web-1.example.org, register: [web]}
    - {psk: web-1, register: [web], read: [web]}
${rates === "no limits" ? `  rates: ${NO_LIMITS}\n` : ""}`,
    );
    const file = (name: string) => `${this.directory}/ca/${name}`;
    const any = "127.0.0.1:0";
    return await startRegistrar([
      ...["--config", config, "--ca", file("ca.crt"), "--cert", file("r1.example.org.crt")],
      ...["--key", file("r1.example.org.key"), "--asap-tls", any, "--enrp-tls", any],
      ...["--asap-psk", any, "--enrp-psk", any],
      // Elements that acknowledge nothing stay for the whole run.
      ...["--element-grace", "1h", "--keep-alive-cycle", "1h"],
    ]);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

async function rserpool(...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(BUILT, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`rserpool ${args.join(" ")} failed`);
}

/** What a pool user asks. */
export const RESOLUTION = asap.encode({
  type: "ASAP_HANDLE_RESOLUTION",
  dynamicUpdates: false,
  poolHandle: "web",
}) as Uint8Array<ArrayBuffer>;

/** An element of the pool `web` on this host. */
export function registrationOf(identifier: number): Uint8Array<ArrayBuffer> {
  const poolElement: PoolElement = {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
    policy: { name: "round-robin" },
  };
  return asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement,
  }) as Uint8Array<ArrayBuffer>;
}

/**
 * Registers the elements of the pool `web`.
 *
 * @returns what a resolution is answered with, and how to end the connection.
 */
export async function fillPool(
  port: number,
  shown?: Shown,
): Promise<{ readonly answerBytes: number; readonly close: () => void }> {
  const exchange = shown === undefined
    ? await Exchange.open(port)
    : new Exchange(await dialAs(shown, port));
  for (let i = 1; i <= ELEMENTS; i++) {
    await exchange.ask(registrationOf(i));
  }
  const answer = await exchange.ask(RESOLUTION);
  const { message } = asap.decode(answer) as { message: AsapMessage };
  if (
    message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE" || message.poolElements?.length !== ELEMENTS
  ) {
    throw new Error("The pool is not as it should be");
  }
  return { answerBytes: answer.length, close: () => exchange.close() };
}
