// Generates a client from a real server's $metadata, compiles it with the query beside it, runs it.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROLE = "DeviceManagementConfiguration.ReadWrite.All";
const here = path.dirname(fileURLToPath(import.meta.url));
const binary =
  process.env.RUNSTATE_BIN ?? path.join(here, "..", "..", "..", "target", "debug", "runstate");
const data = mkdtempSync(path.join(tmpdir(), "runstate-odata2ts-"));
const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data-dir", data], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = new Promise((resolve) => server.once("exit", resolve));
const run = (script, ...args) =>
  execFileSync(process.execPath, [script, ...args], { cwd: here, stdio: "inherit" });
try {
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).once("line", resolve);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const url = first.match(/^Runstate listens on (\S+)$/)?.[1];
  if (!url) throw new Error(`the server said ${JSON.stringify(first)}`);
  const token = execFileSync(binary, ["token", "--role", ROLE, "--data-dir", data]);
  const authorization = { Authorization: `Bearer ${token.toString().trim()}` };

  const generated = path.join(here, "generated");
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated);
  const metadata = path.join(generated, "metadata.xml");
  const answer = await fetch(`${url}/beta/$metadata`, { headers: authorization });
  if (answer.status !== 200) throw new Error(`$metadata answered ${answer.status}`);
  writeFileSync(metadata, await answer.text());
  run(
    "node_modules/@odata2ts/odata2ts/lib/run-cli.js",
    ...["-s", metadata, "-o", "generated/graph", "-m", "all", "-e", "ts", "-name", "graph"],
  );
  run("node_modules/typescript/bin/tsc", "-p", ".");
  run("generated/compiled/query.js", url, token.toString().trim());
} finally {
  server.kill("SIGTERM");
  await ended;
  rmSync(data, { recursive: true, force: true });
}
