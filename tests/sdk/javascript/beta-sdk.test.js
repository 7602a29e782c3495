// @microsoft/msgraph-beta-sdk: its request adapter, models, page iterator and batches.
//
// Its request builders for single paths are packages of their own and are not published for
// deviceManagement, so the requests are put together here, as those builders do it.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AllowedHostsValidator,
  BaseBearerTokenAuthenticationProvider,
  HttpMethod,
  RequestInformation,
} from "@microsoft/kiota-abstractions";
import { GraphBetaRequestAdapter } from "@microsoft/msgraph-beta-sdk";
import * as models from "@microsoft/msgraph-beta-sdk/models/index.js";
import { createODataErrorFromDiscriminatorValue } from "@microsoft/msgraph-beta-sdk/models/oDataErrors/index.js";
import { BatchRequestContent, PageIterator } from "@microsoft/msgraph-sdk-core";

import { families } from "./families.js";

const adapter = new GraphBetaRequestAdapter(
  new BaseBearerTokenAuthenticationProvider({
    getAuthorizationToken: async () => process.env.RUNSTATE_TOKEN,
    getAllowedHostsValidator: () => new AllowedHostsValidator(new Set(["localhost"])),
  }),
);
adapter.baseUrl = `${process.env.RUNSTATE_URL}/beta`;
const errors = { XXX: createODataErrorFromDiscriminatorValue };

const capital = (name) => name[0].toUpperCase() + name.slice(1);
const factory = (name) => models[`create${capital(name)}FromDiscriminatorValue`];
const serializer = (name) => models[`serialize${capital(name)}`];

function request(method, path, query = {}) {
  const names = Object.keys(query).map((name) => `%24${name}`);
  const template = `{+baseurl}${path}${names.length ? `{?${names.join(",")}}` : ""}`;
  const made = new RequestInformation(method, template, { baseurl: adapter.baseUrl });
  for (const [name, value] of Object.entries(query)) made.queryParameters[`%24${name}`] = value;
  if (method !== HttpMethod.DELETE) made.headers.add("Accept", "application/json");
  return made;
}

const get = (path, type, query) =>
  adapter.send(request(HttpMethod.GET, path, query), factory(type), errors);
const drop = (path) =>
  adapter.sendNoResponseContent(request(HttpMethod.DELETE, path), errors);
function withBody(method, path, type, body) {
  const made = request(method, path);
  made.setContentFromParsable(adapter, "application/json", body, serializer(type));
  return made;
}
const send = (method, path, type, body) =>
  adapter.send(withBody(method, path, type, body), factory(type), errors);

const ROOT = "/deviceManagement";
const RAN = new Date("2026-01-02T03:04:05.123Z");

/** The family's script as the SDK holds it: content as bytes. */
function scriptOf(family, displayName) {
  const bytes = ([name, value]) =>
    name.endsWith("Content") ? [name, Buffer.from(value, "base64")] : [name, value];
  return { displayName, ...Object.fromEntries(Object.entries(family.script).map(bytes)) };
}

for (const family of families) {
  test(`${family.path}: a script and its run states`, async () => {
    const scripts = `${ROOT}/${family.path}`;
    const made = await send(HttpMethod.POST, scripts, family.type, scriptOf(family, "kiota"));
    assert.equal(made.displayName, "kiota");
    const one = `${scripts}/${made.id}`;
    const read = await get(one, family.type);
    const content = Buffer.from(read[family.content]).toString("base64");
    assert.equal(content, family.script[family.content]);
    const renamed = await send(HttpMethod.PATCH, one, family.type, { displayName: "renamed" });
    assert.equal(renamed.displayName, "renamed");
    assert.ok(renamed.createdDateTime instanceof Date);

    const states = `${one}/deviceRunStates`;
    const state = await send(HttpMethod.POST, states, family.states, {
      [family.property]: "fail",
      lastStateUpdateDateTime: RAN,
    });
    assert.equal(state[family.property], "fail");
    assert.deepEqual(state.lastStateUpdateDateTime, RAN);
    const changed = await send(HttpMethod.PATCH, `${states}/${state.id}`, family.states, {
      [family.property]: "success",
    });
    assert.equal(changed[family.property], "success");
    await drop(`${states}/${state.id}`);
    await assert.rejects(get(`${states}/${state.id}`, family.states), (error) => {
      assert.equal(error.responseStatusCode, 404);
      assert.equal(error.errorEscaped.code, "ResourceNotFound");
      return true;
    });
    await drop(one);
  });

  test(`${family.path}: pages with options`, async () => {
    const scripts = `${ROOT}/${family.path}`;
    const made = await send(HttpMethod.POST, scripts, family.type, scriptOf(family, "paged"));
    const states = `${scripts}/${made.id}/deviceRunStates`;
    for (let n = 0; n < 7; n += 1) {
      const state = { id: `state-${n}`, [family.property]: n % 2 ? "fail" : "success" };
      await send(HttpMethod.POST, states, family.states, state);
    }
    const response = `${family.states}CollectionResponse`;
    const page = await get(states, response, {
      filter: `${family.property} eq 'success'`,
      orderby: ["id desc"],
      expand: ["managedDevice"],
      select: ["id"],
      count: true,
      top: 3,
    });
    assert.equal(page.odataCount, 4);
    const seen = [];
    const collect = (state) => seen.push(state.id) > 0;
    const pages = new PageIterator(adapter, page, collect, factory(response), errors);
    await pages.iterate();
    assert.equal(pages.getPagingState(), "Complete");
    assert.deepEqual(seen, ["state-6", "state-4", "state-2", "state-0"]);
  });
}

test("a batch is answered part by part", async () => {
  const [family] = families;
  const scripts = `${ROOT}/${family.path}`;
  const made = await send(HttpMethod.POST, scripts, family.type, scriptOf(family, "batched"));
  const states = `${scripts}/${made.id}/deviceRunStates`;
  await send(HttpMethod.POST, states, family.states, { id: "one" });
  const batch = new BatchRequestContent(adapter, errors);
  batch.addBatchRequest(request(HttpMethod.GET, `${states}/one`), "read");
  batch.addBatchRequest(request(HttpMethod.DELETE, `${states}/one`), "drop").dependsOn = ["read"];
  const answers = await batch.postAsync();
  const statuses = Object.fromEntries(await answers.getResponsesStatusCodes());
  assert.deepEqual(statuses, { read: 200, drop: 204 });
});

test("a wrong filter is an error object that names it", async () => {
  const wrong = get(`${ROOT}/deviceHealthScripts`, "deviceHealthScriptCollectionResponse", {
    filter: "colour eq 'red'",
  });
  await assert.rejects(wrong, (error) => {
    assert.equal(error.responseStatusCode, 400);
    assert.match(error.errorEscaped.message, /colour/);
    return true;
  });
});
