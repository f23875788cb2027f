/**
 * A web server that ends as good ones do, for whoever downloads while it is stopped: `/download` is
 * long, everything else short. At SIGTERM it accepts nothing more, finishes what it has and exits.
 */

const port = Number(Deno.args[0]);
const DOWNLOAD = new Uint8Array(16 * 1024 * 1024).fill(0x2a);

const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, (request) => {
  const { pathname } = new URL(request.url);
  const headers = { "served-by": String(port) };
  if (pathname === "/download") return new Response(DOWNLOAD, { headers });
  return new Response(`page of ${port}\n`, { headers });
});

Deno.addSignalListener("SIGTERM", async () => {
  Deno.stdout.writeSync(new TextEncoder().encode("SIGTERM\n"));
  await server.shutdown();
  Deno.exit(0);
});
