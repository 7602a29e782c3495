// Generates clients from the $metadata of two real servers, compiles them with the programs beside
// them, runs those.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROLE = "DeviceManagementConfiguration.ReadWrite.All";
const here = path.dirname(fileURLToPath(import.meta.url));
const built = path.join(here, "..", "..", "..", "target", "debug");
const binary = process.env.RUNSTATE_BIN ?? path.join(built, "runstate");
const reference = process.env.REFERENCE_BIN ?? path.join(built, "examples", "reference");
const data = mkdtempSync(path.join(tmpdir(), "runstate-odata2ts-"));
const generated = path.join(here, "generated");
const running = [];

/** Starts a server and waits for its first line, which tells its URL. */
async function start(command, args, told) {
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  running.push({ server, ended: new Promise((resolve) => server.once("exit", resolve)) });
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).once("line", resolve);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  const url = first.match(told)?.[1];
  if (!url) throw new Error(`${command} said ${JSON.stringify(first)}`);
  return url;
}

const run = (script, ...args) =>
  execFileSync(process.execPath, [script, ...args], { cwd: here, stdio: "inherit" });

/** Writes the client that a service's $metadata describes. */
async function generate(name, root, headers) {
  const answer = await fetch(`${root}/$metadata`, { headers });
  if (answer.status !== 200) throw new Error(`$metadata answered ${answer.status}`);
  const metadata = path.join(generated, `${name}.xml`);
  writeFileSync(metadata, await answer.text());
  const to = ["-o", `generated/${name}`, "-m", "all", "-e", "ts", "-name", name];
  run("node_modules/@odata2ts/odata2ts/lib/run-cli.js", "-s", metadata, ...to);
}

try {
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated);
  const graph = await start(
    binary,
    ["serve", "--listen", "127.0.0.1:0", "--data-dir", data],
    /^Runstate listens on (\S+)$/,
  );
  const shop = await start(
    reference,
    ["--listen", "127.0.0.1:0"],
    /^The reference service listens on (\S+)\/$/,
  );
  const printed = execFileSync(binary, ["token", "--role", ROLE, "--data-dir", data]);
  const token = printed.toString().trim();
  await generate("graph", `${graph}/beta`, { Authorization: `Bearer ${token}` });
  await generate("shop", shop, {});
  run("node_modules/typescript/bin/tsc", "-p", ".");
  run("generated/compiled/query.js", graph, token);
  run("generated/compiled/shop.js", shop);
} finally {
  for (const { server, ended } of running) {
    server.kill("SIGTERM");
    await ended;
  }
  rmSync(data, { recursive: true, force: true });
}
