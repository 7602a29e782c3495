// Starts a real server behind TLS, runs the tests against it, and ends it.
//
// The SDKs send tokens over https alone. So TLS ends here, in front of the server, as the README
// says to do: `--public-url` makes the links in answers lead back through it. The certificate is
// made for this run; NODE_EXTRA_CA_CERTS has node trust it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const ROLE = "DeviceManagementConfiguration.ReadWrite.All";
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const binary =
  process.env.RUNSTATE_BIN ?? path.join(here, "..", "..", "..", "target", "debug", "runstate");

function certificate(directory) {
  const [key, cert] = [path.join(directory, "key.pem"), path.join(directory, "cert.pem")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"].concat(
      ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"],
      ["-keyout", key, "-out", cert],
    ),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return { key, cert };
}

/** A TLS front that passes every request on to the server, and every answer back as it is. */
async function front({ key, cert }, backend) {
  const agent = new http.Agent({ keepAlive: true });
  const listener = https.createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      const { method, url, headers } = request;
      const [host, port] = backend.address.split(":");
      const onward = http.request({ agent, host, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    },
  );
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return listener;
}

async function serve(directory, origin) {
  const server = spawn(
    binary,
    ["serve", "--listen", "127.0.0.1:0", "--data-dir", directory, "--public-url", origin],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: server.stdout });
  const first = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const address = first.match(/^Runstate listens on http:\/\/(\S+)$/)?.[1];
  if (!address) throw new Error(`the server said ${JSON.stringify(first)}`);
  return { server, address };
}

const ended = (child) =>
  child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : child.exitCode;

const directory = mkdtempSync(path.join(tmpdir(), "runstate-sdk-"));
try {
  const files = certificate(directory);
  const backend = {};
  const listener = await front(files, backend);
  const origin = `https://localhost:${listener.address().port}`;
  const data = path.join(directory, "data");
  const { server, address } = await serve(data, origin);
  backend.address = address;
  const token = execFileSync(binary, ["token", "--role", ROLE, "--data-dir", data]);
  const tests = spawn(process.execPath, ["--test", "--test-reporter=spec", ...process.argv.slice(2)], {
    cwd: here,
    stdio: "inherit",
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: files.cert,
      RUNSTATE_URL: origin,
      RUNSTATE_TOKEN: token.toString().trim(),
    },
  });
  const failed = await ended(tests);
  server.kill("SIGTERM");
  listener.closeAllConnections();
  listener.close();
  const server_failed = await ended(server);
  process.exitCode = failed || server_failed;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
