/** The files by which a secured cluster's members prove who they are, and who may do what. */
import { type Issued, makeAuthority, REGISTRAR } from "../net/certificates.ts";

/** By what somebody proves who it is. */
export type Kind = "certificate" | "psk";

/** How a cluster is secured. */
export interface SecurityWish {
  /** How registrars are peers: by certificates, or by a key for each direction of each pair. */
  readonly registrars: Kind;
  /** What pool elements have, in turns. */
  readonly elements: readonly Kind[];
  /** Pool users show no certificate, or have a key. */
  readonly users: Kind;
}

/** What one member shows, and whom it trusts: paths of files. */
export type Shown =
  | {
    readonly kind: "certificate";
    readonly ca: string;
    readonly cert?: string;
    readonly key?: string;
  }
  | { readonly kind: "psk"; readonly identity: string; readonly file: string };

/** Where a registrar is reached. */
export interface RegistrarPlace {
  readonly number: number;
  readonly address: string;
  /** Its ENRP address for peers that have keys, as HOST:PORT. */
  readonly enrpPsk: string;
}

/** The same as options of the command line. */
export function optionsOf(shown: Shown | undefined): string[] {
  if (shown === undefined) return [];
  if (shown.kind === "psk") return ["--psk-identity", shown.identity, "--psk-file", shown.file];
  const { ca, cert, key } = shown;
  const own = cert === undefined || key === undefined ? [] : ["--cert", cert, "--key", key];
  return ["--ca", ca, ...own];
}

/** All that the members of a cluster show. */
export class SecurityFiles {
  private readonly accepted = new Map<string, string>();
  private readonly shown = new Map<string, Shown>();

  private constructor(
    private readonly folder: string,
    private readonly wish: SecurityWish,
    private readonly places: readonly RegistrarPlace[],
  ) {}

  /** Writes all files; elements are numbered from 1 to `elements`. */
  static async write(
    folder: string,
    wish: SecurityWish,
    places: readonly RegistrarPlace[],
    elements: number,
  ): Promise<SecurityFiles> {
    const files = new SecurityFiles(folder, wish, places);
    const authority = await makeAuthority();
    await files.secret("ca.pem", authority.ca.text);
    const client = (name: string) => authority.issue({ names: [name], eku: ["client"] });
    const give = async (name: string, kind: Kind) =>
      kind === "psk" ? await files.giveKey(name) : await files.give(name, await client(name));
    for (let each = 1; each <= elements; each++) {
      await give(`element-${each}`, wish.elements[each % wish.elements.length]!);
    }
    for (const kind of new Set(wish.elements)) await give(`element-thief-${kind}`, kind);
    await give("operator", wish.registrars);
    if (wish.users === "psk") await files.giveKey("user");
    for (const { number, address } of places) {
      const role = { names: [`r${number}`], ips: [address], uris: [REGISTRAR] };
      if (wish.registrars === "certificate") {
        await files.give(`r${number}`, await authority.issue(role));
      }
    }
    for (const place of places) await files.writeRegistrar(place);
    return files;
  }

  /** What pool users show. */
  get user(): Shown {
    return this.wish.users === "psk" ? this.of("user") : { kind: "certificate", ca: this.ca };
  }

  get operator(): Shown {
    return this.of("operator");
  }

  element(number: number): Shown {
    return this.of(`element-${number}`);
  }

  /** Others that may register in the pool, too. */
  get thieves(): readonly Shown[] {
    return [...new Set(this.wish.elements)].map((kind) => this.of(`element-thief-${kind}`));
  }

  /** How registrars dial each other, and operators ask them. */
  get registrars(): Kind {
    return this.wish.registrars;
  }

  /** All by which anybody proves anything. */
  get kinds(): readonly Kind[] {
    const { registrars, elements, users } = this.wish;
    return [...new Set([registrars, users, ...elements])];
  }

  /** The options of a registrar that say who it is and who may do what. */
  registrarOptions(number: number): string[] {
    const own = this.shown.get(`r${number}`);
    return ["--config", `${this.folder}/r${number}.yaml`, ...optionsOf(own)];
  }

  private get ca(): string {
    return `${this.folder}/ca.pem`;
  }

  private of(name: string): Shown {
    return this.shown.get(name)!;
  }

  private async writeRegistrar(place: RegistrarPlace): Promise<void> {
    const others = this.wish.registrars === "psk"
      ? this.places.filter((each) => each !== place)
      : [];
    const own = `r${place.number}`;
    const keys = [...this.accepted].map(([identity, key]) => `${identity}:${key}`);
    const peers: string[] = [];
    const identities: string[] = [];
    for (const { number, enrpPsk } of others) {
      const [to, from] = [`${own}-to-r${number}`, `r${number}-to-${own}`];
      keys.push(`${from}:${keyOf(from)}`);
      await this.secret(`${to}.psk`, keyOf(to));
      peers.push(`    "${enrpPsk}": {identity: ${to}, file: ${to}.psk}`);
      identities.push(`    - {name: r${number}, psk: [${from}, ${to}], registrar: true}`);
    }
    await this.secret(`${own}.psk-keys`, keys.map((line) => `${line}\n`).join(""));
    const text = [
      "security:",
      "  read: everyone",
      ...(keys.length === 0 ? [] : [`  psk-keys: ${own}.psk-keys`]),
      ...(peers.length === 0 ? [] : ["  psk-peers:", ...peers]),
      "  identities:",
      '    - {certificate: "r*", registrar: true}',
      ...identities,
      '    - {certificate: "element-*", register: [web]}',
      '    - {psk: "element-*", register: [web]}',
      "    - {name: operator, certificate: operator, psk: operator, operate: true}",
    ];
    await this.secret(`${own}.yaml`, `${text.join("\n")}\n`);
  }

  private async give(name: string, { cert, key }: Issued): Promise<void> {
    const [certFile, keyFile] = [`${this.folder}/${name}.pem`, `${this.folder}/${name}.key`];
    await this.secret(`${name}.pem`, cert.text);
    await this.secret(`${name}.key`, key.text);
    this.shown.set(name, { kind: "certificate", ca: this.ca, cert: certFile, key: keyFile });
  }

  private async giveKey(name: string): Promise<void> {
    this.accepted.set(name, keyOf(name));
    await this.secret(`${name}.psk`, keyOf(name));
    this.shown.set(name, { kind: "psk", identity: name, file: `${this.folder}/${name}.psk` });
  }

  private async secret(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, text, { mode: 0o600 });
  }
}

/** A key that is its identity's alone: 32 bytes in hexadecimal digits. */
function keyOf(identity: string): string {
  const digits = [...identity].map((char) => char.charCodeAt(0).toString(16)).join("");
  return digits.padEnd(64, "5").slice(-64);
}
