/** What Node runs: one TLS connection whose data is its standard input and output. */
export const NODE_SCRIPT = `
const tls = require("node:tls");
const { role, port, alpn, ciphers, groups, identity, key, cert, certKey, maxVersion } =
  JSON.parse(process.argv[1]);
const say = (text) => process.stdout.write(text);
const psk = key && Buffer.from(key, "hex");
const common = {
  ciphers,
  ecdhCurve: groups,
  minVersion: maxVersion ?? "TLSv1.3",
  maxVersion,
  ALPNProtocols: [alpn],
};
function use(socket) {
  say("\\nsecured with " + socket.getCipher().name + "\\n");
  process.stdin.on("data", (bytes) => socket.write(bytes));
  process.stdin.on("end", () => socket.end());
  socket.on("data", say);
  socket.on("end", () => say("\\norderly end\\n"));
  socket.on("error", (error) => say("\\nerror " + error.code + "\\n"));
}
if (role === "server") {
  const pskCallback = psk && ((_, shown) => shown === identity ? psk : null);
  const server = tls.createServer({ ...common, pskCallback, cert, key: certKey }, use);
  server.on("tlsClientError", (error) => say("\\nrefused " + error.code + "\\n"));
  server.listen(0, "127.0.0.1", () => say("listening on " + server.address().port + "\\n"));
} else {
  const socket = tls.connect({
    ...common,
    port,
    host: "127.0.0.1",
    pskCallback: () => ({ identity, psk }),
    checkServerIdentity: () => undefined,
  }, () => use(socket));
  socket.on("error", (error) => say("\\nrefused " + error.code + "\\n"));
}
`;
