/** Other implementations of TLS 1.3 with pre-shared keys, and how their programs are asked. */
import type { CipherSuiteName, PskServerOptions } from "../../../lib/net/tls_psk/mod.ts";
import { Program } from "./program.ts";
import { NODE_SCRIPT } from "./node_script.ts";

/** Groups that the programs know; ours has the first two. */
export type Group = "X25519" | "P-256" | "P-384";

/** What both sides of a test have in common, and what a program is told to insist on. */
export interface Setting {
  readonly identity: string;
  /** In hex. */
  readonly key: string;
  /** None: what the program has by itself. */
  readonly suites: readonly CipherSuiteName[];
  /** The preferred one first, of which a client sends a share. None: as above. */
  readonly groups: readonly Group[];
  /** Short records, filled up with zeros; OpenSSL alone can be told so. */
  readonly isPadded?: boolean;
}

/** What typing makes a program send a KeyUpdate, and what it then says, if it does. */
export interface KeyUpdate {
  readonly typed: string;
  readonly said?: RegExp;
}

/** One role of an implementation. */
export interface Role {
  /** The program that must be there. */
  readonly command: string;
  /** KeyUpdates that it can be made to send. */
  readonly keyUpdates: readonly KeyUpdate[];
  /** What it says of an orderly end, if it says anything. */
  readonly farewell?: RegExp;
}

/** A server; it listens when `serve` is done. */
export interface ServerRole extends Role {
  /** Whether it sends back what it hears, instead of what is typed. */
  readonly isEcho: boolean;
  serve(setting: Setting, folder: string): Promise<{ program: Program; port: number }>;
}

/** A client. */
export interface ClientRole extends Role {
  connect(setting: Setting, port: number): Program;
}

/** An implementation. */
export interface Stack {
  readonly name: string;
  readonly server: ServerRole;
  readonly client: ClientRole;
}

/** The application protocol of all tests. */
export const ALPN = "asap";
/** What is usual. */
export const SETTING: Setting = {
  identity: "label-17",
  key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  suites: ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"],
  groups: ["X25519", "P-256"],
};

/** The bytes of a setting, as the engine wants them. */
export function engineClient({ identity, key }: Setting) {
  return {
    alpn: ALPN,
    identity: new TextEncoder().encode(identity),
    key: Uint8Array.fromHex(key),
  };
}

/** A server of the engine that knows one key. */
export function engineServer({ identity, key }: Setting): PskServerOptions {
  return {
    alpn: ALPN,
    lookup: (shown) =>
      new TextDecoder().decode(shown) === identity ? Uint8Array.fromHex(key) : undefined,
  };
}

/** A port that is free just now, for a program that cannot ask the system for one. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function opensslArgs({ identity, key, suites, groups, isPadded = false }: Setting): string[] {
  return [
    ...["-tls1_3", "-psk", key, "-psk_identity", identity, "-alpn", ALPN],
    ...(suites.length > 0 ? ["-ciphersuites", suites.join(":")] : []),
    ...(groups.length > 0 ? ["-groups", groups.join(":")] : []),
    ...(isPadded ? ["-max_send_frag", "600", "-record_padding", "512"] : []),
  ];
}

const openssl: Stack = {
  name: "OpenSSL",
  server: {
    command: "openssl",
    // It says so only when it ends.
    keyUpdates: [{ typed: "k\n" }, { typed: "K\n" }],
    farewell: /^DONE$/m,
    isEcho: false,
    async serve(setting) {
      const args = ["s_server", "-accept", "127.0.0.1:0", "-nocert", ...opensslArgs(setting)];
      const program = new Program("openssl", args);
      const [, port] = await program.says(/^ACCEPT 127\.0\.0\.1:(\d+)/m);
      return { program, port: Number(port) };
    },
  },
  client: {
    command: "openssl",
    keyUpdates: [{ typed: "k\n", said: /KEYUPDATE/ }, { typed: "K\n", said: /KEYUPDATE/ }],
    farewell: /^(closed|DONE)$/m,
    connect(setting, port) {
      const args = ["s_client", "-connect", `127.0.0.1:${port}`, ...opensslArgs(setting)];
      return new Program("openssl", args);
    },
  },
};

const GNUTLS_GROUPS: Readonly<Record<Group, string>> = {
  "X25519": "+GROUP-X25519",
  "P-256": "+GROUP-SECP256R1",
  "P-384": "+GROUP-SECP384R1",
};
const GNUTLS_CIPHERS: Readonly<Record<CipherSuiteName, string>> = {
  TLS_CHACHA20_POLY1305_SHA256: "+CHACHA20-POLY1305",
  TLS_AES_128_GCM_SHA256: "+AES-128-GCM",
};

function priority({ suites, groups }: Setting): string {
  return [
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK",
    ...(suites.length > 0 ? ["-CIPHER-ALL"] : []),
    ...suites.map((suite) => GNUTLS_CIPHERS[suite]),
    ...(groups.length > 0 ? ["-GROUP-ALL"] : []),
    ...groups.map((group) => GNUTLS_GROUPS[group]),
  ].join(":");
}

const gnutls: Stack = {
  name: "GnuTLS",
  server: {
    command: "gnutls-serv",
    keyUpdates: [],
    isEcho: true,
    async serve(setting, folder) {
      const keys = `${folder}/keys.txt`;
      await Deno.writeTextFile(keys, `${setting.identity}:${setting.key}\n`, { mode: 0o600 });
      const port = freePort();
      const args = ["--echo", "--port", `${port}`, "--pskpasswd", keys, "--alpn", ALPN];
      const program = new Program("gnutls-serv", [...args, "--priority", priority(setting)]);
      await program.says(/listening on IPv4 .*done/);
      return { program, port };
    },
  },
  client: {
    command: "gnutls-cli",
    keyUpdates: [
      { typed: "^rekey1^\n", said: /Rekey was completed/ },
      { typed: "^rekey^\n", said: /Rekey was completed/ },
    ],
    farewell: /Peer has closed the GnuTLS connection/,
    connect(setting, port) {
      const args = ["--port", `${port}`, "127.0.0.1", "--inline-commands", "--single-key-share"];
      const own = ["--pskusername", setting.identity, "--pskkey", setting.key, "--alpn", ALPN];
      return new Program("gnutls-cli", [...args, ...own, "--priority", priority(setting)]);
    },
  },
};

function nodeProgram(role: string, setting: Setting, port: number): Program {
  const { suites, groups, ...key } = setting;
  const ciphers = suites.length > 0 ? suites.join(":") : undefined;
  const options = { role, port, alpn: ALPN, ciphers, groups: groups.join(":") || undefined };
  return new Program("node", ["-e", NODE_SCRIPT, JSON.stringify({ ...options, ...key })]);
}

const node: Stack = {
  name: "Node",
  server: {
    command: "node",
    keyUpdates: [],
    farewell: /^orderly end$/m,
    isEcho: false,
    async serve(setting) {
      const program = nodeProgram("server", setting, 0);
      const [, port] = await program.says(/^listening on (\d+)/m);
      return { program, port: Number(port) };
    },
  },
  client: {
    command: "node",
    keyUpdates: [],
    farewell: /^orderly end$/m,
    connect: (setting, port) => nodeProgram("client", setting, port),
  },
};

/** All implementations that the engine is held against. */
export const STACKS: readonly Stack[] = [openssl, gnutls, node];
