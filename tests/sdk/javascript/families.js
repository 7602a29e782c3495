// The five script families: where they are, what makes one, and what their run states hold.

const content = Buffer.from("#!/bin/sh\nexit 0\n").toString("base64");

const platform = {
  states: "deviceManagementScriptDeviceState",
  property: "runState",
  counter: "errorDeviceCount",
  assign: "deviceManagementScriptAssignments",
  assignment: "deviceManagementScriptAssignment",
};

export const families = [
  {
    path: "deviceHealthScripts",
    type: "deviceHealthScript",
    script: { detectionScriptContent: content, remediationScriptContent: content },
    content: "detectionScriptContent",
    states: "deviceHealthScriptDeviceState",
    property: "detectionState",
    counter: "issueDetectedDeviceCount",
    assign: "deviceHealthScriptAssignments",
    assignment: "deviceHealthScriptAssignment",
  },
  {
    path: "deviceComplianceScripts",
    type: "deviceComplianceScript",
    script: { detectionScriptContent: content },
    content: "detectionScriptContent",
    states: "deviceComplianceScriptDeviceState",
    property: "detectionState",
    counter: "issueDetectedDeviceCount",
    assign: "deviceHealthScriptAssignments",
    assignment: "deviceHealthScriptAssignment",
  },
  {
    ...platform,
    path: "deviceManagementScripts",
    type: "deviceManagementScript",
    script: { scriptContent: content, fileName: "a.ps1" },
    content: "scriptContent",
  },
  {
    ...platform,
    path: "deviceShellScripts",
    type: "deviceShellScript",
    script: { scriptContent: content, fileName: "a.sh" },
    content: "scriptContent",
  },
  {
    ...platform,
    path: "deviceCustomAttributeShellScripts",
    type: "deviceCustomAttributeShellScript",
    script: { scriptContent: content, fileName: "a.sh", customAttributeName: "a" },
    content: "scriptContent",
  },
];
