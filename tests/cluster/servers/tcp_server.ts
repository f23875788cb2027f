/** The service of a pool element: it accepts connections and closes them. */

const listener = Deno.listen({ hostname: Deno.args[0]!, port: Number(Deno.args[1]) });
for await (const connection of listener) connection.close();
