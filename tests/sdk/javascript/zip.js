// The only file of a zip archive, found by its central directory (APPNOTE 4.3.12, 4.3.16).

import assert from "node:assert/strict";
import { inflateRawSync } from "node:zlib";

export function onlyFile(archive) {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  assert.notEqual(end, -1, "an archive");
  assert.equal(archive.readUInt16LE(end + 10), 1, "one file");
  const entry = archive.readUInt32LE(end + 16);
  const [method, size] = [archive.readUInt16LE(entry + 10), archive.readUInt32LE(entry + 20)];
  const name = archive.toString("utf8", entry + 46, entry + 46 + archive.readUInt16LE(entry + 28));
  const local = archive.readUInt32LE(entry + 42);
  const begin =
    local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(begin, begin + size);
  assert.ok(method === 0 || method === 8, "stored or deflated");
  return { name, text: (method === 8 ? inflateRawSync(bytes) : bytes).toString("utf8") };
}
