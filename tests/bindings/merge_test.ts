/** The merge of bindings and servers is a join: what all know in the end has no order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BindingTable,
  contentOf,
  contentOfServer,
  mergeBindings,
  mergeServers,
  type StoredBinding,
  type StoredServer,
} from "../../lib/bindings/mod.ts";
import {
  type Binding,
  BINDING_STATES,
  BINDING_TRANSACTIONS,
  type BindingServer,
} from "../../lib/wire/mod.ts";
import { bindingOf, LAST, serverOf } from "./samples.ts";

const RUNS = { numRuns: 500 };
const few = (max: number) => fc.integer({ min: 1, max });

/** So few values of each that two bindings often meet in a part of them. */
const storedBinding: fc.Arbitrary<StoredBinding> = fc.record({
  address: fc.constant("10.0.0.1"),
  state: fc.constantFrom(...BINDING_STATES),
  transaction: fc.constantFrom(...BINDING_TRANSACTIONS.slice(0, 2)),
  counter: few(2),
  server: few(2),
  lease: few(2),
  expiresAt: few(3),
  hardware: fc.constantFrom("52:54:00:00:00:01", "52:54:00:00:00:02"),
  clientId: fc.constantFrom("01", "02"),
  host: fc.constantFrom("one", "two"),
  acknowledgedBy: fc.uniqueArray(few(4), { maxLength: 4 }).map((some) => some.sort()),
}, {
  requiredKeys: ["address", "state", "transaction", "counter", "server", "lease", "expiresAt"],
  noNullPrototype: true,
});

const storedServer: fc.Arbitrary<StoredServer> = fc.record({
  version: few(2),
  claim: few(2),
  lease: few(2),
  freeAt: few(3),
  flags: fc.subarray(["down", "withheld"] as const),
  acknowledgements: fc.uniqueArray(fc.record({ server: few(2), claim: few(2) }), {
    maxLength: 2,
    selector: ({ server }) => server,
  }),
}, { noNullPrototype: true }).map((some) => ({ ...serverOf(1), ...some }));

/** All that two tables compare, and the times, which they do not. */
const textOf = (binding: StoredBinding) => `${contentOf(binding)} ${binding.expiresAt}`;
const textOfServer = (server: StoredServer) => `${contentOfServer(server)} ${server.freeAt}`;

for (
  const [name, value, merge, text] of [
    ["bindings", storedBinding, mergeBindings, textOf],
    ["servers", storedServer, mergeServers, textOfServer],
  ] as readonly [
    string,
    fc.Arbitrary<unknown>,
    (one: unknown, other: unknown) => unknown,
    (each: unknown) => string,
  ][]
) {
  const same = (one: unknown, other: unknown) => assert.equal(text(one), text(other));

  Deno.test(`the merge of ${name} is commutative`, () => {
    fc.assert(fc.property(value, value, (a, b) => same(merge(a, b), merge(b, a))), RUNS);
  });

  Deno.test(`the merge of ${name} is associative`, () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        same(merge(merge(a, b), c), merge(a, merge(b, c)));
      }),
      { numRuns: 5000 },
    );
  });

  Deno.test(`the merge of ${name} is idempotent`, () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        same(merge(a, a), a);
        same(merge(merge(a, b), b), merge(a, b));
      }),
      RUNS,
    );
  });
}

Deno.test("one binding alone is as it was written: the merge makes nothing up", () => {
  fc.assert(
    fc.property(storedBinding, storedBinding, (a, b) => {
      const { host: _, acknowledgedBy, ...merged } = mergeBindings(a, b);
      const [one, other] = [a, b].map(({ host: _, acknowledgedBy: __, ...rest }) => rest);
      const isOf = (each: typeof one) => contentOf(merged) === contentOf(each!);
      assert(isOf(one) || isOf(other), contentOf(merged));
      const words = [...a.acknowledgedBy ?? [], ...b.acknowledgedBy ?? []];
      assert((acknowledgedBy ?? []).every((each) => words.includes(each)));
    }),
    RUNS,
  );
});

