/** The registrar rejects it: exit 5 at the element, the cause by its RFC name. RFC 5354 §3.12. */
import assert from "node:assert/strict";
import { isAlive } from "../harness.ts";
import { assertFailure, commandRow } from "./command_row.ts";
import type { Row } from "./row.ts";

const COMMAND_ROWS = [
  {
    input: "register: a policy that does not fit the pool",
    run: "register bystander -r {asap} --port 8082 --policy random",
    code: 5,
    words: ["Inconsistent Pooling Policy", "round-robin"],
  },
  {
    input: "register: a transport type that does not fit the pool",
    run: "register bystander -r {asap} --port 8082 --protocol udp",
    code: 5,
    words: ["Inconsistent Transport Type", "tcp"],
  },
  {
    input: "register: a transport use that does not fit the pool",
    run: "register bystander -r {asap} --port 8082 --use data+control",
    code: 5,
    words: ["Inconsistent Data/Control Configuration", "data"],
  },
  {
    input: "register: a PE identifier that is taken",
    run: "register bystander -r {asap} --port 8082 --id {bystander}",
    code: 5,
    words: ["Non-unique PE Identifier", "{bystander}"],
  },
  {
    input: "register: an address that is not the observed one",
    run: "register elsewhere -r {asap} --port 8082 --address 203.0.113.7",
    code: 5,
    words: ["Invalid Values", "203.0.113.7"],
  },
].map(commandRow);

const STOPPED_CHILD: Row = {
  input: "register: a first registration that is rejected stops the child",
  answer: "exit 5",
  async check(stage) {
    const pidFile = `${stage.scratch.folder}/rejected.pid`;
    const command = ["sh", "-c", `echo $$ >${pidFile}; exec sleep 1000`];
    const asked = ["register", "bystander", "-r", stage.registrar.at.asap, "--port", "8082"];
    const options = ["--policy", "random", "--check", "none"];
    const outcome = await stage.scratch.run([...asked, ...options, "--", ...command]);
    assertFailure(outcome, 5, ["Inconsistent Pooling Policy"]);
    assert.equal(isAlive(Number(await Deno.readTextFile(pidFile))), false);
  },
};

/** The rows. */
export const REJECTED_ROWS: readonly Row[] = [...COMMAND_ROWS, STOPPED_CHILD];
