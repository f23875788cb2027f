/** What the monitor shows, as frames that can be read. */

import assert from "node:assert/strict";
import { element, peer, snapshot, Stage } from "./stage.ts";

const WEB = [element(1), element(2)];

function twoRegistrars(): Stage {
  return new Stage({ sources: ["192.0.2.1:9901", "192.0.2.2:9901"] }).size(80, 12)
    .told(0, snapshot(0xaa, { web: WEB, db: [element(3)] }, [peer(0xbb)]))
    .told(1, snapshot(0xbb, { web: [WEB[0]!], db: [element(3)] }, [peer(0xaa)]));
}

function has(stage: Stage, words: RegExp): void {
  assert.match(stage.frame.join("\n"), words);
}

Deno.test("pools of two registrars, with what one of them does not know", () => {
  assert.deepEqual(twoRegistrars().frame, [
    "rserpool monitor  04:00:00Z  2/2 registrars  2 pools  3 elements  1 not known t~",
    " 1 Pools   2 Elements   3 Registrars   4 Events    1 of 2",
    "POOL  ELEMENTS  POLICY       HOMES  KNOWN TO",
    "web          2  round-robin      1  1 element not to all",
    "db           1  round-robin      1  all",
    "",
    "",
    "",
    "",
    "",
    "",
    "q quit  1-4 Tab view  / filter  s sort  r reverse  p pause  Enter open  Esc back",
  ]);
  const warnings = twoRegistrars().press("j").inStyle("warn");
  assert.deepEqual(warnings, ["1 not known t~", "1 element not to all"]);
});

Deno.test("pool elements, and which registrar does not know them", () => {
  const stage = twoRegistrars().press("2").size(120, 8);
  assert.deepEqual(stage.frame.slice(2, 6), [
    "POOL  IDENTIFIER  ENDPOINT          POLICY       LOAD  HOME        LIFE  KNOWN TO",
    "web   0x00000001  tcp 192.0.2.1:80  round-robin     -  0x000000aa  300s  all",
    "web   0x00000002  tcp 192.0.2.2:80  round-robin     -  0x000000aa  300s  not to 0x000000bb",
    "db    0x00000003  tcp 192.0.2.3:80  round-robin     -  0x000000aa  300s  all",
  ]);
});

Deno.test("registrars: those that are asked, and those that they know", () => {
  const stage = new Stage({ sources: ["192.0.2.1:9901", "192.0.2.2:9901"] }).size(100, 9)
    .told(0, snapshot(0xaa, { web: WEB }, [peer(0xcc, "suspect")]))
    .learn({ type: "away", source: 1, reason: "connection refused" }).press("3").wait(65_000);
  assert.deepEqual(stage.frame.slice(2, 6), [
    "IDENTIFIER  ENDPOINT          STATE                ELEMENTS  OWN  PEERS  " +
    "ANSWERED  UP  SEEN BY PEERS",
    "0x000000aa  192.0.2.1:9901    answers                     2    2      1       4ms   -  -",
    "?           192.0.2.2:9901    away 1m05s: connec~         -    0      -         -   -  -",
    "0x000000cc  192.0.2.204:9901  not asked                   -    0      -         -   -  " +
    "suspect",
  ]);
  assert.deepEqual(stage.inStyle("bad"), ["1/2 registrars", "away 1m05s: connec~"]);
});

Deno.test("where nobody answers, what was told last is shown so, and it comes back", () => {
  const stage = new Stage().size(80, 20).told(0, snapshot(0xaa, { web: WEB }));
  stage.learn({ type: "away", source: 0, reason: "connection refused" });
  has(stage, /0\/1 registrars {2}1 pool {2}2 elements {2}\(as last told\)/);
  has(stage, /0x000000aa {2}does not answer: connection refused/);
  stage.told(0, snapshot(0xaa, { web: WEB }));
  has(stage, /1\/1 registrars {2}1 pool {2}2 elements$/m);
  has(stage, /0x000000aa {2}answers again/);
});

