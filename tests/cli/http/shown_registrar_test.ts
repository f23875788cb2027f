/** The JSON of a registrar: keys of the command line, and some beside them. */

import assert from "node:assert/strict";
import type { Api, RegistrarView } from "../../../cli/api.ts";
import { EventFeed } from "../../../cli/events/event_feed.ts";
import { shownRegistrar } from "../../../cli/http/shown_registrar.ts";
import * as wire from "../../../lib/wire/mod.ts";
import { PEER } from "../elements.ts";
import { ask, type Asking } from "./fake_shown.ts";
import { poolOf, viewOf } from "./fake_view.ts";

function shown(view: RegistrarView) {
  return shownRegistrar({
    api: wire as unknown as Api,
    view: () => view,
    listeners: () => ({ asap: ["127.0.0.1:1"], http: ["127.0.0.1:2"] }),
    uptimeMs: () => 12.4,
    metrics: () => "",
    events: new EventFeed(),
  });
}

async function get(view: RegistrarView, path: string, asking: Asking = {}) {
  const response = ask(shown(view), path, asking);
  return response.status === 200 ? await response.json() : await response.text();
}

const POOLS = [poolOf("web", 1, 3), poolOf("mail", 11, 2), poolOf("hex:00ff", 21, 1)];

interface Listed {
  readonly total: number;
  readonly pools: { poolHandle: string; poolElements: { identifier: string }[] }[];
}

const identifiersOf = ({ pools }: Listed) =>
  pools.map(({ poolHandle, poolElements }) =>
    [poolHandle, ...poolElements.map(({ identifier }) => Number(identifier))].join(" ")
  );

Deno.test("the registrar itself", async () => {
  const itself = await get(viewOf(POOLS), "/api/v1/registrar");
  const { version, ...rest } = itself;
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(rest, {
    registrar: { identifier: "0x00c0ffee" },
    serves: true,
    state: "serving",
    pid: Deno.pid,
    uptimeMs: 12,
    checksum: "0x0012",
    listeners: { asap: ["127.0.0.1:1"], http: ["127.0.0.1:2"] },
    pools: 3,
    poolElements: 6,
    ownPoolElements: 1,
    associations: 2,
    homes: [{ identifier: "0x00c0ffee", poolElements: 6 }],
  });
});

Deno.test("readiness: it serves; words say what it does instead", async () => {
  const rows = [["serving", 200], ["initializing", 503], ["stopping", 503]] as const;
  for (const [state, status] of rows) {
    const response = ask(shown(viewOf([], { state })), "/readyz");
    assert.equal(response.status, status);
    assert.match(await response.text(), new RegExp(`^${state}.*\n$`));
  }
});

Deno.test("a pool element: as dump has it, its state, and what is left of its life", async () => {
  const { total, pools, registrar } = await get(viewOf([poolOf("web", 2, 1)]), "/api/v1/pools");
  assert.deepEqual({ total, registrar }, { total: 1, registrar: { identifier: "0x00c0ffee" } });
  assert.deepEqual(pools, [{
    poolHandle: "web",
    policy: { name: "weighted-round-robin" },
    poolElements: [{
      identifier: "0x00000002",
      home: "0x00c0ffee",
      lifetimeMs: 300_000,
      transport: { protocol: "tcp", addresses: ["192.0.2.10"], port: 80, use: "data" },
      policy: { name: "weighted-round-robin", weight: 10 },
      asapTransport: { protocol: "tcp", addresses: ["192.0.2.10"], port: 40010 },
      state: "available",
      lifeLeftMs: 1235,
      unreachableReporters: 0,
      identity: null,
    }],
  }]);
});

Deno.test("pool= chooses pools, limit= and offset= elements; total is of all chosen", async () => {
  const rows = [
    ["", 6, ["web 1 2 3", "mail 11 12", "hex:00ff 21"]],
    ["?pool=mail", 2, ["mail 11 12"]],
    ["?pool=mail&pool=web&pool=mail", 5, ["mail 11 12", "web 1 2 3"]],
    ["?pool=none", 0, []],
    ["?pool=hex%3A00ff", 1, ["hex:00ff 21"]],
    ["?limit=2", 6, ["web 1 2"]],
    ["?limit=2&offset=2", 6, ["web 3", "mail 11"]],
    ["?offset=4", 6, ["mail 12", "hex:00ff 21"]],
    ["?limit=0", 6, []],
    ["?offset=99&limit=5", 6, []],
    ["?pool=web&offset=1&limit=1", 3, ["web 2"]],
    ["?unknown=1", 6, ["web 1 2 3", "mail 11 12", "hex:00ff 21"]],
  ] as const;
  for (const [query, total, expected] of rows) {
    const listed = await get(viewOf(POOLS), `/api/v1/pools${query}`);
    assert.equal(listed.total, total, query);
    assert.deepEqual(identifiersOf(listed), expected, query);
  }
  for (const query of ["?limit=-1", "?limit=x", "?offset=1.5", "?limit="]) {
    assert.match(await get(viewOf(POOLS), `/api/v1/pools${query}`), /is not a whole number/);
  }
});

Deno.test("who may read some pools is told of no other, and not how many there are", async () => {
  const asker = { operates: false, mayRead: (pool: string) => pool === "mail" };
  const view = viewOf(POOLS);
  const all = await get(view, "/api/v1/pools", { asker });
  assert.deepEqual([all.total, identifiersOf(all)], [2, ["mail 11 12"]]);
  assert.deepEqual(
    all.pools[0].poolElements.map(({ identity }: object & { identity?: string }) => identity),
    [undefined, undefined],
    "nor who registers there",
  );
  const other = await get(view, "/api/v1/pools?pool=web", { asker });
  assert.deepEqual([other.total, other.pools], [0, []]);
  for (const name of ["registrar", "peers"]) {
    assert.match(await get(view, `/api/v1/${name}`, { asker }), /^this needs an identity with op/);
  }
});

Deno.test("elements are those of one moment, however slowly they are read", async () => {
  let isOver = false;
  const live = {
    ...poolOf("web", 1, 1000),
    *elements() {
      for (const element of poolOf("web", 1, 1000).elements()) {
        if (isOver) throw new Error("read too late");
        yield element;
      }
    },
  };
  const response = ask(shown(viewOf([live])), "/api/v1/pools", { limits: { pieceLength: 100 } });
  isOver = true;
  const { pools } = await response.json();
  assert.equal(pools[0].poolElements.length, 1000);
});

Deno.test("peers: as the command has them, and who they have proved to be", async () => {
  const status = { state: "suspect", lastHeardAgoMs: 61_500 } as const;
  const known = {
    identifier: PEER.identifier,
    transport: PEER.transport,
    status,
    identity: "name:r2",
    poolElements: 7,
  };
  const unmet = { ...known, transport: undefined, identity: undefined };
  const { peers } = await get(viewOf([], { peers: [known, unmet] }), "/api/v1/peers");
  assert.deepEqual(peers, [{
    identifier: "0x0badcafe",
    transport: { protocol: "tcp", addresses: ["192.0.2.2"], port: 9901 },
    state: "suspect",
    lastHeardAgoMs: 61_500,
    poolElements: 7,
    identity: "name:r2",
  }, {
    identifier: "0x0badcafe",
    transport: null,
    state: "suspect",
    lastHeardAgoMs: 61_500,
    poolElements: 7,
    identity: null,
  }]);
});
