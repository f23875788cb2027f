/** `certs`: a certificate authority of one's own, in a directory. */

import { AUTHORITY_DAYS, CERTIFICATE_DAYS, MAX_DAYS } from "../certs/authority.ts";
import { parseAuthorityName, parseCertificateName, parseReachable } from "../certs/names.ts";
import { type Reason, REASONS, type Role } from "../certs/record.ts";
import { show } from "../certs/show.ts";
import { initialize, issue, listIssued, revoke } from "../certs/work.ts";
import { defineCommand, defineGroup, type Subcommand } from "../command.ts";
import { UsageError } from "../exit.ts";
import { choice, flag, list, parseInteger, value, valueOr } from "../option.ts";

const DEFAULT_FOLDER = "rserpool-ca";

const place = {
  dir: valueOr("--dir <DIR>", "the authority's directory", parseFolder, DEFAULT_FOLDER, {
    env: "RSERPOOL_CA_DIR",
    fallbackText: DEFAULT_FOLDER,
  }),
};

const days = (fallback: number) =>
  valueOr("--days <N>", "how long it is valid", parseInteger(1, MAX_DAYS), fallback, {
    fallbackText: String(fallback),
  });

const address = list(
  "--address <IP|HOST>",
  "where it is reached, besides its name; repeatable",
  parseReachable,
  [],
);

const init = defineCommand({
  options: {
    ...place,
    name: value("--name <NAME>", "the authority's name, for people", parseAuthorityName, {
      fallbackText: "rserpool CA and a random word",
    }),
    days: days(AUTHORITY_DAYS),
  },
  uses: ["output"],
  notes: `
The directory is made with mode 0700. ca.crt goes to every registrar and client as --ca; ca.key is
the secret on which all depends, and never leaves the directory. There is no way to replace an
authority: remove the directory, or take another.`,
  examples: [
    ["rserpool certs init", "an authority in rserpool-ca, for ten years"],
    ["rserpool certs init --dir /srv/ca --name 'Lab CA'", "one elsewhere, with a name"],
  ],
  run: (context, options) => initialize(context, options),
});

/** A command that issues certificates of one role. */
function issuing(role: Role, summary: string, notes: string, lines: readonly [string, string][]) {
  const isRegistrar = role === "registrar";
  const isReached = isRegistrar || role === "element";
  const command = defineCommand({
    arguments: [["<NAME>", isRegistrar ? "its DNS name, or a URI" : "its DNS name or URI"]],
    options: {
      ...place,
      ...(isReached ? { address } : {}),
      days: days(CERTIFICATE_DAYS),
      force: flag("--force", "replace the certificate that the name has, and its files"),
    },
    uses: ["output"],
    notes: `${notes}
The key and the certificate are NAME.key and NAME.crt in the authority's directory, of mode 0600;
in the files' names, of a URI what is neither letter nor digit is %XX.`,
    examples: lines.map(([line, meaning]) => [`rserpool certs issue ${line}`, meaning] as const),
    run: async (context, { dir, days, force, ...options }, [written]) => {
      const name = read("the name", () => parseCertificateName(written!));
      const addresses = (options as { address?: ReturnType<typeof address.fallback> }).address;
      if (isRegistrar && name.type === "url" && addresses!.length === 0) {
        throw new UsageError("a registrar that is named by a URI needs --address, to be reached");
      }
      const request = { role, name, addresses: addresses ?? [], days };
      await issue(context, { dir, force, request });
    },
  });
  return { name: role, summary, command } satisfies Subcommand;
}

