// @microsoft/microsoft-graph-client with its default middleware.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import graph from "@microsoft/microsoft-graph-client";

import { families } from "./families.js";
import { onlyFile } from "./zip.js";

const { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } = graph;

const client = Client.initWithMiddleware({
  authProvider: { getAccessToken: async () => process.env.RUNSTATE_TOKEN },
  baseUrl: `${process.env.RUNSTATE_URL}/`,
  customHosts: new Set(["localhost"]),
  defaultVersion: "beta",
});
const ROOT = "/deviceManagement";

async function makeScript(family, name = "sdk") {
  return client.api(`${ROOT}/${family.path}`).post({ displayName: name, ...family.script });
}

async function makeStates(family, script, count) {
  const states = `${ROOT}/${family.path}/${script.id}/deviceRunStates`;
  for (let n = 0; n < count; n += 1) {
    const state = { id: `state-${n}`, [family.property]: n % 2 ? "fail" : "success" };
    await client.api(states).post(state);
  }
  return states;
}

for (const family of families) {
  test(`${family.path}: a script and its run states`, async () => {
    const scripts = `${ROOT}/${family.path}`;
    const made = await makeScript(family);
    assert.equal(made.displayName, "sdk");
    const one = `${scripts}/${made.id}`;
    const read = await client.api(one).get();
    assert.equal(read[family.content], family.script[family.content]);
    const renamed = await client.api(one).patch({ displayName: "renamed" });
    assert.equal(renamed.displayName, "renamed");
    const listed = await client
      .api(scripts)
      .filter(`id eq '${made.id}'`)
      .select("id,displayName")
      .top(5)
      .get();
    assert.deepEqual(
      listed.value.map(({ id, displayName }) => ({ id, displayName })),
      [{ id: made.id, displayName: "renamed" }],
    );

    const target = { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" };
    await client.api(`${one}/assign`).post({
      [family.assign]: [{ "@odata.type": `#microsoft.graph.${family.assignment}`, target }],
    });
    const expanded = await client.api(one).expand("assignments").get();
    assert.equal(expanded.assignments[0].target["@odata.type"], target["@odata.type"]);

    const states = `${one}/deviceRunStates`;
    const state = await client.api(states).post({ [family.property]: "success" });
    const changed = await client.api(`${states}/${state.id}`).patch({
      [family.property]: "fail",
      lastStateUpdateDateTime: "2017-01-01T00:02:58.4418045-08:00",
    });
    assert.equal(changed[family.property], "fail");
    assert.equal(changed.lastStateUpdateDateTime, "2017-01-01T00:02:58.4418045-08:00");
    const summary = await client.api(`${one}/runSummary`).get();
    assert.equal(summary[family.counter], 1);
    assert.equal(await client.api(`${states}/${state.id}`).delete(), undefined);
    await client.api(one).delete();
    await assert.rejects(client.api(one).get(), { statusCode: 404 });
  });

  test(`${family.path}: options, pages and a delta`, async () => {
    const script = await makeScript(family, "paged");
    const device = await client
      .api(`${ROOT}/managedDevices`)
      .post({ managedDeviceName: `pc ${family.path}` });
    const states = await makeStates(family, script, 7);
    await client.api(states).post({ id: `${script.id}:${device.id}`, [family.property]: "fail" });

    const first = await client
      .api(states)
      .filter(`${family.property} eq 'fail'`)
      .expand("managedDevice($select=managedDeviceName)")
      .orderby("id desc")
      .count(true)
      .top(2)
      .get();
    assert.equal(first["@odata.count"], 4);
    assert.equal(first.value.length, 2);
    const seen = [];
    const pages = new PageIterator(client, first, (state) => seen.push(state) > 0);
    await pages.iterate();
    assert.ok(pages.isComplete());
    const ids = seen.map((state) => state.id);
    assert.deepEqual(ids, [...ids].sort().reverse());
    assert.equal(new Set(ids).size, 4);
    const named = seen.flatMap((state) => state.managedDevice?.managedDeviceName ?? []);
    assert.deepEqual(named, [`pc ${family.path}`]);
    assert.equal(await client.api(`${states}/$count`).get(), "8");

    const begun = await client.api(`${states}/delta()`).get();
    const initial = new PageIterator(client, begun, () => true);
    await initial.iterate();
    await client.api(`${states}/state-0`).patch({ [family.property]: "pending" });
    await client.api(`${states}/state-1`).delete();
    const since = await client.api(initial.getDeltaLink()).get();
    const byId = new Map(since.value.map((state) => [state.id, state]));
    assert.equal(byId.get("state-0")[family.property], "pending");
    assert.ok(byId.get("state-1")["@removed"]);
    assert.equal(byId.size, 2);
  });
}

test("a batch of all methods, with dependencies", async () => {
  const [family] = families;
  const script = await makeScript(family, "batched");
  const states = await makeStates(family, script, 2);
  const url = (path) => `${process.env.RUNSTATE_URL}${path}`;
  const json = { "Content-Type": "application/json" };
  const write = (method, body) => ({ method, headers: json, body: JSON.stringify(body) });
  const content = new BatchRequestContent([
    { id: "1", request: new Request(url(`${states}/state-0`)) },
    { id: "2", request: new Request(url(states), write("POST", { id: "made" })), dependsOn: ["1"] },
    {
      id: "3",
      request: new Request(url(`${states}/made`), write("PATCH", { detectionState: "fail" })),
      dependsOn: ["2"],
    },
    {
      id: "4",
      request: new Request(url(`${states}/made`), { method: "DELETE" }),
      dependsOn: ["3"],
    },
    { id: "5", request: new Request(url(`${states}/made`)), dependsOn: ["4"] },
  ]);
  const answer = await client.api("/$batch").post(await content.getContent());
  const answers = new BatchResponseContent(answer);
  const statuses = ["1", "2", "3", "4", "5"].map((id) => answers.getResponseById(id).status);
  assert.deepEqual(statuses, [200, 201, 200, 204, 404]);
  // The SDK's own Response makes "[object Object]" of a body; the answer itself has it.
  const changed = answer.responses.find(({ id }) => id === "3");
  assert.equal(changed.body.detectionState, "fail");
});

test("errors are error objects", async () => {
  const missing = await client
    .api(`${ROOT}/deviceHealthScripts/00000000-0000-0000-0000-000000000000`)
    .get()
    .then(assert.fail, (error) => error);
  assert.ok(missing instanceof GraphError);
  assert.equal(missing.statusCode, 404);
  assert.equal(missing.code, "ResourceNotFound");
  assert.match(missing.requestId, /^[0-9a-f-]{36}$/);
  assert.ok(missing.date > new Date(Date.now() - 600_000));
  const wrong = await client
    .api(`${ROOT}/deviceHealthScripts`)
    .filter("colour eq 'red'")
    .get()
    .then(assert.fail, (error) => error);
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.message, /colour/);
});

test("a report is exported and fetched", async () => {
  const [family] = families;
  const script = await makeScript(family, "reported");
  await makeStates(family, script, 3);
  const jobs = `${ROOT}/reports/exportJobs`;
  let job = await client.api(jobs).post({
    reportName: "DeviceRunStatesByProactiveRemediation",
    filter: `(PolicyId eq '${script.id}')`,
    select: ["DeviceId", "DetectionStatus"],
    format: "csv",
    localizationType: "replaceLocalizableValues",
  });
  for (let tries = 0; job.status !== "completed"; tries += 1) {
    assert.ok(tries < 600 && job.status !== "failed", JSON.stringify(job));
    await pause(100);
    job = await client.api(`${jobs}/${job.id}`).get();
  }
  const fetched = await fetch(job.url);
  assert.equal(fetched.status, 200);
  const { name, text } = onlyFile(Buffer.from(await fetched.arrayBuffer()));
  assert.equal(name, `${job.id}.csv`);
  const rows = text.trimEnd().split("\r\n");
  assert.equal(rows[0], "DeviceId,DetectionStatus");
  assert.equal(rows.length, 4);
});
