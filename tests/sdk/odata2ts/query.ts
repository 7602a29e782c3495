// The generated client makes a script, finds it by a typed filter, changes and removes it.

import { FetchClient } from "@odata2ts/http-client-fetch";

import { program, same } from "./checks";
import { deviceHealthScriptType, runAsAccountType } from "./generated/graph/graphModel";
import { graphService } from "./generated/graph/graphService";

program(async ([url, token]) => {
  const client = new FetchClient({ headers: { Authorization: `Bearer ${token}` } });
  const management = new graphService(client, `${url}/beta`).deviceManagement();
  const scripts = management.deviceHealthScripts();
  const made = await scripts.create({
    displayName: "generated",
    detectionScriptContent: "ZWNobwo=",
    createdDateTime: "2024-01-01T00:00:00Z",
    lastModifiedDateTime: "2024-01-01T00:00:00Z",
    deviceHealthScriptType: deviceHealthScriptType.deviceHealthScript,
    enforceSignatureCheck: false,
    isGlobalScript: false,
    runAs32Bit: true,
    runAsAccount: runAsAccountType.user,
  });
  same(made.status, 201);
  const found = await scripts.query((builder, script) =>
    builder
      .select("id", "displayName", "runAsAccount")
      .filter(script.displayName.eq("generated").and(script.runAs32Bit.eq(true)))
      .expand("assignments")
      .orderBy(script.displayName.desc())
      .count()
      .top(5),
  );
  same(found.data["@odata.count"], 1);
  const [script] = found.data.value;
  same(
    [script.displayName, script.runAsAccount, script.assignments],
    ["generated", "user", []],
  );
  const one = management.deviceHealthScripts(script.id);
  await one.patch({ displayName: "changed" });
  same((await one.query()).data.displayName, "changed");
  same((await one.delete()).status, 204);
});
