/** Requests that come in a row, at a server of `node:http`. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Unanswered } from "../../../cli/http/unanswered.ts";
import { HttpConnection } from "./http_connection.ts";

Deno.test("pipelined: of many requests in one piece no more are made", async () => {
  const unanswered = new Unanswered({ pipelined: 3 });
  let requests = 0;
  let admitted = 0;
  const server = createServer(({ socket }, response) => {
    requests++;
    if (unanswered.add(socket, response)) admitted++;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await HttpConnection.to(`127.0.0.1:${port}`);
  await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000)).catch(() => {});
  assert.equal(await connection.rest(), "");
  connection.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.equal(admitted, 3);
  assert.ok(requests <= 4, `${requests} requests were made of one piece`);
});
