/** `resolve --watch` as a process: changes, a registrar that comes back, pipes and signals. */
import assert from "node:assert/strict";
import { Scratch, untilFolder } from "./harness.ts";

const EMPTY = '{"poolHandle":"web","poolElements":[]}\n';

/** The ports in each answer of `-o json`. */
function portsOf(stdout: string): number[][] {
  return stdout.trimEnd().split("\n").map((line) => {
    const { poolElements } = JSON.parse(line);
    return poolElements.map((each: { transport: { port: number } }) => each.transport.port).sort();
  });
}

Deno.test("a watcher prints who comes and goes, and ends in order", async () => {
  await using scratch = await Scratch.make();
  const { asap } = (await scratch.registrar()).at;
  const watch = scratch.start(["resolve", "web", "--watch", "-o", "json", "-r", asap]);
  await watch.prints(/\n/);
  assert.equal(watch.stdout, EMPTY);
  const register = (port: string) =>
    scratch.serve(
      "register",
      ["web", "--port", port, "--check", "none", "--drain", "1ms"]
        .concat("-r", asap),
    );
  const first = register("8081");
  await watch.prints(/8081/);
  const second = register("8082");
  await watch.prints(/8082/);
  await first.ready();
  first.kill("SIGKILL");
  await watch.prints(/\n.*8081.*8082.*\n[^\n]*8082[^\n]*\n/s);
  await second.ready();
  assert.equal((await second.stop()).code, 0);
  await watch.prints(/\n\{"poolHandle":"web","poolElements":\[\]\}\n$/);
  const { code, stdout, stderr } = await watch.stop();
  assert.deepEqual([code, stderr], [0, ""]);
  const [none, ...ports] = portsOf(stdout);
  assert.deepEqual(none, []);
  assert.deepEqual([ports[0], ports.at(-1)], [[8081], []]);
  assert(ports.some((each) => each.join() === "8081,8082"), stdout);
  assert(ports.some((each) => each.join() === "8082"), stdout);
});

Deno.test("a watcher outlives its registrar, and prints what is back", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const { asap, enrp } = registrar.at;
  const watch = scratch.start(["resolve", "web", "--watch", "-o", "json", "-v", "-r", asap]);
  await watch.prints(/\n/);
  registrar.kill("SIGKILL");
  await registrar.ended;
  await watch.says(/lost the registrar: /);
  await watch.says(/no registrar answers, trying on: .*connection refused/);
  const again = scratch.serve("registrar", ["--asap", asap, "--enrp", enrp]);
  await again.ready();
  await watch.prints(/\n.*\n/);
  assert.equal(watch.stdout, EMPTY + EMPTY);
  const { code } = await watch.stop("SIGINT");
  assert.equal(code, 0);
});

Deno.test("`resolve --watch | head -1` ends at its next change, silently, with 141", async () => {
  await using scratch = await Scratch.make();
  const { asap } = (await scratch.registrar()).at;
  const watch = `rserpool resolve web --watch -o json -r ${asap} 2>errors`;
  const pipe = scratch.spawn("sh", [
    "-c",
    `cd '${scratch.folder}'; { ${watch}; echo $? >code; } | head -1`,
  ]);
  await pipe.prints(/\n/);
  const register = scratch.serve(
    "register",
    ["web", "--port", "8081", "--check", "none"]
      .concat("-r", asap),
  );
  const code = await untilFolder(scratch.folder, "the end of the watcher", () => {
    try {
      return Deno.readTextFileSync(`${scratch.folder}/code`) || undefined;
    } catch {
      return undefined;
    }
  });
  assert.equal(code, "141\n");
  assert.equal(Deno.readTextFileSync(`${scratch.folder}/errors`), "");
  assert.equal((await pipe.ended).stdout, EMPTY);
  await register.ready();
  register.kill("SIGTERM");
  register.kill("SIGINT"); // a second signal: no drain
  await register.ended;
});

Deno.test("without a registrar it fails after --timeout, and a signal ends it well", async () => {
  await using scratch = await Scratch.make();
  const watch = ["resolve", "web", "--watch", "-r", "127.0.0.1:1"];
  const { code, stdout, stderr } = await scratch.start([...watch, "--timeout", "200ms"]).ended;
  assert.deepEqual([code, stdout], [4, ""]);
  assert.match(stderr, /127\.0\.0\.1:1: connection refused/);
  const patient = scratch.start([...watch, "--timeout", "1h", "-v"]);
  await patient.says(/connection refused/);
  assert.equal((await patient.stop()).code, 0);
});

Deno.test("--first --format prints one line for each answer", async () => {
  await using scratch = await Scratch.make();
  const { asap } = (await scratch.registrar()).at;
  const line = ["--watch", "--first", "--format", "{port}", "--stale-cache-value", "1ms"];
  const watch = scratch.start(["resolve", "web", ...line, "-r", asap]);
  await watch.prints(/^\n/);
  const register = scratch.serve(
    "register",
    ["web", "--port", "8081", "--check", "none"]
      .concat("-r", asap),
  );
  await watch.prints(/^\n8081\n/);
  register.kill("SIGKILL");
  await watch.prints(/^\n8081\n\n$/);
  assert.equal((await watch.stop()).code, 0);
});

Deno.test("kill -9 of the registrar that is asked: the next one tells all", async () => {
  await using scratch = await Scratch.make();
  const options = ["--address-check", "any", "--timing", "fast"];
  const one = await scratch.registrar(options);
  const two = await scratch.registrar([...options, "--peer", one.at.enrp]);
  const both = ["-r", one.at.asap, "-r", two.at.asap];
  const register = (port: string) =>
    scratch.serve("register", ["web", "--port", port, "--check", "none", ...both]);
  await register("8081").ready();
  const watch = scratch.start(["resolve", "web", "--watch", "-o", "json", ...both]);
  await watch.prints(/8081.*\n/);
  one.kill("SIGKILL");
  await watch.prints(/8081.*\n.*8081.*\n/);
  await register("8082").ready();
  await watch.prints(/8081.*8082.*\n/);
  const { code, stdout } = await watch.stop();
  assert.equal(code, 0);
  assert(portsOf(stdout).every((ports) => ports.includes(8081)), stdout);
});
