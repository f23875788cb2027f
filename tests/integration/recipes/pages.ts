/** Web servers for the recipes: elements of a pool, and whoever asks what stands before them. */

import { type RegistrarAt, type Running, type Scratch, until } from "../harness.ts";

/** A pool handle that would do harm wherever it was put into a configuration or a command line. */
export const HOSTILE_POOL = "\";}'`touch pwned`$(touch pwned)";

/** What a web server answered. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

/** A web server that says its name, registered as an element. */
export class NamedElement implements AsyncDisposable {
  private constructor(
    private readonly server: Deno.HttpServer<Deno.NetAddr>,
    readonly registration: Running,
  ) {}

  static async start(
    scratch: Scratch,
    { asap }: RegistrarAt,
    name: string,
  ): Promise<NamedElement> {
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(name),
    );
    const { port } = server.addr;
    const registration = scratch.serve("register", [
      ...[HOSTILE_POOL, "--port", `${port}`, "--check", "none"],
      ...["--drain", "1ms", "-r", asap],
    ]);
    await registration.ready();
    return new NamedElement(server, registration);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.shutdown();
  }
}

/** Asks for a page once, over a connection of its own. */
export async function getPage(port: number): Promise<Page> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = "GET / HTTP/1.0\r\nHost: recipe\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const text = await new Response(connection.readable).text();
  const [head, body = ""] = text.split("\r\n\r\n");
  return { status: Number(head!.split(" ")[1]), body };
}

/** Resolved when a dozen pages in a row are of these servers, and each of them has answered. */
export async function untilPagesAre(port: number, ...wanted: readonly string[]): Promise<void> {
  await until(`pages of ${wanted.join(" and ")} at port ${port}`, async () => {
    const pages = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const { status, body } = await getPage(port);
      pages.add(status === 200 ? body : String(status));
    }
    return [...pages].sort().join() === [...wanted].sort().join();
  });
}

/** A port on which nobody listens now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
