#!/usr/bin/env node
/*
 * Runs rserpool with the Deno runtime that the npm package deno brings along; whether its install
 * script ran does not matter.
 */
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const tty = require("node:tty");

const PROGRAM = path.join(__dirname, "..", "lib", "rserpool");
/** More than the first line of the program has bytes. */
const FIRST_LINE = 512;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
/** What a terminal sends to all who run on it: a second one would end at once what stops. */
const OF_TERMINALS = ["SIGINT", "SIGQUIT", "SIGWINCH"];

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

/** How Deno is to run the program: its first line says so. */
function flags() {
  const file = fs.openSync(PROGRAM, "r");
  const bytes = Buffer.alloc(FIRST_LINE);
  fs.readSync(file, bytes);
  fs.closeSync(file);
  return /^#!\S+ -S deno (.*)/.exec(bytes.toString("latin1"))[1].split(" ");
}

const deno = runtime();
const args = [...flags(), PROGRAM, ...process.argv.slice(2)];
// Where Node can, this process becomes Deno; elsewhere it waits for it, and is its stand-in.
if (typeof process.execve === "function" && process.platform !== "win32") {
  process.removeAllListeners("warning").on("warning", () => {});
  process.execve(deno, [deno, ...args], process.env);
}
const child = spawn(deno, args, { stdio: "inherit" });
const isOnTerminal = [0, 1, 2].some((descriptor) => tty.isatty(descriptor));
for (const signal of SIGNALS) {
  if (process.platform === "win32" && signal !== "SIGINT") continue;
  const isToldAnyway = isOnTerminal && OF_TERMINALS.includes(signal);
  process.on(signal, () => isToldAnyway || child.kill(signal));
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
