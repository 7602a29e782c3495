"""IntuneCD backs up the scripts of all five families and restores them on an empty server."""

import base64

FAMILIES = {
    "deviceHealthScripts": ["detectionScriptContent", "remediationScriptContent"],
    "deviceComplianceScripts": ["detectionScriptContent"],
    "deviceManagementScripts": ["scriptContent"],
    "deviceShellScripts": ["scriptContent"],
    "deviceCustomAttributeShellScripts": ["scriptContent"],
}
ASSIGN = {
    "deviceHealthScripts": "deviceHealthScriptAssignments",
    "deviceManagementScripts": "deviceManagementScriptAssignments",
    "deviceShellScripts": "deviceManagementScriptAssignments",
}
# What is made anew with every script.
OWN = {"id", "createdDateTime", "lastModifiedDateTime", "version", "highestAvailableVersion"}
# The objects of Intune that are not scripts; the flags of the two commands name them.
BACKUP_EXCLUDES = (
    "AppConfigurations AppProtection APNs VPP Applications Compliance NotificationTemplate"
    " Profiles GPOConfigurations AppleEnrollmentProfile WindowsEnrollmentProfile"
    " EnrollmentStatusPage Filters ManagedGooglePlay Intents CompliancePartner ManagementPartner"
    " RemoteAssistancePartner ConfigurationPolicies ConditionalAccess EnrollmentConfigurations"
    " DeviceManagementSettings DeviceCategories windowsDriverUpdates windowsFeatureUpdates"
    " windowsQualityUpdates Roles ScopeTags DeviceCompliancePolicies ReusablePolicySettings"
    " SettingsCatalog"
).split()
# It looks at nothing else but what its files name.
UPDATE_EXCLUDES = ["ScopeTags", "DeviceManagementSettings", "ReusablePolicySettings"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def make(server, family, number):
    """A script that differs from the defaults wherever it can."""
    name = f"{family} {number}"
    body = {"displayName": name, "description": f"says «{name}»", "roleScopeTagIds": ["0"]}
    for content in FAMILIES[family]:
        body[content] = encoded(f"#!/bin/sh\n# {content}\necho '{name} ü'\n")
    if family in ("deviceHealthScripts", "deviceComplianceScripts"):
        body |= {"publisher": "tests", "runAs32Bit": True, "runAsAccount": "user"}
    else:
        body |= {"fileName": f"{family}-{number}.sh", "runAsAccount": "user"}
    if family == "deviceManagementScripts":
        body |= {"fileName": f"{family}-{number}.ps1", "enforceSignatureCheck": True}
    if family == "deviceShellScripts":
        body |= {"executionFrequency": "PT4H", "retryCount": 3}
    if family == "deviceCustomAttributeShellScripts":
        body |= {"customAttributeName": name, "customAttributeType": "integer"}
    script = server.send("POST", family, body)
    if family in ASSIGN:
        assignments = [
            {"target": {"@odata.type": f"#microsoft.graph.{target}"}}
            for target in ("allDevicesAssignmentTarget", "allLicensedUsersAssignmentTarget")
        ]
        if family == "deviceHealthScripts":
            for assignment in assignments:
                assignment["runRemediationScript"] = True
                assignment["runSchedule"] = {
                    "@odata.type": "#microsoft.graph.deviceHealthScriptDailySchedule",
                    "interval": 2,
                    "time": "18:30:00",
                    "useUtc": False,
                }
        server.send("POST", f"{family}/{script['id']}/assign", {ASSIGN[family]: assignments})


def scripts(server):
    """All scripts by family and name, with their assignments, without what every one has anew."""
    found = {}
    for family in FAMILIES:
        for listed in server.send("GET", family)["value"]:
            path = f"{family}/{listed['id']}"
            script = server.send("GET", f"{path}?$expand=assignments")
            targets = sorted(
                (assignment["target"]["@odata.type"], str(assignment.get("runSchedule")))
                for assignment in script["assignments"]
            )
            kept = {name: value for name, value in script.items() if "@" not in name}
            kept = {name: value for name, value in kept.items() if name not in OWN}
            found[family, script["displayName"]] = kept | {"assignments": targets}
    return found


def test_backed_up_restored_and_changed_back(start, intunecd, tmp_path):
    first = start()
    for family in FAMILIES:
        # More than one of its batches of 20 in one of the families.
        for number in range(23 if family == "deviceShellScripts" else 2):
            make(first, family, number)
        # One that says no more than it must.
        content = {name: encoded("#!/bin/sh\n") for name in FAMILIES[family]}
        first.send("POST", family, {"displayName": f"{family} bare"} | content)
    before = scripts(first)
    assert len(before) == 4 * 3 + 24
    backup = f"{tmp_path / 'backup'}/"
    said = intunecd(first, "startbackup", "-p", backup, "-e", *BACKUP_EXCLUDES)
    assert said.count("Backing up") == len(before)

    second = start()
    update = ("startupdate", "-p", backup, "-u", "-e", *UPDATE_EXCLUDES)
    said = intunecd(second, *update)
    assert said.count("Created with id") == len(before)
    assert scripts(second) == before

    # What was changed since is changed back, and what came since is removed.
    for family, contents in FAMILIES.items():
        script = second.send("GET", family)["value"][0]
        change = {content: encoded("changed") for content in contents}
        second.send("PATCH", f"{family}/{script['id']}", change | {"description": "changed"})
    assert scripts(second) != before
    intunecd(second, *update)
    assert scripts(second) == before