/** What one writer says, and to which of the tables it comes first. */
interface Said {
  readonly servers: readonly BindingServer[];
  readonly bindings: readonly Binding[];
}

const addressed = fc.tuple(storedBinding, few(4)).map((
  [{ expiresAt, ...others }, at],
): Binding => ({
  ...others,
  address: `10.0.0.${at}`,
  remaining: 60 + expiresAt,
}));
const said: fc.Arbitrary<Said> = fc.record({
  servers: fc.array(
    fc.tuple(storedServer, few(3)).map(([{ freeAt, ...others }, identifier]): BindingServer => ({
      ...others,
      identifier,
      freeIn: freeAt,
    })),
    { maxLength: 2 },
  ),
  bindings: fc.array(addressed, { maxLength: 3 }),
});

/** Everything of one table told to another, as by a dump. */
function tell(from: BindingTable, to: BindingTable, now: number): void {
  const servers = [...from.servers.values()].map(({ freeAt, ...others }) => ({
    ...others,
    freeIn: Math.ceil((freeAt - now) / 1000),
  }));
  const bindings = [...from.bindings.values()].map(({ expiresAt, ...others }) => ({
    ...others,
    remaining: Math.ceil((expiresAt - now) / 1000),
  }));
  to.merge(servers, bindings, now);
}

const TABLES = 4;

function tables(now: number): BindingTable[] {
  return Array.from({ length: TABLES }, () => {
    const table = new BindingTable();
    // The range is known beforehand: what comes before it is refused, and would come again.
    table.merge([{ ...serverOf(9), freeIn: 0 }], [], now);
    return table;
  });
}

Deno.test("random writers, partitions and orders: in the end all tables are equal", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ at: fc.nat(TABLES - 1), said }) },
    { weight: 2, arbitrary: fc.record({ from: fc.nat(TABLES - 1), to: fc.nat(TABLES - 1) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const now = 1_000_000;
      const all = tables(now);
      const everything: Said[] = [];
      for (const each of steps) {
        if ("said" in each) {
          everything.push(each.said);
          all[each.at]!.merge(each.said.servers, each.said.bindings, now);
        } else if (each.from !== each.to) tell(all[each.from]!, all[each.to]!, now);
      }
      // The partition ends: once round, and once more.
      for (let i = 0; i < 2 * TABLES; i++) tell(all[i % TABLES]!, all[(i + 1) % TABLES]!, now);
      const [witness] = tables(now);
      for (const { servers, bindings } of everything.reverse()) {
        witness!.merge(servers, bindings, now);
      }
      for (const table of all) {
        assert.deepEqual(contentsOf(table), contentsOf(witness!));
        assert.equal(table.digest, witness!.digest);
        assert.equal(table.count, witness!.count);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("tables that differ in anything have other digests", () => {
  fc.assert(
    fc.property(fc.array(addressed, { maxLength: 6 }), addressed, (bindings, another) => {
      const now = 1_000_000;
      const [one, other] = tables(now);
      one!.merge([], bindings, now);
      other!.merge([], bindings, now);
      other!.merge([], [another], now);
      const isSame = JSON.stringify(contentsOf(one!)) === JSON.stringify(contentsOf(other!));
      assert.equal(one!.digest === other!.digest, isSame);
    }),
    RUNS,
  );
});

Deno.test("a digest is that of what is there, whatever was there before", () => {
  const [one, other] = tables(0);
  for (let counter = 1; counter < 100; counter++) {
    one!.merge([], [bindingOf({ counter, address: LAST })], 0);
  }
  other!.merge([], [bindingOf({ counter: 99, address: LAST })], 0);
  assert.equal(one!.digest, other!.digest);
});

/** All that tables have in common, in one order. */
function contentsOf(table: BindingTable): string[] {
  return [
    ...[...table.servers.values()].map(contentOfServer),
    ...[...table.bindings.values()].map(contentOf),
  ].sort();
}