Deno.test("before the first answer, and where there is nothing", () => {
  const stage = new Stage().size(60, 8);
  assert.equal(stage.wait(0).frame[3], "asking ...");
  assert.equal(stage.told(0, snapshot(0xaa, {})).frame[3], "there is no pool");
  stage.learn({ type: "away", source: 0, reason: "x" });
  const never = new Stage().learn({ type: "away", source: 0, reason: "x" });
  assert.equal(never.frame[3], "no registrar answers: see Registrars (3)");
});

Deno.test("the tail tells what has changed, without what was there at the start", () => {
  const stage = new Stage().size(80, 20).told(0, snapshot(0xaa, { web: WEB }));
  assert.deepEqual(stage.frame.slice(13, 15), ["Events", ""]);
  stage.wait(2_000).told(0, snapshot(0xaa, { web: [WEB[0]!, element(9)] }, [peer(0xbb)]));
  assert.deepEqual(stage.frame.slice(14, 17), [
    "04:00:02  handlespace  web: 0x00000002 went: tcp 192.0.2.2:80 (1 pool element)",
    "04:00:02  handlespace  web: 0x00000009 came: tcp 192.0.2.9:80, round-robin, hom~",
    "04:00:02  0x000000aa  peer 0x000000bb is active",
  ]);
});

Deno.test("small screens: less and less, and the row of the cursor last", () => {
  const stage = twoRegistrars();
  assert.deepEqual(stage.size(20, 5).frame, [
    "rserpool monitor  0~",
    "POOL  ELEMENTS",
    "web          2",
    "db           1",
    "q quit  1-4 Tab vie~",
  ]);
  assert.deepEqual(stage.size(20, 2).frame, ["rserpool monitor  0~", "web          2"]);
  assert.deepEqual(stage.size(20, 1).frame, ["rserpool monitor  0~"]);
  for (let columns = 1; columns < 130; columns += 3) {
    for (let rows = 1; rows < 30; rows++) {
      for (const view of "1234") {
        const { frame } = stage.press(view).size(columns, rows);
        assert.ok(frame.length <= rows, `${columns}x${rows} has ${frame.length} lines`);
        assert.ok(frame.every((line) => line.length <= columns), `${columns}x${rows}: too wide`);
      }
    }
  }
});

Deno.test("hostile and wide pool handles take the cells that they take", () => {
  const stage = new Stage().size(60, 10).told(
    0,
    snapshot(0xaa, { "\u30c7\u30fc\u30bf": WEB, "a\x1b[2Jb": [element(3)] }),
  );
  assert.deepEqual(stage.frame.slice(2, 5), [
    "POOL         ELEMENTS  POLICY       HOMES  KNOWN TO",
    "\u30c7\u30fc\u30bf" + "              2  round-robin      1  all",
    "a\\u{1b}[2Jb         1  round-robin      1  all",
  ]);
});

Deno.test("10,000 elements: only what is seen is looked at", () => {
  let looks = 0;
  const many = Array.from({ length: 10_000 }, (_, i) => {
    const { transport, ...others } = element(i);
    return {
      ...others,
      get transport() {
        looks++;
        return transport;
      },
    };
  });
  const stage = new Stage().told(0, snapshot(0xaa, { web: many })).press("2").size(80, 24);
  looks = 0;
  stage.press("\x1b[B".repeat(100));
  assert.equal(looks, 0);
  assert.match(stage.frame.join("\n"), /101 of 10000[^]*0x00000064/);
  assert.ok(looks <= 200, `${looks} looks for one frame`);
});

Deno.test("what a registrar shows over HTTP: rates, for how long it is up, its state", () => {
  const details = (counters: Record<string, number>, at: number) => ({
    type: "details" as const,
    details: {
      identifier: "0x000000aa",
      version: "0.1.0",
      uptimeMs: 90_061_000,
      state: "initializing",
      associations: 1,
      counters,
      at,
    },
  });
  const stage = new Stage().size(140, 10).told(0, snapshot(0xaa, { web: WEB }))
    .learn(details({ resolutions: 10 }, 0), details({ resolutions: 35 }, 10_000)).press("3");
  has(stage, /2 elements {2}2\.5 resolutions\/s$/m);
  has(stage, /answers, initializing .* 1d01h/);
  stage.learn(details({ resolutions: 0 }, 20_000));
  has(stage, /0\.0 resolutions\/s/);
});