const issueGroup = defineGroup({
  options: place,
  subcommands: [
    issuing(
      "registrar",
      "for a registrar: it serves, and it is known to its peers",
      `
The certificate has the registrar's role, its name, and every --address: clients and peers that
dial it must find there what they dialled.`,
      [
        ["registrar r1.example.org --address 192.0.2.1", "one that is dialled by name or address"],
        ["registrar r1 --address 127.0.0.1 --address ::1", "one to try things with"],
      ],
    ),
    issuing(
      "element",
      "for a pool element, which registers",
      `
With --address it is for a TLS server as well, which an element is that serves sessions (README.md,
Sessions): users must find there the address that they dial, or the name that they expect of all
elements of the pool.`,
      [
        ["element web-1.example.org", "the name that security: identities: lets register"],
        ["element web-1.example.org --address 192.0.2.10", "one that serves sessions there"],
        ["element web-1.example.org --force", "a new one in time, before the old one expires"],
      ],
    ),
    issuing("user", "for a pool user, where the registrar asks for a certificate", "", [
      ["user urn:example:frontend", "one that is named by a URI"],
    ]),
    issuing("operator", "for a person or program that looks at registrars", "", [
      ["operator oncall.example.org --days 30", "one for a month"],
    ]),
  ],
  notes: `
What an owner may do, the registrar's configuration says for its name (security: identities:); only
the role of a registrar is in the certificate itself.`,
  examples: [
    ["rserpool certs issue registrar r1.example.org --address 192.0.2.1", "for a registrar"],
    ["rserpool certs issue element web-1.example.org", "for a pool element"],
  ],
});

const shown = defineCommand({
  arguments: [["<FILE>", "a file with certificates, revocation lists, or both, in PEM"]],
  options: {},
  uses: ["output"],
  examples: [
    ["rserpool certs show rserpool-ca/web-1.example.org.crt", "whose it is, and until when"],
    ["rserpool certs show rserpool-ca/ca.crt -o json", "the authority, and what it has revoked"],
  ],
  run: (context, _, [file]) => show(context, file!),
});

const revoked = defineCommand({
  arguments: [["<NAME|SERIAL|FILE>", "whose certificates, or which one"]],
  options: {
    ...place,
    reason: choice(
      "--reason <WHY>",
      "what the list says of it",
      Object.keys(REASONS) as Reason[],
      "unspecified",
    ),
  },
  uses: ["output"],
  notes: `
A name stands for all its certificates that have not expired. The revocation list is written into
ca.crt, behind the authority's certificate: give that file to all registrars and clients again, and
send SIGHUP to the registrars. The list is valid as long as the authority: nothing renews it.`,
  examples: [
    ["rserpool certs revoke web-1.example.org --reason key-compromise", "its key was stolen"],
    ["rserpool certs revoke ./web-1.crt", "one certificate, by its file"],
  ],
  run: async (context, { dir, reason }, [what]) => {
    if (what === "") throw new UsageError("the name is empty");
    await revoke(context, { dir, reason, what: what! });
  },
});

const listed = defineCommand({
  options: { ...place },
  uses: ["output"],
  examples: [["rserpool certs list -o json", "everything that was issued, and its state"]],
  run: (context, options) => listIssued(context, options),
});

/** The command. */
export const command = defineGroup({
  options: place,
  subcommands: [
    { name: "init", summary: "make a certificate authority", command: init },
    { name: "issue", summary: "issue a certificate with its key", command: issueGroup },
    { name: "show", summary: "say what a certificate has in it", command: shown },
    { name: "revoke", summary: "have certificates refused from now on", command: revoked },
    { name: "list", summary: "list what was issued", command: listed },
  ],
  notes: `
Keys are on the curve P-256. The directory holds the secrets of everyone: keep it where nobody else
can read, and hand each its own NAME.key, NAME.crt and ca.crt. "rserpool certs COMMAND --help" has
more.`,
  examples: [
    ["rserpool certs init", "make an authority, once"],
    ["rserpool certs issue registrar r1.example.org --address 192.0.2.1", "for a registrar"],
    ["rserpool certs issue element web-1.example.org", "for a pool element"],
    ["rserpool certs list", "see what there is, and when it expires"],
  ],
});

function parseFolder(text: string): string {
  if (text !== "") return text;
  throw new SyntaxError("the directory's name is empty");
}

function read<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`);
  }
}
