/** `certs init`, `issue`, `revoke` and `list`: what they do in the directory of an authority. */

import type { Context } from "../command.ts";
import { didYouMean } from "../did_you_mean.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { replaceFiles } from "../locked_file.ts";
import {
  type Authority,
  issueCertificate,
  makeAuthority,
  openAuthority,
  type Request,
  signRevocationList,
} from "./authority.ts";
import { AuthorityDirectory, MAX_PEM_BYTES, type NamedText, readText } from "./directory.ts";
import { blocksOf, withoutBlocks } from "./pem.ts";
import {
  EMPTY_INDEX,
  type Index,
  type Issued,
  MAX_INDEX_BYTES,
  type Reason,
  stateOf,
  writeIndex,
} from "./record.ts";
import { issuedResult, madeResult } from "./view.ts";

/** What a command may use: the world and where to say things. */
type Place = Pick<Context, "world" | "stdout" | "log">;

/** Makes an authority. */
export async function initialize(
  { world, stdout }: Place,
  settings: { readonly dir: string; readonly name: string | undefined; readonly days: number },
  now = new Date(),
): Promise<void> {
  const directory = new AuthorityDirectory(settings.dir);
  await directory.make();
  const name = settings.name ?? `rserpool CA ${randomWord()}`;
  await directory.alone(world, async () => {
    const files = [directory.certificate, directory.key, directory.index];
    const there = await directory.firstThere(files);
    if (there !== undefined) {
      throw new ExitError(EXIT.world, `${there} exists; what was issued by it would be worthless`);
    }
    const { certificate, key } = await makeAuthority(name, settings.days, now);
    await replaceFiles([
      { path: directory.index, text: writeIndex(EMPTY_INDEX) },
      { path: directory.key, text: key },
      { path: directory.certificate, text: certificate },
    ]);
  });
  await stdout.printResult(madeResult({
    authority: name,
    certificate: directory.certificate,
    key: directory.key,
  }));
}

/** Issues a certificate, or another one in the place of one. */
export async function issue(
  { world, stdout, log }: Place,
  settings: { readonly dir: string; readonly force: boolean; readonly request: Request },
  now = new Date(),
): Promise<void> {
  const directory = new AuthorityDirectory(settings.dir);
  const { request } = settings;
  const name = request.name.value;
  await directory.readIndex(world);
  const { issued, replaced } = await directory.alone(world, async () => {
    const index = await directory.readIndex(world);
    const current = index.certificates.findLast((each) => each.name === name);
    if (!settings.force) await refuseExisting(directory, current, name);
    const { certificate, key } = await directory.readAuthority(world);
    const made = await issueCertificate(await openAuthority(certificate, key), request, now);
    await replaceFiles([
      { path: directory.index, text: indexText(added(index, made.issued), directory) },
      { path: directory.keyOf(name), text: made.key },
      { path: directory.certificateOf(name), text: made.certificate },
    ]);
    return { issued: made.issued, replaced: current };
  });
  if (replaced !== undefined && stateOf(replaced, now) === "valid") {
    log.warning(
      `the certificate ${replaced.serial} of ${name} is valid until ${replaced.notAfter} all the ` +
        `same; if somebody else may have its key: rserpool certs revoke ${replaced.serial}`,
    );
  }
  const { serial, role, addresses, notAfter } = issued;
  await stdout.printResult(madeResult({
    name,
    role,
    ...(addresses.length > 0 ? { addresses } : {}),
    serial,
    notAfter,
    replaces: replaced?.serial,
    certificate: directory.certificateOf(name),
    key: directory.keyOf(name),
    authority: directory.certificate,
  }));
}

/** Revokes what a name, a serial number or a file stands for, and signs the list of all. */
export async function revoke(
  { world, stdout, log }: Place,
  settings: { readonly dir: string; readonly reason: Reason; readonly what: string },
  now = new Date(),
): Promise<void> {
  const directory = new AuthorityDirectory(settings.dir);
  await directory.readIndex(world);
  const revoked = await directory.alone(world, async () => {
    const index = await directory.readIndex(world);
    const files = await directory.readAuthority(world);
    const authority = await openAuthority(files.certificate, files.key);
    const serials = await serialsOf(settings.what, index, authority, { world, directory, now });
    const at = new Date(Math.floor(now.getTime() / 1000) * 1000).toISOString();
    const certificates = index.certificates.map((each) =>
      serials.has(each.serial) && each.revoked === undefined
        ? { ...each, revoked: { at, reason: settings.reason } }
        : each
    );
    const next: Index = { ...index, listNumber: index.listNumber + 1, certificates };
    const list = await signRevocationList(authority, certificates, next.listNumber, now);
    await replaceFiles([
      { path: directory.index, text: indexText(next, directory) },
      {
        path: directory.certificate,
        text: await withList(files.certificate.text, list, authority),
      },
    ]);
    return certificates.filter(({ serial }) => serials.has(serial));
  });
  log.notice(
    `${directory.certificate} has the new revocation list: give it to all registrars and clients`,
  );
  await stdout.printResult(issuedResult(directory, revoked, now));
}

