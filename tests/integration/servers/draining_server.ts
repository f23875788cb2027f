/**
 * A web server that ends as good ones do: at SIGTERM it accepts nothing more, finishes what it has
 * and exits with 0. It holds requests for `/held` until then. It writes a line for each request's
 * begin and end, and for the signal.
 */

const port = Number(Deno.args[0]);
const terminated = Promise.withResolvers<void>();

function write(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/health") return new Response("well\n");
  write(`begin ${pathname}`);
  if (pathname === "/held") await terminated.promise;
  write(`end ${pathname}`);
  return new Response(`page ${pathname} of ${port}\n`);
});

Deno.addSignalListener("SIGTERM", async () => {
  write("SIGTERM");
  terminated.resolve();
  await server.shutdown();
  Deno.exit(0);
});
