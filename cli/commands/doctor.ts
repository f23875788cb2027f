/** `doctor`: what works between this host and its registrars, and what does not, in plain words. */

import type { Context } from "../command.ts";
import { defineCommand } from "../command.ts";
import { checkClientFiles } from "../doctor/client_files.ts";
import { type Finding, Findings, printFindings } from "../doctor/finding.ts";
import { checkSection } from "../doctor/section.ts";
import { checkTarget, type Questions, type Target } from "../doctor/target.ts";
import { EXIT, UsageError } from "../exit.ts";
import { list, parseChoice, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { parseWrittenAddress } from "../address.ts";
import { clientSecurity, PORTS } from "../client_security.ts";
import { parsePoolArgument } from "../pool_argument.ts";

const ROLES = ["user", "element", "operator", "registrar"] as const;
type Role = typeof ROLES[number];

const options = {
  as: list(
    `--as <ROLE>`,
    `what this identity is to be: ${ROLES.join(", ")}; repeatable. What it then may not is wrong`,
    (text) => parseChoice(text, ROLES),
    [],
  ),
  pool: value("--pool <POOL>", "the pool to resolve, and to register in", (text) => text),
  plain: list(
    "--plain <HOST[:PORT]>",
    "an ASAP port without TLS to look at, too; HOST alone for the usual ports",
    parseWrittenAddress,
    [],
    { fallbackText: "of each -r without a port, if TLS is used" },
  ),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["registrar", "question", "security", "certificate", "handle", "output"],
  notes: `
Every registrar that is named is asked, with the credentials that the options give: as a pool user
(may it resolve?), as a pool element (may it register in --pool?), as an operator or registrar
(presence, list of peers, handle table). Nothing is changed: in place of a registration it asks to
de-register an element that does not exist, which is granted without effect, or refused. Whether an
element's addresses and policy are right, and whether a registrar may be a peer, only registering
and being one show. Outcomes are ok, warning, wrong, and unchecked. The registrar's log tells of
what it has refused; a pool that is asked for without --pool is named doctor- and a random number.

What DHCP servers share is compared by rserpool dhcp check.

With --config FILE that has a section security:, the files of a registrar's own host are checked,
and nobody is asked unless --registrar or --enrp-registrar stands on the command line.

Exit code 7 means that something is wrong, 0 that nothing is; warnings are not wrong.`,
  examples: [
    ["rserpool doctor -r r1.example.org --ca ca.crt", "as a pool user"],
    [
      "rserpool doctor -r 192.0.2.1 --ca ca.crt --cert web-1.crt --key web-1.key --pool web " +
      "--as element",
      "may it register in web?",
    ],
    ["rserpool doctor -r 192.0.2.1 --psk-file oncall.psk --as operator -o json", "for scripts"],
    [
      "rserpool doctor --config security.yaml --cert r1.crt --key r1.key --ca ca.crt",
      "on its host",
    ],
  ],
  run,
});

async function run(context: Context, options: Options): Promise<number> {
  if (options.discover) {
    throw new UsageError(
      "doctor asks the registrars that are named: give -r instead of --discover",
    );
  }
  const isNamed = (["registrar", "enrpRegistrar"] as const).some((key) =>
    context.sourceOf(key) === "option"
  );
  const { configuration } = context;
  const section = configuration?.security;
  const findings: Finding[] = [];
  if (section !== undefined) findings.push(...await checkSection(context, options, section));
  if (section === undefined || isNamed) findings.push(...await checkClient(context, options));
  await printFindings(context.stdout, findings);
  const wrong = findings.filter(({ outcome }) => outcome === "wrong").length;
  if (wrong === 0) return EXIT.ok;
  context.log.error(wrong === 1 ? "1 thing is wrong" : `${wrong} things are wrong`);
  return EXIT.wrong;
}

async function checkClient(context: Context, options: Options): Promise<Finding[]> {
  const questions = await questionsOf(context, options);
  const targets = targetsOf(context, options);
  const files = new Findings();
  const client = await checkClientFiles(context, options, questions.asRegistrar, files);
  if (client === undefined) {
    files.add("asap", "unchecked", "no registrar is asked: the files above are wrong");
    return files.all;
  }
  const each = await Promise.all(targets.map((each) => checkTarget(each, client, questions)));
  return [...files.all, ...each.flat()];
}

async function questionsOf(context: Context, options: Options): Promise<Questions> {
  const api = await context.api();
  const { pool, as: roles, maxHandleBytes, timeout } = options;
  const is = (...these: readonly Role[]) =>
    roles.length === 0 || these.some((role) => roles.includes(role));
  const deadline = context.world.now() + timeout;
  return {
    api,
    poolHandle: pool === undefined ? undefined : parsePoolArgument(pool, api, maxHandleBytes),
    asUser: is("user"),
    asElement: is("element"),
    asObserver: is("operator", "registrar"),
    asRegistrar: roles.includes("registrar"),
    refused: roles.length === 0 ? "warning" : "wrong",
    left: () => deadline - context.world.now(),
  };
}

/** Each `-r`, with the `--enrp-registrar` at the same place, and the ports without TLS. */
function targetsOf(context: Context, options: Options): Target[] {
  const { enrpRegistrar: enrps, plain, registrar: registrars } = options;
  const { ASAP, ENRP } = PORTS[clientSecurity(context, options)];
  // Who names ENRP ports alone asks there alone.
  const isEnrpAlone = enrps.length > 0 && context.sourceOf("registrar") === "default";
  const asaps = isEnrpAlone ? [] : registrars;
  const { length } = asaps.length > enrps.length ? asaps : enrps;
  return Array.from({ length }, (_, i): Target => {
    const asap = asaps[i];
    const looked = plain[i] ?? (asap?.port === undefined ? asap : undefined);
    const usualEnrp = asap !== undefined && asap.port === undefined && enrps.length === 0
      ? { host: asap.host, port: ENRP }
      : undefined;
    return {
      asap: asap && { host: asap.host, port: asap.port ?? ASAP },
      enrp: enrps[i] ?? usualEnrp,
      plainAsap: looked && { host: looked.host, port: looked.port ?? PORTS.plain.ASAP },
      plainEnrp: looked?.port === undefined && looked !== undefined
        ? { host: looked.host, port: PORTS.plain.ENRP }
        : undefined,
    };
  });
}