/** Prints what was issued. */
export async function listIssued(
  { world, stdout }: Place,
  settings: { readonly dir: string },
  now = new Date(),
): Promise<void> {
  const directory = new AuthorityDirectory(settings.dir);
  const { certificates } = await directory.readIndex(world);
  await stdout.printResult(issuedResult(directory, certificates, now));
}

async function refuseExisting(
  directory: AuthorityDirectory,
  current: Issued | undefined,
  name: string,
): Promise<void> {
  const files = [directory.certificateOf(name), directory.keyOf(name)];
  const there = await directory.firstThere(files);
  if (current !== undefined) {
    const { revoked, serial, notAfter } = current;
    const end = revoked === undefined ? `until ${notAfter}` : `revoked at ${revoked.at}`;
    throw new ExitError(
      EXIT.world,
      `${name} has the certificate ${serial}, ${end}` +
        `${there === undefined ? ", although its files are gone" : ""}; --force replaces it`,
    );
  }
  if (there !== undefined) throw new ExitError(EXIT.world, `${there} exists; --force replaces it`);
}

/** The index with one more, which takes the place of those of its name. */
function added(index: Index, issued: Issued): Index {
  const before = index.certificates.map((each) =>
    each.name === issued.name && each.replacedBy === undefined
      ? { ...each, replacedBy: issued.serial }
      : each
  );
  return { ...index, certificates: [...before, issued] };
}

function indexText(index: Index, directory: AuthorityDirectory): string {
  const text = writeIndex(index);
  if (new TextEncoder().encode(text).length <= MAX_INDEX_BYTES) return text;
  throw new ExitError(
    EXIT.world,
    `${directory.index} would be longer than ${MAX_INDEX_BYTES} bytes: begin another authority`,
  );
}

/** The serial numbers of those that are to be revoked. */
async function serialsOf(
  what: string,
  index: Index,
  authority: Authority,
  place: { readonly world: Context["world"]; readonly directory: AuthorityDirectory; now: Date },
): Promise<ReadonlySet<string>> {
  const known = index.certificates;
  const word = what.toLowerCase().replace(/^0x/, "");
  const bySerial = known.filter(({ serial }) => serial === word);
  if (bySerial.length > 0) return new Set([word]);
  const byName = known.filter(({ name }) => name === what || name === what.toLowerCase());
  if (byName.length > 0) {
    const alive = byName.filter((each) => stateOf(each, place.now) !== "expired");
    if (alive.length > 0) return new Set(alive.map(({ serial }) => serial));
    throw new ExitError(EXIT.world, `every certificate of ${what} has expired`);
  }
  if (!/[./\\]/.test(what)) throw unknownName(what, known);
  let text: string;
  try {
    text = await readText(place.world, what, MAX_PEM_BYTES);
  } catch (error) {
    throw what.includes("/") ? error : unknownName(what, known);
  }
  return new Set([await serialIn({ path: what, text }, known, authority, place.directory)]);
}

function unknownName(what: string, known: readonly Issued[]): UsageError {
  const names = known.map(({ name }) => name);
  return new UsageError(
    `"${what}" is no name or serial number of a certificate of this authority, and no file` +
      didYouMean(what, names),
  );
}

async function serialIn(
  file: NamedText,
  known: readonly Issued[],
  authority: Authority,
  directory: AuthorityDirectory,
): Promise<string> {
  const { X509Certificate } = await import("./x509.ts");
  const block = blocksOf(file.text, "CERTIFICATE")[0];
  if (block === undefined) throw new UsageError(`${file.path} has no certificate in PEM`);
  let serial: string;
  try {
    const certificate = new X509Certificate(block);
    const publicKey = authority.certificate.publicKey;
    const isOurs = await certificate.verify({ publicKey, signatureOnly: true });
    serial = isOurs ? certificate.serialNumber.toLowerCase() : "";
  } catch {
    throw new UsageError(`${file.path} has no certificate that can be read`);
  }
  if (known.some((each) => each.serial === serial)) return serial;
  throw new UsageError(`${file.path} was not issued by the authority in ${directory.folder}`);
}

/** The authority's file with this revocation list of its own, and no other of its own. */
async function withList(text: string, list: string, authority: Authority): Promise<string> {
  const { X509Crl } = await import("./x509.ts");
  const own = new Set<string>();
  for (const block of blocksOf(text, "X509 CRL")) {
    const isOwn = await new X509Crl(block).verify({ publicKey: authority.certificate.publicKey })
      .catch(() => false);
    if (isOwn) own.add(block);
  }
  return withoutBlocks(text, (block) => own.has(block)) + list;
}

function randomWord(): string {
  return crypto.getRandomValues(new Uint8Array(4)).toHex();
}
