/**
 * `deno task deb`: a Debian package with everything in it, the Deno runtime included, in
 * dist/rserpool_VERSION_ARCHITECTURE.deb. With --architecture arm64 for another kind of processor.
 *
 * @module
 */

import { build } from "./build.ts";
import { writeCompletions } from "./completions.ts";
import { writeManual } from "./man.ts";
import {
  type Architecture,
  ARCHITECTURES,
  ownArchitecture,
  putRuntime,
  run,
} from "./packages/runtime.ts";
import { ROOT_PATH, VERSION } from "./packages/version.ts";

const RUNTIME = "/usr/lib/rserpool/deno";
/** The day of the version, which changelog and manual pages bear. */
const RELEASED = "2026-11-23";
const UNIT = /\.(service|socket)$/;
const UNITS = "usr/lib/systemd/system";
const DOCS = "usr/share/doc/rserpool";

/** Where completions of zsh are, and where Debian has them. */
const [ZSH, DEBIANS_ZSH] = ["zsh/site-functions", "zsh/vendor-completions"];
/** The runtime is as the npm registry has it. */
const OVERRIDES = "rserpool: embedded-library\nrserpool: hardening-no-pie\n";

/** What a package is made for. */
export interface DebOptions {
  readonly architecture: Architecture;
  /** Default: that of deno.json. */
  readonly version?: string;
  /** The folder where the package is put. */
  readonly output: string;
  /** Whether it is made small, which takes a minute, or fast. */
  readonly isSmall: boolean;
}

/** Builds the package and returns its path. Needs dpkg-deb. */
export async function buildDeb(options: DebOptions): Promise<string> {
  const { architecture, version = VERSION, output, isSmall } = options;
  const root = await Deno.makeTempDir({ prefix: "rserpool-deb-" });
  try {
    await putProgram(root, architecture);
    await putTexts(root, version);
    await putControl(root, architecture, version);
    // Whatever the umask of whoever builds it, everybody reads what is installed.
    await run("chmod", ["-R", "u=rwX,go=rX", root], ROOT_PATH);
    const path = `${output}/rserpool_${version}_${architecture}.deb`;
    const compression = isSmall ? ["-Zxz"] : ["-Zgzip", "-z1"];
    await run("dpkg-deb", [...compression, "--root-owner-group", "--build", root, path], ROOT_PATH);
    return path;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function putProgram(root: string, architecture: Architecture): Promise<void> {
  await Deno.mkdir(`${root}/usr/lib/rserpool`, { recursive: true });
  await putRuntime(architecture, `${root}${RUNTIME}`);
  const built = await build(new URL(`file://${root}/usr/bin/rserpool`));
  const text = await Deno.readTextFile(built);
  await Deno.writeTextFile(built, text.replace("env -S deno ", `env -S ${RUNTIME} `));
}

/** Units, configuration, manual pages, completions, licences. */
async function putTexts(root: string, version: string): Promise<void> {
  const packaging = `${ROOT_PATH}packaging`;
  for await (const { name } of Deno.readDir(`${packaging}/systemd`)) {
    const folder = UNIT.test(name) ? UNITS : `${DOCS}/examples`;
    await put(`${packaging}/systemd/${name}`, `${root}/${folder}/${name}`);
  }
  await put(`${packaging}/debian/registrar.yaml`, `${root}/etc/rserpool/registrar.yaml`);
  await put(`${packaging}/debian/copyright`, `${root}/${DOCS}/copyright`);
  const date = new Date(RELEASED).toUTCString().replace("GMT", "+0000");
  const changes = `rserpool (${version}) stable; urgency=medium

  * See the history of the repository.

 -- the rserpool authors <rserpool@example.org>  ${date}
`;
  await putCompressed(changes, `${root}/${DOCS}/changelog.gz`);
  await putManuals(root);
  await writeCompletions(`${root}/usr/share`);
  await Deno.rename(`${root}/usr/share/${ZSH}`, `${root}/usr/share/${DEBIANS_ZSH}`);
  await putText(OVERRIDES, `${root}/usr/share/lintian/overrides/rserpool`);
}

async function putManuals(root: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-man-" });
  try {
    await writeManual(folder, RELEASED);
    for await (const { name: section } of Deno.readDir(folder)) {
      for await (const { name } of Deno.readDir(`${folder}/${section}`)) {
        const text = await Deno.readTextFile(`${folder}/${section}/${name}`);
        await putCompressed(text, `${root}/usr/share/man/${section}/${name}.gz`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function putControl(root: string, architecture: Architecture, version: string) {
  const size = await sizeOf(root);
  const control = `Package: rserpool
Version: ${version}
Architecture: ${architecture}
Maintainer: the rserpool authors <rserpool@example.org>
Installed-Size: ${Math.ceil(size / 1024)}
Depends: libc6 (>= 2.31), libgcc-s1, coreutils (>= 8.30)
Suggests: dnsmasq-base
Section: net
Priority: optional
Description: Reliable Server Pooling (RFC 3237, RFC 5351) in one executable
 A pool handle such as "web" names a pool of equivalent servers. Servers register
 in the pool at a registrar, clients resolve the handle to living servers, chosen
 by the policy of the pool. Over TCP and TLS, without a kernel module.
 .
 The package has the Deno runtime in it and needs no other.
`;
  await putText(control, `${root}/DEBIAN/control`);
  await putText("/etc/rserpool/registrar.yaml\n", `${root}/DEBIAN/conffiles`);
  for (const script of ["postinst", "prerm", "postrm"]) {
    const path = `${root}/DEBIAN/${script}`;
    await put(`${ROOT_PATH}packaging/debian/${script}`, path);
    await Deno.chmod(path, 0o755);
  }
  const files = 'cd "$1" && find usr -type f -print0 | sort -z | xargs -0 md5sum';
  await putText(await run("sh", ["-c", files, "sh", root], root), `${root}/DEBIAN/md5sums`);
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    size += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return size;
}

async function put(from: string, to: string): Promise<void> {
  await putText(await Deno.readTextFile(from), to);
}

/** As Debian wants it: as small as can be, and the same each time. */
async function putCompressed(text: string, to: string): Promise<void> {
  const plain = to.slice(0, -".gz".length);
  await putText(text, plain);
  await run("gzip", ["-9", "-n", plain], ROOT_PATH);
}

async function putText(text: string, to: string): Promise<void> {
  await makeFolderOf(to);
  await Deno.writeTextFile(to, text);
}

async function makeFolderOf(path: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
}

if (import.meta.main) {
  const [flag, wanted = ownArchitecture()] = Deno.args;
  const isKnown = Object.hasOwn(ARCHITECTURES, wanted);
  if ((flag !== undefined && flag !== "--architecture") || !isKnown) {
    throw new Error(`give --architecture ${Object.keys(ARCHITECTURES).join(" or ")}`);
  }
  const architecture = wanted as Architecture;
  console.log(await buildDeb({ architecture, output: `${ROOT_PATH}dist`, isSmall: true }));
}
