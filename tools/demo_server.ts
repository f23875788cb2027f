/** The web server of `deno task demo`: says on which port it listens. */

const port = Number(Deno.args[0]);

Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, () => {
  return new Response(`<h1>Hello from the web server on port ${port}</h1>\n`, {
    headers: { "content-type": "text/html" },
  });
});
