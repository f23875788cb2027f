/** What is known of one client's addresses. */
import assert from "node:assert/strict";
import { ClientIndex } from "../../lib/bindings/client_index.ts";

const MAC = "02:00:00:00:00:01";
const of = (address: string, clientId?: string, hardware: string | undefined = MAC) => ({
  address,
  hardware,
  clientId,
});

Deno.test("one client: by its identifier, or by its hardware address where one has none", () => {
  const index = new ClientIndex();
  const plain = of("10.0.0.1");
  const named = of("10.0.0.2", "ff:01");
  const moved = of("10.0.0.3", "ff:01", "02:00:00:00:00:09");
  for (const each of [plain, named, moved]) index.add(each);
  assert.deepEqual([...index.addressesOf(plain)].sort(), ["10.0.0.1", "10.0.0.2"]);
  assert.deepEqual([...index.addressesOf(named)].sort(), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  index.remove(named);
  assert.deepEqual([...index.addressesOf(plain)], ["10.0.0.1"]);
  assert.deepEqual([...index.addressesOf(moved)], ["10.0.0.3"]);
});

Deno.test("a hardware address with a thousand identifiers is a thousand clients", () => {
  const index = new ClientIndex();
  const all = Array.from({ length: 1000 }, (_, at) => of(`10.0.${at >> 8}.${at & 255}`, `${at}`));
  for (const each of all) index.add(each);
  for (const each of all) assert.deepEqual([...index.addressesOf(each)], [each.address]);
});
