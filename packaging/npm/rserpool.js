#!/usr/bin/env node
/*
 * Runs rserpool with the Deno runtime that the npm package deno brings along; whether its install
 * script ran does not matter.
 */
"use strict";

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

const PROGRAM = path.join(__dirname, "..", "lib", "rserpool");
const FLAGS = ["--no-config", "--no-lock", "--no-prompt", "--cached-only", "-A", "--unstable-net"];
const ENDS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];

/** The runtime for this machine, as the package deno names it. */
function runtime() {
  const { platform, arch } = process;
  const names = {
    linux: `@deno/linux-${arch}-glibc`,
    darwin: `@deno/darwin-${arch}`,
    win32: `@deno/win32-${arch}`,
  };
  const name = names[platform];
  const fromDeno = createRequire(require.resolve("deno/package.json"));
  try {
    const folder = path.dirname(fromDeno.resolve(`${name}/package.json`));
    return path.join(folder, platform === "win32" ? "deno.exe" : "deno");
  } catch {
    process.stderr.write(
      `rserpool: there is no Deno runtime for ${platform} ${arch}: npm has not installed ${name}\n`,
    );
    process.exit(1);
  }
}

const deno = runtime();
const args = ["run", ...FLAGS, PROGRAM, ...process.argv.slice(2)];
// Where Node can, this process becomes Deno; elsewhere it waits for it, and is its stand-in.
if (typeof process.execve === "function" && process.platform !== "win32") {
  process.removeAllListeners("warning").on("warning", () => {});
  process.execve(deno, [deno, ...args], process.env);
}
const child = spawn(deno, args, { stdio: "inherit" });
for (const signal of ENDS) {
  if (process.platform === "win32" && signal !== "SIGINT") continue;
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  process.stderr.write(`rserpool: cannot run ${deno}: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // Whoever waits for this process sees what the child died of.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
