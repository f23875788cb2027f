/** Servers that have a certificate and no pre-shared key, or no TLS 1.3. */
import assert from "node:assert/strict";
import { NODE_SCRIPT } from "./node_script.ts";
import { Program } from "./program.ts";
import { freePort } from "./stacks.ts";

/** A server that listens when `serve` is done. */
export interface CertificateServer {
  readonly name: string;
  readonly command: string;
  serve(folder: string): Promise<{ program: Program; port: number }>;
}

/** Makes a key and a certificate of its own, and gives the paths of both. */
async function selfSigned(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-subj", "/CN=localhost", "-keyout", key, "-out", cert],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  assert.ok(success);
  return { key, cert };
}

function openssl(name: string, ...args: string[]): CertificateServer {
  return {
    name,
    command: "openssl",
    async serve(folder) {
      const { key, cert } = await selfSigned(folder);
      const listen = ["s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", cert];
      const program = new Program("openssl", [...listen, ...args]);
      const [, port] = await program.says(/^ACCEPT 127\.0\.0\.1:(\d+)/m);
      return { program, port: Number(port) };
    },
  };
}

const gnutls: CertificateServer = {
  name: "a certificate-only server of GnuTLS",
  command: "gnutls-serv",
  async serve(folder) {
    const { key, cert } = await selfSigned(folder);
    const port = freePort();
    const files = ["--x509keyfile", key, "--x509certfile", cert];
    const program = new Program("gnutls-serv", ["--echo", "--port", `${port}`, ...files]);
    await program.says(/listening on IPv4 .*done/);
    return { program, port };
  },
};

const node: CertificateServer = {
  name: "a certificate-only server of Node",
  command: "node",
  async serve(folder) {
    const files = await selfSigned(folder);
    const [certKey, cert] = [Deno.readTextFileSync(files.key), Deno.readTextFileSync(files.cert)];
    const options = { role: "server", alpn: "asap", cert, certKey };
    const program = new Program("node", ["-e", NODE_SCRIPT, JSON.stringify(options)]);
    const [, port] = await program.says(/^listening on (\d+)/m);
    return { program, port: Number(port) };
  },
};

/** All of them. */
export const CERTIFICATE_SERVERS: readonly CertificateServer[] = [
  openssl("a certificate-only server of OpenSSL", "-tls1_3"),
  openssl("a server of TLS 1.2 alone", "-tls1_2"),
  gnutls,
  node,
];
